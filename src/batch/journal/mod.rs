//! What a batch did, on disk: an SQLite file that is written before and after each act
//! that costs money.
//!
//! It holds the plan (`item`), what happened to each of its jobs (`event`), which is only
//! ever added to, and what others wish of the process that drives it (`wish`). The state
//! is the sum of the events, so whoever opens the file goes on where another was killed.
//! No login and no token is in it. A job's inputs are, as they were passed: the job is sent with
//! them, also after a restart, and a signed URL may be one. So the file is its owner's alone
//! ([`private`]).

mod head;
mod record;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use self::head::{OLDEST, VERSION, fill};
use super::plan::Item;
use super::state::Event;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::hash::hex;
use crate::jobs::JobParameters;
use crate::private;

pub(super) use head::Head;

const SCHEMA: &str = "
    CREATE TABLE batch (name TEXT, run TEXT, host TEXT, project TEXT, workflow TEXT, workflow_name TEXT,
                        created TEXT, service TEXT, budget TEXT);
    CREATE TABLE item  (item INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, inputs TEXT);
    CREATE TABLE event (seq INTEGER PRIMARY KEY, at TEXT, item INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT);
    CREATE TABLE wish  (wish TEXT PRIMARY KEY);
";

/// The journal of one batch.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    /// Absent for one in memory.
    path: Option<PathBuf>,
}

impl Journal {
    /// The file of a batch in a folder.
    pub(super) fn path(folder: &Path, name: &str) -> PathBuf {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let file: String =
            name.chars().take(80).map(|letter| if plain(letter) { letter } else { '-' }).collect();
        // Two names must not share a file, nor begin with a dot, nor differ in case alone;
        // four letters may be a device of Windows.
        let is_same = file == name && !file.starts_with('.') && file == file.to_lowercase() && file.len() > 4;
        let file = if is_same { file } else { format!("{}-{}", file.trim_start_matches('.'), hex(name, 4)) };
        folder.join(format!("{file}.sqlite"))
    }

