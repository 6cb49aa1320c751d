//! Files and texts to features: each format has its file and ends in the same
//! layers.

mod archive;
mod dbf;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod geoparquet;
mod kml;
mod shapefile;
mod source;
mod wkt;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use self::source::features;
pub(super) use self::source::no_polygon;
use super::feature::AoiFeature;
use crate::error::{Error, ErrorKind, Result};

/// The largest file that is read into memory, in bytes. A GeoPackage is read row by
/// row and may be larger.
const LARGEST: u64 = 256_000_000;

/// A name, where the file or the text has one, and the features.
pub(super) type Named = (Option<String>, Vec<AoiFeature>);

/// Reads a file by what it holds.
pub(super) fn file(path: &Path) -> Result<Named> {
    let mut start = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut start)?;
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let layers = match start.as_slice() {
        [] => return Err(Error::invalid("the file is empty")),
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => geopackage::read(path)?,
        [b'P', b'A', b'R', b'1', ..] => vec![geoparquet::read(&bytes(path)?)?],
        [b'f', b'g', b'b', _, b'f', b'g', b'b', ..] => vec![flatgeobuf::read(&bytes(path)?)?],
        [0, 0, 0x27, 0x0a, ..] if extension.as_deref() == Some("shx") => return Err(beside()),
        [0, 0, 0x27, 0x0a, ..] => vec![shapefile::read(path, &bytes(path)?)?],
        [b'P', b'K', 3, 4, ..] => vec![archive::read(bytes(path)?)?],
        _ if matches!(extension.as_deref(), Some("dbf" | "prj" | "cpg" | "qpj")) => return Err(beside()),
        _ => return text(&String::from_utf8(bytes(path)?).map_err(|_| unknown())?, extension.as_deref()),
    };
    Ok((None, features(layers)?))
}

/// Reads text by how it begins, or else by the file's extension.
fn text(text: &str, extension: Option<&str>) -> Result<Named> {
    let text = bare(text);
    match (text.chars().next(), extension) {
        (Some('{'), _) | (_, Some("geojson" | "json")) => geojson(text),
        (Some('<'), _) | (_, Some("kml")) => kml(text),
        _ if extension == Some("wkt") || wkt::is_wkt(text) => wkt(text),
        _ => Err(unknown()),
    }
}

pub(super) fn geojson(text: &str) -> Result<Named> {
    let (name, layer) = geojson::read(bare(text))?;
    Ok((name, features(vec![layer])?))
}

pub(super) fn kml(text: &str) -> Result<Named> {
    Ok((None, features(vec![kml::read(bare(text))?])?))
}

pub(super) fn wkt(text: &str) -> Result<Named> {
    Ok((None, features(vec![wkt::read(bare(text))?])?))
}

/// Windows editors put a byte order mark in front.
fn bare(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim_start()
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    read_within(File::open(path)?, LARGEST)
}

/// Reads to the end, unless that is too far: an archive may unpack to anything.
fn read_within(source: impl Read, largest: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(largest + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > largest {
        true => Err(Error::invalid(format!(
            "it is larger than {} MB: simplify it or cut it into parts",
            largest / 1_000_000
        ))),
        false => Ok(bytes),
    }
}

fn beside() -> Error {
    Error::invalid("it is a part of a Shapefile: read the `.shp` file beside it")
}

fn unknown() -> Error {
    Error::invalid(
        "it is none of the formats that can be read: GeoJSON, KML, KMZ, WKT (text in UTF-8), Shapefile (`.shp`, \
         or zipped), GeoPackage, GeoParquet, FlatGeobuf",
    )
}

/// An error of a format's library.
fn broken<E>(format: &str) -> impl Fn(E) -> Error + '_
where
    E: std::fmt::Display + Send + Sync + 'static,
{
    move |error| Error::foreign(ErrorKind::InvalidInput, error).context(format!("not {format}"))
}
