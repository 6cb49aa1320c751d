//! Readers of geographic files and texts: each format has a module that returns layers of features.

mod archive;
mod code_page;
mod dbf;
mod flatgeobuf;
mod geojson;
mod geopackage;
#[cfg(feature = "polars")]
mod geoparquet;
mod kml;
mod shapefile;
mod source;
mod text;
mod wkt;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use self::source::features;
pub use self::source::no_polygon;
use super::feature::AoiFeature;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::ReadBudget;

/// Name, if the file or the text has one, and features.
pub type Named = (Option<String>, Vec<AoiFeature>);

/// Reads a file, whose format is determined by its content. A GeoPackage is read row by row and a
/// GeoParquet column by column, any other file as a whole.
pub fn file(path: &Path, budget: &ReadBudget) -> Result<Named> {
    let mut start = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut start)?;
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let bytes = || bytes(path, budget);
    let layers = match start.as_slice() {
        [] => return Err(Error::invalid("the file is empty")),
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => geopackage::read(path, budget)?,
        #[cfg(feature = "polars")]
        [b'P', b'A', b'R', b'1', ..] => vec![geoparquet::read(path, budget)?],
        #[cfg(not(feature = "polars"))]
        [b'P', b'A', b'R', b'1', ..] => {
            return Err(Error::invalid("GeoParquet needs the feature `polars` of up42-core"));
        }
        [b'f', b'g', b'b', _, b'f', b'g', b'b', ..] => vec![flatgeobuf::read(&bytes()?, budget)?],
        [0, 0, 0x27, 0x0a, ..] if extension.as_deref() == Some("shx") => return Err(beside()),
        [0, 0, 0x27, 0x0a, ..] => vec![shapefile::read(path, &bytes()?, budget)?],
        [b'P', b'K', 3, 4, ..] => vec![archive::read(bytes()?, budget)?],
        _ if matches!(extension.as_deref(), Some("dbf" | "prj" | "cpg" | "qpj")) => return Err(beside()),
        _ => return text(&text::decode(bytes()?, budget)?, extension.as_deref(), budget),
    };
    Ok((None, features(layers, budget)?))
}

/// Reads text in the format that its beginning, or else the file's extension, indicates.
fn text(text: &str, extension: Option<&str>, budget: &ReadBudget) -> Result<Named> {
    let text = bare(text);
    match (text.chars().next(), extension) {
        (Some('{' | geojson::SEPARATOR), _) | (_, Some("geojson" | "json")) => geojson(text, budget),
        (Some('<'), _) | (_, Some("kml")) => kml(text, budget),
        _ if extension == Some("wkt") || wkt::is_wkt(text) => wkt(text, budget),
        _ => Err(unknown()),
    }
}

/// Reads GeoJSON: one text, or a sequence.
pub fn geojson(text: &str, budget: &ReadBudget) -> Result<Named> {
    let (name, layer) = geojson::read(bare(text), budget)?;
    Ok((name, features(vec![layer], budget)?))
}

/// Reads KML.
pub fn kml(text: &str, budget: &ReadBudget) -> Result<Named> {
    Ok((None, features(vec![kml::read(bare(text), budget)?], budget)?))
}

/// Reads WKT or EWKT; several geometries are several features.
pub fn wkt(text: &str, budget: &ReadBudget) -> Result<Named> {
    Ok((None, features(vec![wkt::read(bare(text), budget)?], budget)?))
}

/// Windows editors add a byte order mark.
fn bare(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim_start()
}

fn bytes(path: &Path, budget: &ReadBudget) -> Result<Vec<u8>> {
    budget.read_to_end(File::open(path)?)
}

fn beside() -> Error {
    Error::invalid("it is a part of a Shapefile: read the `.shp` file beside it")
}

fn unknown() -> Error {
    Error::invalid(
        "it is none of the formats that can be read: GeoJSON, KML, KMZ, WKT (text in UTF-8 or \
         UTF-16), Shapefile (`.shp`, or zipped), GeoPackage, GeoParquet, FlatGeobuf",
    )
}

/// Returns a function that converts an error of a format's library.
fn broken<E>(format: &str) -> impl Fn(E) -> Error + '_
where
    E: std::fmt::Display + Send + Sync + 'static,
{
    move |error| Error::foreign(ErrorKind::InvalidInput, error).context(format!("not {format}"))
}
