//! Files that only their owner may read.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates an empty file and returns whether it was missing. On Unix it is created with the mode
/// 0600; SQLite gives the files beside a database the same mode.
///
/// An existing file is not opened: closing it would release the locks of SQLite in this process
/// ("How To Corrupt An SQLite Database File", 2.2).
pub fn create(path: &Path) -> io::Result<bool> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => file.sync_all().map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Restricts a file, and SQLite's journal beside it, to its owner. Does nothing on other systems
/// than Unix; errors, such as for files of another user, are ignored.
pub fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::ffi::OsString;
        use std::fs::{Permissions, metadata, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        for suffix in ["", "-journal"] {
            let path = [path.as_os_str(), suffix.as_ref()].into_iter().collect::<OsString>();
            if let Ok(about) = metadata(&path)
                && about.permissions().mode() & 0o077 != 0
            {
                let _ = set_permissions(&path, Permissions::from_mode(about.permissions().mode() & 0o700));
            }
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (path, beside) = (folder.path().join("a.sqlite"), folder.path().join("a.sqlite-journal"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert!(create(&path).unwrap() && !create(&path).unwrap());
        assert_eq!(mode(&path), 0o600);
        for older in [&path, &beside] {
            fs::write(older, "kept").unwrap();
            fs::set_permissions(older, fs::Permissions::from_mode(0o644)).unwrap();
        }
        restrict(&path);
        assert_eq!((mode(&path), mode(&beside)), (0o600, 0o600));
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    }
}
