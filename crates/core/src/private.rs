//! Files that nobody but their owner may read.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates an empty file, and says whether it was missing. On Unix it has the mode 0600 from the
/// first moment on; SQLite gives the files that it keeps beside a database the database's mode.
///
/// A file that is there is not opened: to close it would take from SQLite the locks that this
/// process has of it ("How To Corrupt An SQLite Database File", 2.2).
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

/// Takes a file, and those of SQLite beside it, from all others. Nothing is done, and nothing
/// fails, where that cannot be: on other systems, and for the files of another user.
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
    fn a_file_is_its_owners_alone() {
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
