//! Geometry for the fuzzer (`fuzz/`): see `up42::fuzzing`.

use std::path::Path;

use crate::geo::wkb::{read, read_gpkg, write};
use crate::limits::ReadBudget;

/// A name, and what is done with the bytes in an empty folder.
pub type Target = (&'static str, fn(&[u8], &Path));

/// The targets of this crate.
pub const TARGETS: [Target; 1] = [("wkb", wkb)];

/// Reads a shape, plain and behind the header of a GeoPackage, and writes it again.
fn wkb(bytes: &[u8], _: &Path) {
    let budget = &ReadBudget::default();
    for shape in [read(bytes, budget), read_gpkg(bytes, budget)].into_iter().flatten() {
        let written = write(&shape);
        let again = read(&written, budget).expect("what was written is read");
        // Not the shapes: no number equals NaN.
        assert_eq!(write(&again), written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Each input that once broke a reader is read again.
    #[test]
    fn found_cases_stay_mended() {
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
