//! GeoPackage (OGC 12-128r19): every layer of features.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::broken;
use super::source::{Feature, Layer, MOST_FEATURES, name_column, with_area};
use crate::error::{Error, ErrorKind, Result};
use crate::geo::crs::Crs;
use crate::geo::wkb::read_gpkg;

pub(super) fn read(path: &Path) -> Result<Vec<Layer>> {
    layers(path).map_err(|failure| match failure {
        Failure::Sqlite(error) => broken("a GeoPackage")(error),
        Failure::Other(error) => error,
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

fn layers(path: &Path) -> Result<Vec<Layer>, Failure> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(uri(path).map_err(Failure::Other)?, flags)?;
    // Views and triggers of a file from outside call no function that acts.
    file.pragma_update(None, "trusted_schema", false)?;
    let mut tables = file.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
         JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features' \
         ORDER BY c.table_name",
    )?;
    let tables = tables.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let tables = tables.collect::<Result<Vec<(String, String, i64)>, _>>()?;
    let mut left = MOST_FEATURES;
    tables
        .into_iter()
        .map(|(table, column, srs)| {
            let crs = crs(&file, srs)?;
            let features = features(&file, &table, &column, left)?;
            left -= features.len();
            Ok(Layer { name: Some(table), crs, features })
        })
        .collect()
}

/// The file as a URI that asks SQLite for no locks and no files beside it, unless a
/// writer has left some there.
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

/// A coordinate system of the file. Two ids stand for none: 0 is in degrees and taken
/// as WGS 84, -1 is in whatever unit.
fn crs(file: &Connection, srs: i64) -> Result<Crs, Failure> {
    if srs == 0 {
        return Ok(Crs::Wgs84);
    }
    let asked = "SELECT organization, organization_coordsys_id, definition, srs_name \
                 FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let found = file.query_row(asked, [srs], |row| {
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

fn features(file: &Connection, table: &str, column: &str, most: usize) -> Result<Vec<Feature>, Failure> {
    let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = columns.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let name = name_column(columns.iter().map(String::as_str))
        .map_or("NULL".to_owned(), |name| format!("CAST({} AS TEXT)", quoted(name)));
    // One more than may be, so that too many are seen.
    let asked =
        format!("SELECT {}, {name} FROM {} LIMIT {}", quoted(column), quoted(table), most.saturating_add(1));
    let mut rows = file.prepare(&asked)?;
    let mut rows = rows.query(())?;
    let mut features = Vec::new();
    while let Some(row) = rows.next()? {
        let shape = match row.get_ref(0)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(blob) => read_gpkg(blob).map(with_area),
            _ => Err(Error::invalid("its geometry is no blob")),
        };
        let name = row.get_ref(1)?.as_str_or_null().ok().flatten().map(str::to_owned);
        features.push(Feature { name: name.filter(|name| !name.is_empty()), shape });
        if features.len() > most {
            return Err(Failure::Other(Error::invalid(format!(
                "there are more than {MOST_FEATURES} features: simplify the file or cut it into parts"
            ))));
        }
    }
    Ok(features)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
