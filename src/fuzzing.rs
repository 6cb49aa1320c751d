//! Readers of what comes from outside, for the fuzzer (`fuzz/`) and for the cases that it has
//! found, which the unit tests read again.
//!
//! A target takes any bytes. It may refuse them; it must not panic, take more than 10 s or more
//! than 1 GB, and what it reads must hold together, as its assertions say.

use std::fs;
use std::path::Path;

use crate::batch::fuzzing::journal;
use crate::catalog::Scenes;
use crate::catalog::fuzzing::stac;
use crate::processes::fuzzing::ogc;
use crate::results::fuzzing::{archive, data};
use up42_view::Aoi;

/// A name, and what is done with the bytes in an empty folder.
pub type Target = (&'static str, fn(&[u8], &Path));

/// The targets of the library.
pub const TARGETS: [Target; 6] = [
    ("archive", archive),
    ("data", data),
    ("geoparquet", geoparquet),
    ("journal", journal),
    ("ogc", ogc),
    ("stac", stac),
];

/// Reads a GeoParquet file as scenes, and as areas.
fn geoparquet(bytes: &[u8], folder: &Path) {
    let path = folder.join("scenes.parquet");
    fs::write(&path, bytes).unwrap();
    if let Ok(scenes) = Scenes::read_geoparquet(&path) {
        assert_eq!(scenes.to_dataframe().unwrap().height(), scenes.len());
    }
    let _ = Aoi::read(&path);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What once broke a reader is read again.
    #[test]
    fn found_cases_stay_mended() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/cases");
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
