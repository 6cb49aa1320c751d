//! Tables of the file, and the row of the platform.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::clock::SavedClock;
use crate::platform::Config;
use up42_core::error::{Error, ErrorKind, Result};

const VERSION: i64 = 2;
const TABLES: &str = "
    CREATE TABLE platform (seed TEXT, credits INTEGER, jobs INTEGER, start TEXT, began TEXT,
        factor REAL, advanced TEXT, programs INTEGER);
    CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER, updated TEXT);
    CREATE TABLE workflow (place INTEGER PRIMARY KEY, data TEXT);
    CREATE TABLE job (place INTEGER PRIMARY KEY, data TEXT, scenes TEXT);
    CREATE TABLE credit (at TEXT, credits INTEGER);
    CREATE TABLE purchase (place INTEGER PRIMARY KEY, data TEXT);
    CREATE TABLE processing (place INTEGER PRIMARY KEY, data TEXT);
";

/// Opens the file. Returns the connection, the start of the platform, and this program's number
/// among all that opened the file.
pub(super) fn open(path: &Path, config: &mut Config) -> Result<(Connection, Timestamp, u64)> {
    let mut connection = Connection::open(path).map_err(database_error)?;
    connection.busy_timeout(Duration::from_secs(30)).map_err(database_error)?;
    // A killed program loses nothing; a power failure may lose the last jobs.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(database_error)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(database_error)?;
    let (start, program) = begin(&mut connection, config)?;
    Ok((connection, start, program))
}

/// Reads the row of the platform into `config`, or writes it to a new file.
fn begin(connection: &mut Connection, config: &mut Config) -> Result<(Timestamp, u64)> {
    let change =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database_error)?;
    let version: i64 =
        change.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(database_error)?;
    if version > VERSION {
        return Err(Error::new(ErrorKind::Io, "it was written by a newer version of up42: update this one"));
    }
    if (1..VERSION).contains(&version) {
        let message = "it was written by an older version of up42: use that version, or an empty folder";
        return Err(Error::new(ErrorKind::Io, message));
    }
    if version == 0 {
        let clock = config.clock.saved();
        change.execute_batch(TABLES).map_err(database_error)?;
        let line = params![
            config.seed.to_string(),
            config.credits,
            config.max_concurrent_jobs,
            clock.start.to_string(),
            clock.began.to_string(),
            clock.factor,
        ];
        let write = "INSERT INTO platform VALUES (?, ?, ?, ?, ?, ?, '0', 0)";
        change.execute(write, line).map_err(database_error)?;
        change.pragma_update(None, "user_version", VERSION).map_err(database_error)?;
    }
    change.execute("UPDATE platform SET programs = programs + 1", []).map_err(database_error)?;
    let query = "SELECT seed, credits, jobs, start, began, factor, programs FROM platform";
    let (clock, program) = change
        .query_row(query, [], |row| {
            config.seed = parsed(&row.get::<_, String>(0)?)?;
            (config.credits, config.max_concurrent_jobs) = (row.get(1)?, row.get(2)?);
            let (start, began) = (parsed(&row.get::<_, String>(3)?)?, parsed(&row.get::<_, String>(4)?)?);
            Ok((SavedClock { start, began, factor: row.get(5)? }, row.get::<_, i64>(6)?))
        })
        .map_err(database_error)?;
    if version > 0 {
        config.clock.resume(&clock);
        let advanced: String = change
            .query_row("SELECT advanced FROM platform", [], |row| row.get(0))
            .map_err(database_error)?;
        config.clock.share(duration(&advanced));
    }
    change.commit().map_err(database_error)?;
    Ok((clock.start, program.unsigned_abs()))
}

/// Parses nanoseconds.
pub(super) fn duration(text: &str) -> Duration {
    Duration::from_nanos(text.parse().unwrap_or(0))
}

fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> rusqlite::Result<T> {
    let wrong = |error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    };
    text.parse().map_err(wrong)
}

pub(super) fn database_error(error: rusqlite::Error) -> Error {
    Error::foreign(ErrorKind::Io, error)
}

pub(super) fn damaged(error: serde_json::Error) -> Error {
    Error::foreign(ErrorKind::Io, error).context("the file is damaged")
}
