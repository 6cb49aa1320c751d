//! SQLite files of this library's own: each change is on the disk when it is made, and nobody
//! else on the machine can read them.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Context, Error, ErrorKind, Result};
use crate::{file, private};

/// How long another program's change is waited for.
const BUSY: Duration = Duration::from_secs(10);

/// Opens the file, which need not exist yet.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let open = || -> Result<Connection> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), std::fs::create_dir_all)?;
        match private::create(path)? {
            true => file::sync_folder(folder.unwrap_or(Path::new(".")))?,
            false => private::restrict(path),
        }
        let connection = Connection::open(path).map_err(foreign)?;
        connection.busy_timeout(BUSY).map_err(foreign)?;
        // A rollback journal and not a write-ahead log: the file alone is whole, so that a copy
        // of it lacks nothing. EXTRA: the folder is synced when the rollback journal goes, which
        // is when a change counts (SQLite, `PRAGMA synchronous`).
        connection.pragma_update(None, "journal_mode", "DELETE").map_err(foreign)?;
        connection.pragma_update(None, "synchronous", "EXTRA").map_err(foreign)?;
        Ok(connection)
    };
    open().with_context(|| format!("file `{}`", path.display()))
}

pub(crate) fn foreign(error: rusqlite::Error) -> Error {
    Error::foreign(ErrorKind::Io, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_private_and_whole_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.sqlite");
        let connection = open(&path).unwrap();
        connection.execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (7)").unwrap();
        // A copy that is made while the program runs, of this one file.
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
