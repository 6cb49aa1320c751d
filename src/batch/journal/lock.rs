use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Context, Result};

/// Says that this process drives the batch. The system takes it back when the process
/// ends, however it ends.
#[derive(Debug)]
pub(in crate::batch) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock of the journal at a path; `None` while another has it.
    pub(in crate::batch) fn take(journal: &Path) -> Result<Option<Self>> {
        let path = journal.with_extension("lock");
        let take = || -> Result<Option<Self>> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = File::options().create(true).append(true).open(&path)?;
            match file.try_lock() {
                Ok(()) => Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error.into()),
            }
        };
        take().with_context(|| format!("lock `{}`", path.display()))
    }
}
