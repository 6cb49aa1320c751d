//! What was sent, on the disk.
//!
//! The platform's list may be late with an order, and a program may end before it is told of one. So each
//! is noted before it is sent, in a file beside the journals of batches. Every program with
//! this folder reads it, and one at a time buys.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::client::Client;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::lock::Lock;
use crate::private;

/// No batch's journal or lock has a blank in its name.
const FILE: &str = "placed orders.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sent (workspace TEXT, tag TEXT, id TEXT, at TEXT, PRIMARY KEY (workspace, tag));
";

/// The file, by the one who may buy now.
pub(super) struct Sent {
    connection: Connection,
    path: PathBuf,
    /// The host, and the workspace's id.
    workspace: String,
    _lock: Lock,
}

/// An order that was sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    /// What the platform called it; `None` when its answer was lost.
    pub(super) id: Option<String>,
    /// When it was sent, RFC 3339.
    pub(super) at: String,
}

impl Sent {
    /// Waits while another program buys.
    pub(super) fn open(client: &Client) -> Result<Self> {
        let path = client.batches_folder().join(FILE);
        let workspace = format!("{} {}", client.host(), client.workspace()?.id);
        Self::at(&path, workspace)
    }

    fn at(path: &Path, workspace: String) -> Result<Self> {
        let lock = match Lock::take(path)? {
            Some(lock) => lock,
            None => {
                println!("another program places orders: waiting for it");
                Lock::wait(path)?
            }
        };
        private::file(path).with_context(|| format!("file `{}`", path.display()))?;
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            // On the disk before the request leaves, the folder's entry of its journal too.
            connection.pragma_update(None, "synchronous", "EXTRA")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        };
        let connection = open().map_err(told).with_context(|| format!("file `{}`", path.display()))?;
        Ok(Self { connection, path: path.to_owned(), workspace, _lock: lock })
    }

    /// What was sent, by its tags.
    pub(super) fn notes(&self) -> Result<HashMap<String, Note>> {
        let read = || -> rusqlite::Result<HashMap<String, Note>> {
            let mut query = self.connection.prepare("SELECT tag, id, at FROM sent WHERE workspace = ?")?;
            let note = |row: &rusqlite::Row| Ok((row.get(0)?, Note { id: row.get(1)?, at: row.get(2)? }));
            query.query_map([&self.workspace], note)?.collect()
        };
        self.told(read())
    }

    /// Is about to be sent, or has come to be this order.
    pub(super) fn note(&self, tag: &str, id: Option<&str>) -> Result<()> {
        let at = jiff::Timestamp::now().to_string();
        let note = "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)";
        self.told(self.connection.execute(note, params![self.workspace, tag, id, at]).map(drop))
    }

    /// It was refused.
    pub(super) fn forget(&self, tag: &str) -> Result<()> {
        let forget = "DELETE FROM sent WHERE workspace = ? AND tag = ?";
        self.told(self.connection.execute(forget, [self.workspace.as_str(), tag]).map(drop))
    }

    fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(told).with_context(|| format!("file `{}`", self.path.display()))
    }
}

fn told(error: rusqlite::Error) -> Error {
    Error::foreign(ErrorKind::Io, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_known_to_the_next_program() {
        let folder = tempfile::tempdir().unwrap();
        let open =
            |workspace: &str| Sent::at(&folder.path().join("new").join(FILE), workspace.into()).unwrap();
        let sent = open("a");
        sent.note("lost", None).unwrap();
        sent.note("told", None).unwrap();
        sent.note("told", Some("7")).unwrap();
        sent.note("refused", None).unwrap();
        sent.forget("refused").unwrap();
        drop(sent);
        assert!(open("b").notes().unwrap().is_empty(), "that is another account");
        let notes = open("a").notes().unwrap();
        let id = |tag: &str| notes[tag].id.as_deref();
        assert_eq!((notes.len(), id("lost"), id("told")), (2, None, Some("7")));
    }
}
