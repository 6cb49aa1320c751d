//! Unpacked size stated by an archive. It may be wrong; limits are enforced elsewhere.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use up42_core::error::{Error, ErrorKind, Result};
use up42_core::limits::entries_of_zip;

/// Returns the sum of the entries of a zip. Fails if there are more than twice `most` entries
/// (files and folders).
pub(super) fn of_zip(file: &File, most: usize) -> Result<u64> {
    let mut file = file.try_clone()?;
    let most = most.saturating_mul(2) as u64;
    if entries_of_zip(&mut file)? > most {
        let message = format!("it holds more than {most} entries: `Download::files` allows more");
        return Err(Error::invalid(message));
    }
    file.seek(SeekFrom::Start(0))?;
    let zip = zip::ZipArchive::new(file).map_err(broken_zip)?;
    // `None` if an entry does not state its size.
    Ok(zip.decompressed_size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
}

/// Returns the size of the last gzip member modulo 4 GB (RFC 1952, 2.3.1). Usually there is only
/// one member; otherwise it is a lower bound.
pub(super) fn of_gzip(file: &mut File) -> Result<u64> {
    let mut size = [0; 4];
    if file.metadata()?.len() < 4 {
        return Ok(0);
    }
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut size)?;
    Ok(u32::from_le_bytes(size).into())
}

pub(super) fn broken_zip(error: zip::result::ZipError) -> Error {
    Error::foreign(ErrorKind::Response, error)
}
