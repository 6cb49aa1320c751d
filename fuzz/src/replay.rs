//! Runs the fuzz targets of a crate on the inputs that once failed: a module of the unit tests of
//! each crate with targets.

use std::fs;
use std::path::Path;

/// Runs each target on its folder of `fuzz/cases`, which must not be empty.
pub fn replay(targets: &[super::Target]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = root.ancestors().map(|folder| folder.join("fuzz/cases")).find(|cases| cases.is_dir());
    let cases = cases.expect("the folder `fuzz/cases`");
    for (name, target) in targets {
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
