//! Sources of bytes at positions.

use std::fmt;
use std::fs::File;
use std::io::ErrorKind as IoErrorKind;
use std::ops::Range;

use up42_core::Result;

/// Source of bytes at positions: a file, bytes in memory, or a URL that is read by range requests.
pub trait ReadAt: Send + Sync + fmt::Debug {
    /// Reads bytes at `offset` into the buffer and returns their number, which is smaller than the
    /// buffer only at the end of the source.
    ///
    /// # Errors
    ///
    /// Those of the source, such as a lost connection.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// Returns the number of bytes of the source; `None` if it is not known.
    fn length(&self) -> Option<u64>;

    /// Announces ranges that are read next, so that a remote source can merge them into few
    /// requests. Does nothing by default.
    ///
    /// # Errors
    ///
    /// Those of the source.
    fn prefetch(&self, _ranges: &[Range<u64>]) -> Result<()> {
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let count = buffer.len().min(self.len() - start);
        buffer[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }

    fn length(&self) -> Option<u64> {
        Some(self.len() as u64)
    }
}

/// Local file.
#[derive(Debug)]
pub(crate) struct LocalFile {
    file: File,
    length: u64,
}

impl LocalFile {
    pub(crate) fn new(file: File) -> Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    #[cfg(unix)]
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)
    }
}

impl ReadAt for LocalFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut count = 0;
        while count < buffer.len() {
            match self.read_some(offset + count as u64, &mut buffer[count..]) {
                Ok(0) => break,
                Ok(read) => count += read,
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(count)
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}
