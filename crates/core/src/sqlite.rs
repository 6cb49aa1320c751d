//! SQLite files of this library: each change is synced to disk, and only the owner may read them.

use std::path::Path;
use std::time::Duration;

use rusqlite::limits::Limit;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Context, Error, ErrorKind, Result};
use crate::{file, private};

/// Timeout while another program holds the lock.
const BUSY: Duration = Duration::from_secs(10);

/// Largest length of a value, in bytes: the inputs of a job contain its area.
const LONGEST: i32 = 256_000_000;

/// Opens the file, and creates it if necessary. The file may be from another source: code that runs
/// when a table is read or changed is refused, and so is a value that takes too much memory.
pub fn open(path: &Path) -> Result<Connection> {
    let open = || -> Result<Connection> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), std::fs::create_dir_all)?;
        match private::create(path)? {
            true => file::sync_folder(folder.unwrap_or(Path::new(".")))?,
            false => private::restrict(path),
        }
        let connection = Connection::open(path).map_err(foreign)?;
        connection.busy_timeout(BUSY).map_err(foreign)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST).map_err(foreign)?;
        connection.pragma_update(None, "trusted_schema", false).map_err(foreign)?;
        refuse_code(&connection)?;
        // A rollback journal and not a write-ahead log: a copy of the file alone is complete.
        // EXTRA: the folder is synced when the rollback journal is removed, which commits a change
        // (SQLite, `PRAGMA synchronous`).
        connection.pragma_update(None, "journal_mode", "DELETE").map_err(foreign)?;
        connection.pragma_update(None, "synchronous", "EXTRA").map_err(foreign)?;
        Ok(connection)
    };
    open().with_context(|| format!("file `{}`", path.display()))
}

/// Refuses views, triggers and virtual tables; no version of this library writes any.
fn refuse_code(connection: &Connection) -> Result<()> {
    let query = "SELECT name FROM sqlite_schema \
                 WHERE type IN ('view', 'trigger') OR type = 'table' AND rootpage = 0 LIMIT 1";
    let found: Option<String> =
        connection.query_row(query, [], |row| row.get(0)).optional().map_err(foreign)?;
    match found {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::Io,
            format!(
                "`{name}` in it is a view, a trigger or a virtual table, which run by themselves and which up42 \
                 does not write: drop it, if the file is yours, or move the file away"
            ),
        )),
    }
}

/// Converts an error of SQLite.
pub fn foreign(error: rusqlite::Error) -> Error {
    Error::foreign(ErrorKind::Io, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_triggers_and_virtual_tables_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let table = "CREATE TABLE a (b);";
        let opened = |name: &str, code: &str| {
            let path = folder.path().join(name);
            Connection::open(&path).unwrap().execute_batch(&format!("{table}{code}")).unwrap();
            open(&path).map(drop).map_err(|error| error.to_string().split_once("`: ").unwrap().1.to_owned())
        };
        assert_eq!(opened("table", ""), Ok(()));
        let view = "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;";
        insta::assert_snapshot!(opened("view", view).unwrap_err(), @"`v` in it is a view, a trigger or a virtual table, which run by themselves and which up42 does not write: drop it, if the file is yours, or move the file away");
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;";
        assert!(opened("trigger", trigger).unwrap_err().starts_with("`t` in it is a view, a trigger"));
    }

    #[test]
    fn the_size_of_a_value_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let file = open(&folder.path().join("a.sqlite")).unwrap();
        let length =
            |bytes: i32| file.query_row("SELECT length(zeroblob(?))", [bytes], |row| row.get::<_, i32>(0));
        assert_eq!(length(LONGEST), Ok(LONGEST));
        insta::assert_snapshot!(length(LONGEST + 1).unwrap_err(), @"string or blob too big");
    }

    #[test]
    fn a_file_is_private_and_complete_without_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.sqlite");
        let connection = open(&path).unwrap();
        connection.execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (7)").unwrap();
        // A copy of this one file, made while the program runs.
        let copy = folder.path().join("copy.sqlite");
        std::fs::copy(&path, &copy).unwrap();
        let copied: i64 = open(&copy).unwrap().query_row("SELECT b FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(copied, 7);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
