//! Pictures and pages in files.

use std::path::Path;

use image::DynamicImage;

use super::picture;
use crate::error::{Error, ErrorKind, Result};

/// Encodes a picture as its path's extension says: JPEG or PNG. `None` for another.
pub(crate) fn encoded(image: &DynamicImage, path: &Path) -> Option<Vec<u8>> {
    match extension(path).as_str() {
        "jpg" | "jpeg" => Some(picture::jpeg(image, 90)),
        "png" => Some(picture::png(image)),
        _ => None,
    }
}

/// In lower case; empty where there is none.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Writes a file that is either whole or not there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().ok_or_else(|| Error::new(ErrorKind::Io, "the path names no file"))?;
    let part = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    Ok(written?)
}
