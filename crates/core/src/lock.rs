//! File locks: one program at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::error::{Context, Error, Result};

/// Exclusive lock for work on a file. It is a lock of the operating system on a second file beside
/// it, and is released when the program ends, also after a crash.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the file at `path`; `None` if another program holds it.
    ///
    /// On file systems without locks, such as some network mounts, this always succeeds. Operations
    /// that must not happen twice therefore need a further check, as journals have.
    pub fn take(path: &Path) -> Result<Option<Self>> {
        let path = path.with_extension("lock");
        let take = || -> io::Result<Option<Self>> {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            let file = File::options().create(true).append(true).open(&path)?;
            Ok(is_free(file.try_lock())?.then_some(Self { _file: file }))
        };
        take().map_err(Error::from).with_context(|| format!("lock `{}`", path.display()))
    }
}

/// Waits for the lock of an open file and takes it. `waits` is called first if another program
/// holds the lock.
pub fn lock_file(file: &File, waits: impl FnOnce()) -> io::Result<()> {
    if !is_free(file.try_lock())? {
        waits();
        is_free(file.lock().map_err(TryLockError::Error))?;
    }
    Ok(())
}

/// Returns whether the lock was taken or the file system has no locks.
fn is_free(answer: Result<(), TryLockError>) -> io::Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Returns whether an error says that the file system has no locks.
fn has_no_locks(error: &io::Error) -> bool {
    let is_no_lock = |code| NO_LOCKS.contains(&code);
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error().is_some_and(is_no_lock)
}

/// Operating system codes of the error that `ErrorKind` does not cover: `ENOLCK`, and
/// `ERROR_NOT_SUPPORTED`.
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
    fn a_lock_has_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.sqlite");
        let first = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::take(&path).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_system_without_locks_is_no_error() {
        let answer = |code: i32| is_free(Err(TryLockError::Error(io::Error::from_raw_os_error(code))));
        let [no_locks, not_supported] = if cfg!(target_os = "linux") { [37, 95] } else { [77, 45] };
        assert!(answer(no_locks).unwrap() && answer(not_supported).unwrap());
        assert_eq!(answer(13).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(!is_free(Err(TryLockError::WouldBlock)).unwrap());
    }
}
