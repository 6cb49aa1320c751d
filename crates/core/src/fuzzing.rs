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
mod tests {
    use super::*;
    use std::fs;

    /// Reads each input that once broke a reader.
    #[test]
    fn fixed_cases_stay_fixed() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/cases");
        for (name, target) in TARGETS {
            let files: Vec<_> =
                fs::read_dir(cases.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
            assert!(!files.is_empty(), "there is no case of `{name}`");
            for file in files {
                println!("{}", file.display());
                let folder = tempfile::tempdir().unwrap();
                target(&fs::read(file).unwrap(), folder.path());
            }
        }
    }
}
