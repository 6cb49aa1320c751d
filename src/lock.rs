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
        Ok(is_taken(&path, file.try_lock())?.then_some(Self { _file: file }))
    }

    /// The same, once nobody else has it any more.
    pub(crate) fn wait(path: &Path) -> Result<Self> {
        let (path, file) = open(path)?;
        is_taken(&path, file.lock().map_err(TryLockError::Error))?;
        Ok(Self { _file: file })
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

/// Whether the system gave the lock; an error where it gives none to anybody. Without a lock two
/// programs could pay for the same, so nobody goes on without one.
fn is_taken(path: &Path, answer: Result<(), TryLockError>) -> Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => {
            let remedy = format!("this file system has no locks: use a folder on a local disk: {error}");
            Err(told(path, io::Error::new(error.kind(), remedy)))
        }
        Err(TryLockError::Error(error)) => Err(told(path, error)),
    }
}

/// Whether the file system cannot lock any file, as some network mounts.
fn has_no_locks(error: &io::Error) -> bool {
    let is_no_lock = |code| NO_LOCKS.contains(&code);
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error().is_some_and(is_no_lock)
}

/// The system's codes for it that `ErrorKind` does not tell: `ENOLCK`, and `ERROR_NOT_SUPPORTED`.
const NO_LOCKS: &[i32] = if cfg!(any(target_os = "linux", target_os = "android")) {
    &[37]
} else if cfg!(unix) {
    &[77]
} else {
    &[50]
};

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

    #[cfg(unix)]
    #[test]
    fn a_file_system_without_locks_is_an_error_with_a_remedy() {
        let path = Path::new("/mnt/share/a.lock");
        let refused = |code: i32| {
            let error = TryLockError::Error(io::Error::from_raw_os_error(code));
            is_taken(path, Err(error)).unwrap_err()
        };
        let [no_locks, not_supported] = if cfg!(target_os = "linux") { [37, 95] } else { [77, 45] };
        for code in [no_locks, not_supported] {
            let error = refused(code);
            assert_eq!(error.kind(), crate::error::ErrorKind::Io);
            let told =
                "lock `/mnt/share/a.lock`: this file system has no locks: use a folder on a local disk: ";
            assert!(error.to_string().starts_with(told), "{error}");
        }
        let access = refused(13);
        assert!(access.to_string().starts_with("lock `/mnt/share/a.lock`: Permission denied"), "{access}");
        assert!(!is_taken(path, Err(TryLockError::WouldBlock)).unwrap());
    }
}
