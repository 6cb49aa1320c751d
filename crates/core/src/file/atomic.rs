use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::name::distinct;
use crate::error::{Context, Result};
use crate::private;

/// Temporary names begin and end so, with a UUID between.
const TEMPORARY: [&str; 2] = [".up42-", ".part"];

/// A file that is written under a temporary name in its folder, and gets its own name when it
/// is whole. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Creates a file that will be at `path`. Each one has a temporary name of its own, so that two
    /// writers of one path never share their bytes. A link stays, and leads to the new file;
    /// a file that is replaced keeps its permissions, and one that is read-only stays as it is.
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
        // The name itself may leave no room for more letters.
        let [start, end] = TEMPORARY;
        let temporary = path.with_file_name(format!("{start}{}{end}", uuid::Uuid::new_v4().simple()));
        let file = File::options().write(true).create_new(true).open(&temporary)?;
        let atomic = Self { file, temporary, path };
        if let Some(permissions) = replaced {
            atomic.file.set_permissions(permissions)?;
        }
        Ok(atomic)
    }

    /// The same, for its owner alone.
    pub fn private(path: &Path) -> io::Result<Self> {
        let atomic = Self::create(path)?;
        private::restrict(&atomic.temporary);
        Ok(atomic)
    }

    /// Gives the file its name, once its bytes are on the disk; the name is there, too, when
    /// this returns.
    pub fn commit(self) -> io::Result<()> {
        let folder = self.path.parent().map(Path::to_owned);
        self.commit_without_folder()?;
        sync_folder(&folder.unwrap_or_default())
    }

    fn commit_without_folder(self) -> io::Result<()> {
        self.file.sync_all()?;
        self.publish()
    }

    /// Gives the file its name at once, for content that is checked when it is read and can be
    /// fetched again: after a power failure it may be cut off.
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
        // Once it has its name there is nothing of the temporary one.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes a file that is whole and on the disk, or not there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Writes files to a folder, given the identity, preferred name and bytes of each. They are
/// named by [`distinct`](super::name::distinct).
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

/// Waits until the names of a folder's files are on the disk, where the system offers that: until then a
/// power failure may take back a new name.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    // Windows opens no folder as a file.
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot, and some folders may be written and not read.
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        other => other,
    }
}

/// Returns whether a file's name is that of an unfinished [`AtomicFile`].
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
    fn the_old_file_stays_until_the_new_one_is_whole() {
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
    fn a_name_of_any_length_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a".repeat(255));
        write(&path, b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
        assert!(write(&folder.path().join(".."), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_what_is_read_only_are_kept() {
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
