//! Whose the batch is, in the formats of this version and of former ones.

use rusqlite::{Connection, params};

use super::{Journal, SCHEMA, told};
use crate::batch::plan::{Kind, Owner};
use crate::error::{Context, Result};
use crate::redact;

/// Raised when older versions of the crate cannot go on with the file any more. Those of
/// version 1 have no `service`: all of them are a workflow's. Those of version 2 have no
/// `budget`.
pub(super) const VERSION: i64 = 3;
pub(super) const OLDEST: i64 = 1;

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
        let later = match self.version().map_err(told)? {
            1 => "'workflow', NULL",
            2 => "service, NULL",
            _ => "service, budget",
        };
        let query =
            format!("SELECT name, run, host, project, workflow, workflow_name, created, {later} FROM batch");
        let head = self.connection.query_row(&query, [], |row| {
            let kind = Kind::named(&row.get::<_, String>(7)?);
            let owner = Owner {
                kind: kind.ok_or(rusqlite::Error::InvalidQuery)?,
                host: row.get(2)?,
                place: row.get(3)?,
                id: row.get(4)?,
                name: row.get(5)?,
                budget: row.get(8)?,
            };
            Ok(Head { name: row.get(0)?, run: row.get(1)?, owner, created: row.get(6)? })
        });
        head.map_err(told).with_context(|| self.told())
    }

    /// Says which budget of the account pays from now on.
    pub(in crate::batch) fn charge_to(&mut self, budget: Option<String>) -> Result<()> {
        if self.head()?.owner.budget == budget {
            return Ok(());
        }
        let version = self.version().map_err(told)?;
        let change = |connection: &mut Connection| -> rusqlite::Result<()> {
            let change = connection.transaction()?;
            if version < 2 {
                change.execute_batch("ALTER TABLE batch ADD COLUMN service TEXT DEFAULT 'workflow'")?;
            }
            if version < 3 {
                change.execute_batch("ALTER TABLE batch ADD COLUMN budget TEXT")?;
                change.pragma_update(None, "user_version", VERSION)?;
            }
            change.execute("UPDATE batch SET budget = ?", [budget])?;
            change.commit()
        };
        change(&mut self.connection).map_err(told).with_context(|| self.told())
    }
}

/// Begins a journal.
pub(super) fn fill(connection: &Connection, head: &Head) -> Result<()> {
    let fill = || -> rusqlite::Result<()> {
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        let owner = &head.owner;
        connection.execute(
            "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                head.name,
                head.run,
                owner.host,
                owner.place,
                owner.id,
                redact::data(&owner.name),
                head.created,
                owner.kind.name(),
                owner.budget
            ],
        )?;
        Ok(())
    };
    fill().map_err(told)
}