    /// The journal at a path; `None` when there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        if !path.is_file() {
            return Ok(None);
        }
        let open = || -> Result<Self> {
            private::restrict(path);
            let connection = Connection::open(path).map_err(told)?;
            let journal = Self { connection, path: Some(path.to_owned()) };
            journal.prepare()?;
            match journal.version().map_err(told)? {
                OLDEST..=VERSION => Ok(journal),
                newer if newer > VERSION => Err(Error::new(
                    ErrorKind::Io,
                    format!("it was written by a newer version of up42 (format {newer}): update this one"),
                )),
                _ => Err(Error::new(ErrorKind::Io, "it is no journal of a batch")),
            }
        };
        open().map(Some).with_context(|| format!("journal `{}`", path.display()))
    }

    /// A new journal, by the one who has the lock.
    pub(super) fn create(path: &Path, head: &Head) -> Result<Self> {
        let create = || -> Result<()> {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            // Another name first: what is there is whole.
            let part = path.with_extension("part");
            let _ = std::fs::remove_file(&part);
            private::file(&part)?;
            let connection = Connection::open(&part).map_err(told)?;
            fill(&connection, head)?;
            drop(connection);
            Ok(std::fs::rename(&part, path)?)
        };
        create().with_context(|| format!("journal `{}`", path.display()))?;
        Self::open(path)?.ok_or_else(|| Error::new(ErrorKind::Io, "the journal went away"))
    }

    /// A journal that ends with the run.
    pub(super) fn in_memory(head: &Head) -> Result<Self> {
        let connection = Connection::open_in_memory().map_err(told)?;
        fill(&connection, head)?;
        Ok(Self { connection, path: None })
    }

    fn prepare(&self) -> Result<()> {
        self.connection.busy_timeout(Duration::from_secs(10)).map_err(told)?;
        // Each change is on the disk before the next request leaves.
        self.connection.pragma_update(None, "journal_mode", "WAL").map_err(told)?;
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(told)
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))
    }

    /// The plan, in the order in which jobs were added to it.
    pub(super) fn items(&self) -> Result<Vec<Item>> {
        let read = || -> Result<Vec<Item>> {
            let mut query =
                self.connection.prepare("SELECT key, label, inputs FROM item ORDER BY item").map_err(told)?;
            let rows = query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
                .map_err(told)?;
            let item = |row: rusqlite::Result<(String, String, String)>| -> Result<Item> {
                let (key, label, inputs) = row.map_err(told)?;
                let inputs = serde_json::from_str(&inputs).map_err(|_| damaged("an item"))?;
                Ok(Item { same: key.clone(), key, parameters: JobParameters { label, inputs } })
            };
            rows.map(item).collect()
        };
        read().with_context(|| self.told())
    }

    /// Adds jobs to the plan.
    pub(super) fn add(&mut self, items: &[Item]) -> Result<()> {
        let add = |connection: &mut Connection| -> rusqlite::Result<()> {
            let change = connection.transaction()?;
            {
                let known: i64 = change.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?;
                let mut insert = change.prepare("INSERT INTO item VALUES (?, ?, ?, ?)")?;
                for (position, item) in (known..).zip(items) {
                    let inputs = Value::Object(item.parameters.inputs.clone()).to_string();
                    insert.execute(params![position, item.key, item.parameters.label, inputs])?;
                }
            }
            change.commit()
        };
        add(&mut self.connection).map_err(told).with_context(|| self.told())
    }

    /// Says what jobs of the plan are asked now.
    pub(super) fn change<'a>(
        &mut self,
        jobs: impl IntoIterator<Item = (usize, &'a JobParameters)>,
    ) -> Result<()> {
        let change = |connection: &mut Connection| -> rusqlite::Result<()> {
            let change = connection.transaction()?;
            for (item, JobParameters { label, inputs }) in jobs {
                let inputs = Value::Object(inputs.clone()).to_string();
                change.execute(
                    "UPDATE item SET label = ?, inputs = ? WHERE item = ?",
                    params![label, inputs, item as i64],
                )?;
            }
            change.commit()
        };
        change(&mut self.connection).map_err(told).with_context(|| self.told())
    }

    /// Keeps what happened. On the disk when this returns.
    pub(super) fn append(&mut self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let at = jiff::Timestamp::now().to_string();
        let add = |connection: &mut Connection| -> rusqlite::Result<()> {
            let change = connection.transaction()?;
            {
                let mut insert =
                    change.prepare("INSERT INTO event (at, item, kind, data) VALUES (?, ?, ?, ?)")?;
                for event in events {
                    let (kind, data) = record::write(event);
                    insert.execute(params![at, event.item() as i64, kind, data.to_string()])?;
                }
            }
            change.commit()
        };
        add(&mut self.connection).map_err(told).with_context(|| self.told())
    }

    /// What happened so far.
    pub(super) fn events(&self) -> Result<Vec<Event>> {
        let read = || -> Result<Vec<Event>> {
            let mut query =
                self.connection.prepare("SELECT item, kind, data FROM event ORDER BY seq").map_err(told)?;
            let rows = query
                .query_map([], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
                })
                .map_err(told)?;
            let event = |row: rusqlite::Result<(i64, String, String)>| -> Result<Event> {
                let (item, kind, data) = row.map_err(told)?;
                record::read(item as usize, &kind, &data).ok_or_else(|| damaged("an event"))
            };
            rows.map(event).collect()
        };
        read().with_context(|| self.told())
    }

    /// Asks whoever drives the batch to cancel it.
    pub(super) fn ask_to_cancel(&self) -> Result<()> {
        self.connection.execute("INSERT OR IGNORE INTO wish VALUES ('cancel')", []).map_err(told)?;
        Ok(())
    }

    /// Whether it was asked for; the wish is then heard.
    pub(super) fn is_to_cancel(&self) -> Result<bool> {
        let heard = self.connection.execute("DELETE FROM wish WHERE wish = 'cancel'", []);
        heard.map(|wishes| wishes > 0).map_err(told).with_context(|| self.told())
    }

    /// When something happened last, RFC 3339.
    pub(super) fn last_change(&self) -> Result<Option<String>> {
        let last =
            self.connection.query_row("SELECT at FROM event ORDER BY seq DESC LIMIT 1", [], |row| row.get(0));
        last.optional().map_err(told).with_context(|| self.told())
    }

    fn told(&self) -> String {
        match &self.path {
            Some(path) => format!("journal `{}`", path.display()),
            None => "journal in memory".to_owned(),
        }
    }
}

fn told(error: rusqlite::Error) -> Error {
    Error::foreign(ErrorKind::Io, error)
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Io, format!("{what} cannot be read: the file was changed by another program"))
}

#[cfg(test)]
mod tests;
