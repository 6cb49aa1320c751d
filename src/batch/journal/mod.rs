//! Journal of a batch: an SQLite file that is written before and after each request that costs
//! money.
//!
//! It contains the plan (`item`), the events of its jobs (`event`), which are only appended, the
//! limits of the batch (`batch`), and the requests of other programs to the one that runs the batch
//! (`request`). The state is the sum of the events, so any program that opens the file can resume
//! the batch. The file contains no login and no token. It contains the inputs of the jobs as they
//! were passed, since the jobs are sent with them, also after a restart; an input may be a signed
//! URL. The file is therefore readable by its owner only ([`private`](up42_core::private)).
//!
//! Each change is a transaction that compares the file's revision with the one that this program
//! knows. If two programs run the same batch, one of them fails before it sends anything. The
//! journal is the guard; the lock beside it only avoids such failures.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod head;
mod record;

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::Value;

use self::head::VERSION;
use super::plan::Item;
use super::state::Event;
use crate::jobs::JobParameters;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::hash::hex;
use up42_core::redact;
use up42_core::sqlite::{self, foreign};

pub(super) use head::Head;

const SCHEMA: &str = "
    CREATE TABLE batch   (name TEXT, run TEXT, path TEXT, service TEXT, host TEXT, scope TEXT, runs_id TEXT,
                          runs_name TEXT, budget_id TEXT, created TEXT, revision INTEGER NOT NULL,
                          max_credits INTEGER, max_concurrent INTEGER, lost_job_timeout_ms INTEGER,
                          on_failure TEXT);
    CREATE TABLE item    (item INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, inputs TEXT);
    CREATE TABLE event   (seq INTEGER PRIMARY KEY, at TEXT, item INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT);
    CREATE TABLE request (what TEXT PRIMARY KEY);
";

/// The journal of one batch.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    /// Path and metadata of the file; `None` for a journal in memory.
    file: Option<(PathBuf, Metadata)>,
    /// Number of changes to the file when this program read it or changed it last.
    revision: i64,
}

impl Journal {
    /// Returns the path of a batch's journal in a folder.
    pub(super) fn path(folder: &Path, name: &str) -> PathBuf {
        let is_portable = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let file: String =
            name.chars().take(80).map(|letter| if is_portable(letter) { letter } else { '-' }).collect();
        // Two names must not share a file, and a file name must not begin with a dot or differ from
        // another in case only; names of up to four letters may be devices on Windows.
        let is_same = file == name && !file.starts_with('.') && file == file.to_lowercase() && file.len() > 4;
        let file = if is_same { file } else { format!("{}-{}", file.trim_start_matches('.'), hex(name, 4)) };
        folder.join(format!("{file}.sqlite"))
    }

