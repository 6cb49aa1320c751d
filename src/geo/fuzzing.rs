//! Areas and shapes, for [`fuzzing`](crate::fuzzing).

use std::fs;
use std::path::Path;

use super::Aoi;
use super::wkb::{read, read_gpkg, write};
use crate::limits::ReadBudget;

/// Reads a file of any format by what it holds.
pub(crate) fn aoi(bytes: &[u8], folder: &Path) {
    let path = folder.join("area");
    fs::write(&path, bytes).unwrap();
    if let Ok(area) = Aoi::read(&path) {
        assert!(area.area_km2() >= 0.0 && !format!("{area:?}").is_empty());
        let _ = area.to_geojson();
    }
}

/// Reads a Shapefile: the parts `.shp`, `.dbf`, `.cpg` and `.prj`, each after its length of four
/// bytes, little-endian.
pub(crate) fn shapefile(mut bytes: &[u8], folder: &Path) {
    for extension in ["shp", "dbf", "cpg", "prj"] {
        let Some((length, rest)) = bytes.split_first_chunk() else { break };
        let (part, rest) = rest.split_at((u32::from_le_bytes(*length) as usize).min(rest.len()));
        fs::write(folder.join("area").with_extension(extension), part).unwrap();
        bytes = rest;
    }
    let _ = Aoi::read(folder.join("area.shp"));
}

/// Reads a shape, plain and behind the header of a GeoPackage, and writes it again.
pub(crate) fn wkb(bytes: &[u8], _: &Path) {
    let budget = &ReadBudget::default();
    for shape in [read(bytes, budget), read_gpkg(bytes, budget)].into_iter().flatten() {
        let written = write(&shape);
        let again = read(&written, budget).expect("what was written is read");
        // Not the shapes: no number equals NaN.
        assert_eq!(write(&again), written);
    }
}
