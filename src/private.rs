//! Files that nobody but their owner may read.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file to write at its end, and creates it where it is missing. On Unix it has the mode
/// 0600 from its first byte on, also when another program made it; SQLite gives the files that
/// it keeps beside a database the database's mode.
pub(crate) fn file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    restrict(path);
    Ok(file)
}

/// Takes a file, and those of SQLite beside it, from all others. Nothing is done, and nothing
/// fails, where that cannot be: on other systems, and for the files of another user.
pub(crate) fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::ffi::OsString;
        use std::fs::{Permissions, metadata, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        for suffix in ["", "-wal", "-shm", "-journal"] {
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
        let (path, wal) = (folder.path().join("a.sqlite"), folder.path().join("a.sqlite-wal"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        file(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        for older in [&path, &wal] {
            fs::write(older, "kept").unwrap();
            fs::set_permissions(older, fs::Permissions::from_mode(0o644)).unwrap();
        }
        file(&path).unwrap();
        assert_eq!((mode(&path), mode(&wal)), (0o600, 0o600));
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    }
}
