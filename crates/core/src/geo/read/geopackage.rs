//! Reader of GeoPackage (OGC 12-128r19): every layer of features.

use std::path::Path;
use std::time::Instant;

use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::broken;
use super::source::{Feature, Features, Layer, name_column, with_area};
use crate::error::{Error, ErrorKind, Result};
use crate::geo::crs::Crs;
use crate::geo::wkb::read_gpkg;
use crate::limits::ReadBudget;

/// Number of SQLite's virtual machine instructions between two checks of the time.
const INSTRUCTIONS: i32 = 10_000;

pub fn read(path: &Path, budget: &ReadBudget) -> Result<Vec<Layer>> {
    layers(path, budget).map_err(|failure| match failure {
        Failure::Other(error) => error,
        Failure::Sqlite(error) => match error.sqlite_error_code() {
            Some(ErrorCode::TooBig) => budget.too_large(),
            Some(ErrorCode::OperationInterrupted) => {
                budget.check_time().err().unwrap_or_else(|| broken("a GeoPackage")(error))
            }
            _ => broken("a GeoPackage")(error),
        },
    })
}

enum Failure {
    Sqlite(rusqlite::Error),
    Other(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

fn layers(path: &Path, budget: &ReadBudget) -> Result<Vec<Layer>, Failure> {
    let file = open(path, budget)?;
    check_table(&file, "gpkg_contents", &["table_name", "data_type"], budget)?;
    check_table(&file, "gpkg_geometry_columns", &["table_name", "column_name", "srs_id"], budget)?;
    let mut tables = file.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
         JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features' \
         ORDER BY c.table_name",
    )?;
    let mut rows = tables.query(())?;
    let mut tables: Vec<(String, String, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        budget.check_count(tables.len() + 1, "layers")?;
        let (table, column): (String, String) = (row.get(0)?, row.get(1)?);
        budget.take_bytes((table.len() + column.len()) as u64)?;
        tables.push((table, column, row.get(2)?));
    }
    tables
        .into_iter()
        .map(|(table, column, srs)| {
            let crs = crs(&file, srs, budget)?;
            let features = features(&file, &table, &column, budget)?;
            Ok(Layer { name: Some(table), crs, features })
        })
        .collect()
}

/// Opens a file that may be hostile: its schema cannot call functions with side effects, no value
/// may be larger than the budget, and statements are interrupted when the time is used up.
fn open(path: &Path, budget: &ReadBudget) -> Result<Connection, Failure> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut file = Connection::open_with_flags(uri(path)?, flags)?;
    file.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(budget.bytes_left()).unwrap_or(i32::MAX))?;
    if let Some(deadline) = budget.deadline() {
        file.progress_handler(INSTRUCTIONS, Some(move || Instant::now() > deadline))?;
    }
    file.pragma_update(None, "trusted_schema", false)?;
    // Sorting of views uses the disk and not memory.
    file.pragma_update(None, "temp_store", "FILE")?;
    Ok(file)
}

/// Refuses tables that run a query or an expression of the file when they are read: views, virtual
/// tables and computed columns, unless views are allowed.
fn check_table(file: &Connection, table: &str, columns: &[&str], budget: &ReadBudget) -> Result<(), Failure> {
    if budget.limits().views {
        return Ok(());
    }
    let query = "SELECT type = 'table' AND rootpage > 0 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE \
                 AND type IN ('table', 'view')";
    let is_plain: Option<bool> = file.query_row(query, [table], |row| row.get(0)).optional()?;
    // Computed columns are not in this list.
    let is_stored = |column: &&str| -> rusqlite::Result<bool> {
        let query = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE";
        file.query_row(query, [table, *column], |row| Ok(row.get::<_, i64>(0)? > 0))
    };
    let message = match is_plain {
        None => return Err(Error::invalid(format!("not a GeoPackage: there is no table `{table}`")).into()),
        Some(false) => {
            format!("`{table}` is a view or virtual: its query comes with the file and may run for ever")
        }
        Some(true) => {
            match columns.iter().map(is_stored).position(|is_stored| !matches!(is_stored, Ok(true))) {
                None => return Ok(()),
                Some(at) => format!("the column `{}` of `{table}` is missing or computed", columns[at]),
            }
        }
    };
    Err(Error::invalid(format!("{message}: save it as a table (ogr2ogr), or allow `ReadLimits::views`"))
        .into())
}

/// Returns the file as a URI that lets SQLite use no locks and no other files, unless a writer has
/// left a write-ahead log.
fn uri(path: &Path) -> Result<String> {
    let whole = std::path::absolute(path)?;
    let mut uri = url::Url::from_file_path(&whole)
        .map_err(|()| Error::new(ErrorKind::Io, "the path cannot be written as a URI"))?;
    let mut log = whole.into_os_string();
    log.push("-wal");
    if !Path::new(&log).exists() {
        uri.set_query(Some("immutable=1"));
    }
    Ok(uri.into())
}

/// Returns a coordinate system of the file. Two ids are undefined systems: 0 is in degrees and read
/// as WGS 84, -1 has an unknown unit.
fn crs(file: &Connection, srs: i64, budget: &ReadBudget) -> Result<Crs, Failure> {
    if srs == 0 {
        return Ok(Crs::Wgs84);
    }
    let columns = ["srs_id", "organization", "organization_coordsys_id", "definition", "srs_name"];
    check_table(file, "gpkg_spatial_ref_sys", &columns, budget)?;
    let query = "SELECT organization, organization_coordsys_id, definition, srs_name \
                 FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let found = file.query_row(query, [srs], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
        ))
    });
    Ok(match found.optional()? {
        None => Crs::Unknown(format!("srs_id {srs}")),
        Some((organization, code, ..)) if organization.eq_ignore_ascii_case("EPSG") => {
            Crs::from_authority(&organization, &code.to_string())
        }
        Some((.., definition, name)) if definition.eq_ignore_ascii_case("undefined") => Crs::Unknown(name),
        Some((.., definition, _)) => Crs::from_wkt(&definition),
    })
}

fn features(
    file: &Connection,
    table: &str,
    column: &str,
    budget: &ReadBudget,
) -> Result<Vec<Feature>, Failure> {
    check_table(file, table, &[column], budget)?;
    let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = columns.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let name = name_column(columns.iter().map(String::as_str))
        .map_or("NULL".to_owned(), |name| format!("CAST({} AS TEXT)", quoted(name)));
    let mut rows = file.prepare(&format!("SELECT {}, {name} FROM {}", quoted(column), quoted(table)))?;
    let mut rows = rows.query(())?;
    let mut features = Features::new(budget);
    while let Some(row) = rows.next()? {
        let shape = match row.get_ref(0)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(blob) => read_gpkg(blob, budget).map(with_area),
            _ => Err(Error::invalid("its geometry is no blob")),
        };
        let name = row.get_ref(1)?.as_str_or_null().ok().flatten().map(str::to_owned);
        features.push(name.filter(|name| !name.is_empty()), shape)?;
    }
    Ok(features.found)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
