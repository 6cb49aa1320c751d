//! One program at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::error::{Context, Error, Result};

/// Says that this program alone works on a file. The lock has a file of its own beside it, and
/// the system takes it back when the program ends, however it ends.
///
/// A file system without locks, as some network mounts are, keeps nobody out: mostly it has one
/// user. So whatever must not be done twice has a guard of its own, as journals have.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// The lock of the file at a path; `None` while another has it.
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

/// Waits until nobody else has the lock of a file that is open, and takes it. `waits` is called
/// when somebody has it.
pub fn lock_file(file: &File, waits: impl FnOnce()) -> io::Result<()> {
    if !is_free(file.try_lock())? {
        waits();
        is_free(file.lock().map_err(TryLockError::Error))?;
    }
    Ok(())
}

/// Whether nobody else has the lock, as far as the file system tells.
fn is_free(answer: Result<(), TryLockError>) -> io::Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file system cannot lock any file.
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
        assert!(Lock::take(&path).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_system_without_locks_keeps_nobody_out() {
        let answer = |code: i32| is_free(Err(TryLockError::Error(io::Error::from_raw_os_error(code))));
        let [no_locks, not_supported] = if cfg!(target_os = "linux") { [37, 95] } else { [77, 45] };
        assert!(answer(no_locks).unwrap() && answer(not_supported).unwrap());
        assert_eq!(answer(13).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(!is_free(Err(TryLockError::WouldBlock)).unwrap());
    }
}
