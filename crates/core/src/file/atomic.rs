use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::name::distinct;
use crate::error::{Context, Result};
use crate::private;

/// Prefix and suffix of temporary names, with a UUID between them.
const TEMPORARY: [&str; 2] = [".up42-", ".part"];

/// File that is written under a temporary name in its folder and renamed when it is complete. If it
/// is dropped before that, the temporary file is removed.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Creates a file to be renamed to `path`. Each has its own temporary name, so two writers of
    /// one path do not mix their bytes. A symbolic link at `path` is kept and its target replaced;
    /// a replaced file keeps its permissions. Fails if the existing file is read-only.
    pub fn create(path: &Path) -> io::Result<Self> {
        let is_link = fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink());
        let path = if is_link { fs::canonicalize(path)? } else { path.to_owned() };
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        }
        let replaced = fs::metadata(&path).ok().map(|about| about.permissions());
        if replaced.as_ref().is_some_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        // Not derived from the final name, which may already have the largest length.
        let [start, end] = TEMPORARY;
        let temporary = path.with_file_name(format!("{start}{}{end}", uuid::Uuid::new_v4().simple()));
        let file = File::options().write(true).create_new(true).open(&temporary)?;
        let atomic = Self { file, temporary, path };
        if let Some(permissions) = replaced {
            atomic.file.set_permissions(permissions)?;
        }
        Ok(atomic)
    }

    /// Creates a file like [`create`](Self::create) that only its owner may read.
    pub fn private(path: &Path) -> io::Result<Self> {
        let atomic = Self::create(path)?;
        private::restrict(&atomic.temporary);
        Ok(atomic)
    }

    /// Syncs the content, renames the file, and syncs the folder, so that the name survives a power
    /// failure.
    pub fn commit(self) -> io::Result<()> {
        let folder = self.path.parent().map(Path::to_owned);
        self.commit_without_folder()?;
        sync_folder(&folder.unwrap_or_default())
    }

    fn commit_without_folder(self) -> io::Result<()> {
        self.file.sync_all()?;
        self.publish()
    }

    /// Renames the file without a sync, for content that is verified when it is read and can be
    /// downloaded again: after a power failure it may be truncated.
    pub fn publish(self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.path)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After a rename there is no temporary file, and this does nothing.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes a file atomically and syncs it: afterwards it is complete, or not there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Writes files to a folder, given the identity, preferred name and bytes of each. Their names are
/// made by [`distinct`](super::name::distinct).
pub fn write_all<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (String, String, &'a [u8])>,
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
    let (named, contents): (Vec<_>, Vec<_>) =
        files.into_iter().map(|(identity, name, bytes)| ((identity, name), bytes)).unzip();
    for (name, bytes) in distinct(&named).iter().zip(contents) {
        let path = folder.join(name);
        let write = || {
            let mut file = AtomicFile::create(&path)?;
            file.write_all(bytes)?;
            file.commit_without_folder()
        };
        write().with_context(|| format!("write `{}`", path.display()))?;
    }
    Ok(sync_folder(folder)?)
}

/// Syncs a folder, where the system supports that: without it, a power failure may revert a new
/// name.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    // Windows cannot open a folder as a file.
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot sync, and a folder may be writable but not readable.
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        other => other,
    }
}

/// Returns whether a file name is the temporary name of an [`AtomicFile`].
pub fn is_temporary(name: &str) -> bool {
    let [start, end] = TEMPORARY;
    name.starts_with(start) && name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_is_replaced_only_by_a_complete_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.json");
        write(&path, b"old").unwrap();
        let mut abandoned = AtomicFile::create(&path).unwrap();
        let mut other = AtomicFile::create(&path).unwrap();
        abandoned.write_all(b"half of").unwrap();
        other.write_all(b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"old".to_vec(), 3));
        assert_eq!(names(folder.path()).iter().filter(|name| is_temporary(name)).count(), 2);
        other.commit().unwrap();
        drop(abandoned);
        assert_eq!(
            (fs::read(&path).unwrap(), names(folder.path())),
            (b"new".to_vec(), vec!["data.json".into()])
        );
    }

    #[test]
    fn a_file_name_of_the_maximum_length_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a".repeat(255));
        write(&path, b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
        assert!(write(&folder.path().join(".."), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_permissions_and_read_only_files_are_preserved() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["data.json", "link.json"].map(|name| folder.path().join(name));
        let mode = |bits| fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        write(&path, b"old").unwrap();
        mode(0o600);
        symlink(&path, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        mode(0o400);
        let error = write(&path, b"newer").unwrap_err();
        assert_eq!(
            (error.kind(), fs::read(&path).unwrap()),
            (io::ErrorKind::PermissionDenied, b"new".to_vec())
        );
    }
}
