//! Fuzz targets for the readers of areas of interest; see `fuzz/` and `up42::fuzzing`.

use std::fs;
use std::path::Path;

use crate::Aoi;

/// Name of a fuzz target, and its function, which takes the input and an empty folder.
pub type Target = (&'static str, fn(&[u8], &Path));

/// Fuzz targets of this crate.
pub const TARGETS: [Target; 2] = [("aoi", aoi), ("shapefile", shapefile)];

/// Reads an area of interest in any format.
fn aoi(bytes: &[u8], folder: &Path) {
    let path = folder.join("area");
    fs::write(&path, bytes).unwrap();
    if let Ok(area) = Aoi::read(&path) {
        assert!(area.area_km2() >= 0.0 && !format!("{area:?}").is_empty());
        let _ = area.to_geojson();
    }
}

/// Reads a Shapefile. The input holds the parts `.shp`, `.dbf`, `.cpg` and `.prj`, each preceded by
/// its length as a little-endian `u32`.
fn shapefile(mut bytes: &[u8], folder: &Path) {
    for extension in ["shp", "dbf", "cpg", "prj"] {
        let Some((length, rest)) = bytes.split_first_chunk() else { break };
        let (part, rest) = rest.split_at((u32::from_le_bytes(*length) as usize).min(rest.len()));
        fs::write(folder.join("area").with_extension(extension), part).unwrap();
        bytes = rest;
    }
    let _ = Aoi::read(folder.join("area.shp"));
}

#[cfg(test)]
#[path = "../../../fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
#[test]
fn inputs_that_once_failed_are_read_or_refused() {
    replay::replay(&TARGETS);
}