    /// Opens the journal at a path; `None` if there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        if !path.is_file() {
            return Ok(None);
        }
        let open = || -> Result<Option<Self>> {
            let connection = sqlite::open(path)?;
            match version(&connection).map_err(foreign)? {
                VERSION => Self::at(path, connection).map(Some),
                newer if newer > VERSION => Err(Error::new(
                    ErrorKind::Io,
                    format!("it was written by a newer version of up42 (format {newer}): update this one"),
                )),
                older @ 1..VERSION => Err(Error::new(
                    ErrorKind::Io,
                    format!(
                        "it was written by an older version of up42 (format {older}): go on with that version; \
                         under another name its jobs are paid again"
                    ),
                )),
                // The program that created it was killed.
                0 if is_empty(&connection).map_err(foreign)? => Ok(None),
                _ => Err(Error::new(ErrorKind::Io, "it is no journal of a batch")),
            }
        };
        open().with_context(|| format!("journal `{}`", path.display()))
    }

    /// Creates a journal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if another program has created it meanwhile.
    pub(super) fn create(path: &Path, head: &Head) -> Result<Self> {
        let create = || -> Result<Self> {
            let mut connection = sqlite::open(path)?;
            let change =
                connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(foreign)?;
            if !is_empty(&change).map_err(foreign)? {
                return Err(taken_over());
            }
            head::fill(&change, head, Some(path)).and_then(|()| change.commit()).map_err(foreign)?;
            Self::at(path, connection)
        };
        create().with_context(|| format!("journal `{}`", path.display()))
    }

    fn at(path: &Path, connection: Connection) -> Result<Self> {
        let revision = revision(&connection).map_err(foreign)?;
        Ok(Self { connection, file: Some((path.to_owned(), std::fs::metadata(path)?)), revision })
    }

    /// Creates a journal in memory, for one run.
    pub(super) fn in_memory(head: &Head) -> Result<Self> {
        let connection = Connection::open_in_memory().map_err(foreign)?;
        head::fill(&connection, head, None).map_err(foreign)?;
        let revision = revision(&connection).map_err(foreign)?;
        Ok(Self { connection, file: None, revision })
    }

    /// Changes the file in a transaction, if no other program has changed it since this one read
    /// it.
    fn write(&mut self, change: impl FnOnce(&Transaction) -> rusqlite::Result<()>) -> Result<()> {
        let context = self.description();
        let write = || -> Result<()> {
            if !self.is_in_place() {
                return Err(Error::new(
                    ErrorKind::Io,
                    "the file was moved, removed or replaced: run it again",
                ));
            }
            let write = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let write = write.map_err(foreign)?;
            let next = "UPDATE batch SET revision = revision + 1 WHERE revision = ?";
            if write.execute(next, [self.revision]).map_err(foreign)? == 0 {
                return Err(taken_over());
            }
            change(&write).and_then(|()| write.commit()).map_err(foreign)?;
            self.revision += 1;
            Ok(())
        };
        write().context(context)
    }

    /// Returns whether the path still refers to the file that was opened. A journal that was
    /// removed can be written to, but no other program reads it.
    fn is_in_place(&self) -> bool {
        match &self.file {
            None => true,
            Some((path, opened)) => std::fs::metadata(path).is_ok_and(|there| is_same_file(opened, &there)),
        }
    }

    /// Returns the plan, in the order in which the jobs were added.
    pub(super) fn items(&self) -> Result<Vec<Item>> {
        let read = || -> Result<Vec<Item>> {
            let mut query = self
                .connection
                .prepare("SELECT key, label, inputs FROM item ORDER BY item")
                .map_err(foreign)?;
            let rows = query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
                .map_err(foreign)?;
            let item = |row: rusqlite::Result<(String, String, String)>| -> Result<Item> {
                let (key, label, inputs) = row.map_err(foreign)?;
                let inputs = serde_json::from_str(&inputs).map_err(|_| damaged("an item"))?;
                Ok(Item { key, parameters: JobParameters { label, inputs } })
            };
            rows.map(item).collect()
        };
        read().with_context(|| self.description())
    }

    /// Adds jobs to the plan.
    pub(super) fn add(&mut self, items: &[Item]) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.write(|change| {
            let known: i64 = change.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?;
            let mut insert = change.prepare("INSERT INTO item VALUES (?, ?, ?, ?)")?;
            for (position, item) in (known..).zip(items) {
                let inputs = Value::Object(item.parameters.inputs.clone()).to_string();
                let label = redact::data(&item.parameters.label);
                insert.execute(params![position, item.key, label, inputs])?;
            }
            Ok(())
        })
    }

    /// Replaces the labels and inputs of jobs of the plan.
    pub(super) fn change(&mut self, jobs: &[(usize, &JobParameters)]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.write(|change| {
            let mut update = change.prepare("UPDATE item SET label = ?, inputs = ? WHERE item = ?")?;
            for (item, JobParameters { label, inputs }) in jobs {
                let label = redact::data(label);
                update.execute(params![label, Value::Object(inputs.clone()).to_string(), *item as i64])?;
            }
            Ok(())
        })
    }

    /// Appends events. They are on the disk when this returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if another program has changed the journal since this one read it: then
    /// that program runs the batch, and this one must not send anything.
    pub(super) fn append(&mut self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let at = jiff::Timestamp::now().to_string();
        self.write(|change| {
            let mut insert =
                change.prepare("INSERT INTO event (at, item, kind, data) VALUES (?, ?, ?, ?)")?;
            for event in events {
                let (kind, data) = record::write(event);
                insert.execute(params![at, event.item() as i64, kind, data.to_string()])?;
            }
            Ok(())
        })
    }

    /// Returns all events, in order.
    pub(super) fn events(&self) -> Result<Vec<Event>> {
        let read = || -> Result<Vec<Event>> {
            let mut query = self
                .connection
                .prepare("SELECT item, kind, data FROM event ORDER BY seq")
                .map_err(foreign)?;
            let rows = query
                .query_map([], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
                })
                .map_err(foreign)?;
            let event = |row: rusqlite::Result<(i64, String, String)>| -> Result<Event> {
                let (item, kind, data) = row.map_err(foreign)?;
                record::read(item as usize, &kind, &data).ok_or_else(|| damaged("an event"))
            };
            rows.map(event).collect()
        };
        read().with_context(|| self.description())
    }

    /// Asks the program that runs the batch to cancel it.
    pub(super) fn request_cancel(&self) -> Result<()> {
        let request = self.connection.execute("INSERT OR IGNORE INTO request VALUES ('cancel')", []);
        request.map(drop).map_err(foreign).with_context(|| self.description())
    }

    /// Deletes the cancel request and returns whether there was one.
    pub(super) fn take_cancel_request(&self) -> Result<bool> {
        let query = "SELECT count(*) FROM request WHERE what = 'cancel'";
        let query = self.connection.query_row(query, [], |row| row.get::<_, i64>(0));
        // Without a request, nothing is written.
        let taken = match query.map_err(foreign).with_context(|| self.description())? {
            0 => Ok(0),
            _ => self.connection.execute("DELETE FROM request WHERE what = 'cancel'", []),
        };
        taken.map(|requests| requests > 0).map_err(foreign).with_context(|| self.description())
    }

    /// Returns the time of the last event, RFC 3339.
    pub(super) fn last_change(&self) -> Result<Option<String>> {
        let last =
            self.connection.query_row("SELECT at FROM event ORDER BY seq DESC LIMIT 1", [], |row| row.get(0));
        last.optional().map_err(foreign).with_context(|| self.description())
    }

    fn description(&self) -> String {
        match &self.file {
            Some((path, _)) => format!("journal `{}`", path.display()),
            None => "journal in memory".to_owned(),
        }
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn revision(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT revision FROM batch", [], |row| row.get(0))
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Returns `true`: on other systems an open file can be neither moved nor removed.
#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn taken_over() -> Error {
    let message = "another program drives this batch now: this one sends nothing more; run it again to watch";
    Error::new(ErrorKind::Io, message)
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Io, format!("{what} cannot be read: the file was changed by another program"))
}

#[cfg(test)]
mod tests;
