//! Whose the batch is, where its journal is, and what it is held to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::{Journal, SCHEMA};
use crate::batch::plan::{Kind, Owner};
use crate::batch::policy::{Limits, OnFailure};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::redact;
use up42_core::sqlite::foreign;

/// Raised when other versions of the crate cannot go on with the file.
pub(super) const VERSION: i64 = 4;

/// Whose the batch is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::batch) struct Head {
    pub(in crate::batch) name: String,
    /// In the names of its jobs: no other batch's are taken for them.
    pub(in crate::batch) run: String,
    pub(in crate::batch) owner: Owner,
    /// RFC 3339.
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

    /// What the batch is held to.
    pub(in crate::batch) fn limits(&self) -> Result<Limits> {
        let query = "SELECT max_credits, max_concurrent, lost_job_timeout_ms, on_failure FROM batch";
        let limits = self.connection.query_row(query, [], |row| {
            let on_failure: Option<String> = row.get(3)?;
            Ok(Limits {
                budget: row.get(0)?,
                max_concurrent: row.get::<_, Option<i64>>(1)?.and_then(|jobs| usize::try_from(jobs).ok()),
                settle: row.get::<_, Option<i64>>(2)?.map(|time| Duration::from_millis(time.unsigned_abs())),
                on_failure: on_failure.and_then(|word| OnFailure::named(&word)),
            })
        });
        limits.map_err(foreign).with_context(|| self.description())
    }

    /// Holds the batch to these from now on, in every program.
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
                    limits.budget,
                    limits.max_concurrent.map(whole),
                    limits.settle.map(timeout),
                    limits.on_failure.map(OnFailure::name)
                ],
            );
            changed.map(drop)
        })
    }

    /// Makes sure that this is the journal that was begun, and no copy of one that is still
    /// there: two copies would each send what the other has sent. One that was moved goes on.
    pub(in crate::batch) fn claim(&mut self) -> Result<()> {
        let Some((path, _)) = &self.file else { return Ok(()) };
        let path = path.clone();
        let begun: String = self
            .connection
            .query_row("SELECT path FROM batch", [], |row| row.get(0))
            .map_err(foreign)
            .with_context(|| self.description())?;
        let begun = PathBuf::from(begun);
        if begun == path {
            return Ok(());
        }
        let is_other = begun.is_file() && !is_one_file(&path, &begun);
        // One that cannot be read may be the original all the same.
        let original = if is_other { Self::open(&begun)? } else { None };
        if let Some(original) = original
            && original.head()?.run == self.head()?.run
        {
            let message = format!(
                "it is a copy of `{}`, which is still there: run the batch from there, or remove that one",
                begun.display()
            );
            return Err(Error::new(ErrorKind::InvalidInput, message).context(self.description()));
        }
        let path = path.to_string_lossy().into_owned();
        self.write(|change| change.execute("UPDATE batch SET path = ?", [path]).map(drop))
    }
}

/// Whether two paths lead to one file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    let about = |path: &Path| std::fs::metadata(path);
    #[cfg(unix)]
    let is_same = super::is_same_file;
    // Metadata does not tell it there.
    #[cfg(not(unix))]
    let about = |path: &Path| std::fs::canonicalize(path);
    #[cfg(not(unix))]
    let is_same = PathBuf::eq;
    about(one).ok().zip(about(other).ok()).is_some_and(|(one, other)| is_same(&one, &other))
}

/// Begins a journal, in a transaction of the caller's.
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
