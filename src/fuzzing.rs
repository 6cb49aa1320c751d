//! Fuzz targets: parsers of data from outside. Used by the fuzzer (`fuzz/`) and by unit tests,
//! which run the inputs that the fuzzer has found.
//!
//! A target accepts any bytes. It may return an error; it must not panic, take more than 10 s or
//! use more than 1 GB, and its assertions about the parsed data must hold.

use std::fs;
use std::path::Path;

use crate::batch::fuzzing::journal;
use crate::catalog::Scenes;
use crate::catalog::fuzzing::stac;
use crate::processes::fuzzing::ogc;
use crate::results::fuzzing::{archive, data};
use up42_view::Aoi;

/// Name of a target, and its function of the input and an empty folder.
pub type Target = (&'static str, fn(&[u8], &Path));

/// Fuzz targets of the library.
pub const TARGETS: [Target; 6] = [
    ("archive", archive),
    ("data", data),
    ("geoparquet", geoparquet),
    ("journal", journal),
    ("ogc", ogc),
    ("stac", stac),
];

/// Reads a GeoParquet file as scenes and as an area.
fn geoparquet(bytes: &[u8], folder: &Path) {
    let path = folder.join("scenes.parquet");
    fs::write(&path, bytes).unwrap();
    if let Ok(scenes) = Scenes::read_geoparquet(&path) {
        assert_eq!(scenes.to_dataframe().unwrap().height(), scenes.len());
    }
    let _ = Aoi::read(&path);
}

#[cfg(test)]
#[path = "../fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
#[test]
fn inputs_that_once_failed_are_read_or_refused() {
    replay::replay(&TARGETS);
}
