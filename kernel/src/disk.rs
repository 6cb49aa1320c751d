//! Disk usage of files and folders.

use std::fs;
use std::path::Path;

/// Returns the bytes that removing `path` would free. Files with other hard links count as 0.
pub fn taken(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else { return 0 };
    if !found.is_dir() {
        return if is_linked_elsewhere(&found) { 0 } else { found.len() };
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| taken(&entry.path())).sum()
}

#[cfg(unix)]
fn is_linked_elsewhere(file: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
fn is_linked_elsewhere(_: &fs::Metadata) -> bool {
    false
}

/// Formats a size such as `431 MB`, rounded up.
pub fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_folder_is_that_of_its_own_files() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), [0; 1000]).unwrap();
        fs::write(folder.path().join("other"), [0; 24]).unwrap();
        assert_eq!(taken(folder.path()), 1024);
        assert_eq!(taken(&folder.path().join("missing")), 0);
        fs::hard_link(inner.join("file"), folder.path().join("link")).unwrap();
        if cfg!(unix) {
            assert_eq!(taken(&inner), 0);
        }
        assert_eq!([0, 1, 2_000_001].map(megabytes), ["0 MB", "1 MB", "3 MB"]);
    }
}
