//! One program at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Says that this program alone works on a file. The lock has a file of its own beside it, and
/// the system takes it back when the program ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock of the file at a path; `None` while another has it.
    pub(crate) fn take(path: &Path) -> Result<Option<Self>> {
        let (path, file) = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(told(&path, error)),
        }
    }

    /// The same, once nobody else has it any more.
    pub(crate) fn wait(path: &Path) -> Result<Self> {
        let (path, file) = open(path)?;
        file.lock().map_err(|error| told(&path, error))?;
        Ok(Self { _file: file })
    }
}

/// Waits until nobody else has the lock of a file that is open, and takes it. `waits` is called
/// when somebody has it. A file system without locks gives none: mostly it has one user.
pub(crate) fn lock_file(file: &File, waits: impl FnOnce()) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            waits();
            file.lock()
        }
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(path: &Path) -> Result<(PathBuf, File)> {
    let path = path.with_extension("lock");
    let open = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        File::options().create(true).append(true).open(&path)
    };
    let file = open().map_err(|error| told(&path, error))?;
    Ok((path, file))
}

fn told(path: &Path, error: io::Error) -> Error {
    Error::from(error).context(format!("lock `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_works_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.sqlite");
        let first = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        drop(first);
        drop(Lock::wait(&path).unwrap());
        assert!(Lock::take(&path).unwrap().is_some());
    }
}
