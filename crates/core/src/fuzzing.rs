//! Geometry targets of the fuzzer (`fuzz/`): see `up42::fuzzing`.

use std::path::Path;

use crate::geo::wkb::{read, read_gpkg, write};
use crate::limits::ReadBudget;

/// Name of a target, and the function that it runs on the input in an empty folder.
pub type Target = (&'static str, fn(&[u8], &Path));

/// Fuzz targets of this crate.
pub const TARGETS: [Target; 1] = [("wkb", wkb)];

/// Reads a geometry, as WKB and as a GeoPackage blob, and writes it again.
fn wkb(bytes: &[u8], _: &Path) {
    let budget = &ReadBudget::default();
    for shape in [read(bytes, budget), read_gpkg(bytes, budget)].into_iter().flatten() {
        let written = write(&shape);
        let again = read(&written, budget).expect("what was written is read");
        // Compares bytes and not geometries, since NaN is not equal to itself.
        assert_eq!(write(&again), written);
    }
}

#[cfg(test)]
#[path = "../../../fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
#[test]
fn inputs_that_once_failed_are_read_or_refused() {
    replay::replay(&TARGETS);
}
