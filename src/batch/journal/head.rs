//! Head of a journal: owner of the batch, path of the file, and limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::{Journal, SCHEMA};
use crate::batch::plan::{Kind, Owner};
use crate::batch::policy::{Limits, OnFailure};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::redact;
use up42_core::sqlite::foreign;

/// Version of the file format. It is raised when other versions of the crate cannot use the file.
pub(super) const VERSION: i64 = 4;

/// Identity of a batch.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::batch) struct Head {
    pub(in crate::batch) name: String,
    /// Random id of the batch. It is part of the names of its jobs, which distinguishes them from
    /// the jobs of other batches.
    pub(in crate::batch) run: String,
    pub(in crate::batch) owner: Owner,
    /// Creation time, RFC 3339.
    pub(in crate::batch) created: String,
}

impl Journal {
    pub(in crate::batch) fn head(&self) -> Result<Head> {
        let query =
            "SELECT name, run, service, host, scope, runs_id, runs_name, budget_id, created FROM batch";
        let head = self.connection.query_row(query, [], |row| {
            let kind = Kind::named(&row.get::<_, String>(2)?);
            let owner = Owner {
                kind: kind.ok_or(rusqlite::Error::InvalidQuery)?,
                host: row.get(3)?,
                scope_id: row.get(4)?,
                id: row.get(5)?,
                name: row.get(6)?,
                budget: row.get(7)?,
            };
            Ok(Head { name: row.get(0)?, run: row.get(1)?, owner, created: row.get(8)? })
        });
        head.map_err(foreign).with_context(|| self.description())
    }

    /// Records which budget of the account pays from now on.
    pub(in crate::batch) fn charge_to(&mut self, budget: Option<String>) -> Result<()> {
        if self.head()?.owner.budget == budget {
            return Ok(());
        }
        self.write(|change| change.execute("UPDATE batch SET budget_id = ?", [budget]).map(drop))
    }

    /// Returns the limits of the batch.
    pub(in crate::batch) fn limits(&self) -> Result<Limits> {
        let query = "SELECT max_credits, max_concurrent, lost_job_timeout_ms, on_failure FROM batch";
        let limits = self.connection.query_row(query, [], |row| {
            let on_failure: Option<String> = row.get(3)?;
            Ok(Limits {
                max_credits: row.get(0)?,
                max_concurrent: row.get::<_, Option<i64>>(1)?.and_then(|jobs| usize::try_from(jobs).ok()),
                lost_job_timeout: row
                    .get::<_, Option<i64>>(2)?
                    .map(|time| Duration::from_millis(time.unsigned_abs())),
                on_failure: on_failure.and_then(|word| OnFailure::named(&word)),
            })
        });
        limits.map_err(foreign).with_context(|| self.description())
    }

    /// Stores the limits of the batch, which then hold in every program.
    pub(in crate::batch) fn set_limits(&mut self, limits: Limits) -> Result<()> {
        if self.limits()? == limits {
            return Ok(());
        }
        let change =
            "UPDATE batch SET max_credits = ?, max_concurrent = ?, lost_job_timeout_ms = ?, on_failure = ?";
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let timeout = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.write(|write| {
            let changed = write.execute(
                change,
                params![
                    limits.max_credits,
                    limits.max_concurrent.map(whole),
                    limits.lost_job_timeout.map(timeout),
                    limits.on_failure.map(OnFailure::name)
                ],
            );
            changed.map(drop)
        })
    }

    /// Checks that this is the original journal and not a copy of one that still exists: two copies
    /// would each send the jobs that the other has sent. A journal that was moved is accepted, and
    /// its new path is stored.
    pub(in crate::batch) fn claim(&mut self) -> Result<()> {
        let Some((path, _)) = &self.file else { return Ok(()) };
        let path = path.clone();
        let stored: String = self
            .connection
            .query_row("SELECT path FROM batch", [], |row| row.get(0))
            .map_err(foreign)
            .with_context(|| self.description())?;
        let stored = PathBuf::from(stored);
        if stored == path {
            return Ok(());
        }
        let is_other = stored.is_file() && !is_one_file(&path, &stored);
        // A file that cannot be read may be the original: this is an error.
        let original = if is_other { Self::open(&stored)? } else { None };
        if let Some(original) = original
            && original.head()?.run == self.head()?.run
        {
            let message = format!(
                "it is a copy of `{}`, which is still there: run the batch from there, or remove that one",
                stored.display()
            );
            return Err(Error::new(ErrorKind::InvalidInput, message).context(self.description()));
        }
        let path = path.to_string_lossy().into_owned();
        self.write(|change| change.execute("UPDATE batch SET path = ?", [path]).map(drop))
    }
}

/// Returns whether two paths refer to the same file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    let about = |path: &Path| std::fs::metadata(path);
    #[cfg(unix)]
    let is_same = super::is_same_file;
    // Metadata identifies a file on Unix only.
    #[cfg(not(unix))]
    let about = |path: &Path| std::fs::canonicalize(path);
    #[cfg(not(unix))]
    let is_same = PathBuf::eq;
    about(one).ok().zip(about(other).ok()).is_some_and(|(one, other)| is_same(&one, &other))
}

/// Creates the tables and inserts the head, in a transaction of the caller.
pub(super) fn fill(connection: &Connection, head: &Head, path: Option<&Path>) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    let owner = &head.owner;
    let path = path.map(|path| path.to_string_lossy().into_owned());
    connection.execute(
        "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL, NULL, NULL)",
        params![
            head.name,
            head.run,
            path,
            owner.kind.name(),
            owner.host,
            owner.scope_id,
            owner.id,
            redact::data(&owner.name),
            owner.budget,
            head.created
        ],
    )?;
    Ok(())
}
