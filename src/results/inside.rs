//! Paths that come from outside, in archives and in a `data.json`: where they may lead.

use up42_core::error::{Error, Result};

/// Folders within folders.
const DEEPEST: usize = 32;

/// The path below a folder, its parts joined by `/`.
///
/// # Errors
///
/// When it leads out of the folder or too deep, or names nothing.
pub(super) fn inside(path: &str) -> Result<String> {
    // A path written on Windows uses the other separator.
    let path = path.replace('\\', "/");
    let is_drive = matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic());
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if path.starts_with('/') || is_drive || parts.contains(&"..") {
        return Err(Error::response("leads out of the folder"));
    }
    match parts.len() {
        0 => Err(Error::response("has no name")),
        1..=DEEPEST => Ok(parts.join("/")),
        _ => Err(Error::response(format!("lies more than {DEEPEST} folders deep"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_into_the_folder_or_nowhere() {
        for (path, told) in [
            ("a.tif", "a.tif"),
            ("./a//b.tif", "a/b.tif"),
            ("a\\b.tif", "a/b.tif"),
            ("2020-01-01T10:30:00Z.tif", "2020-01-01T10:30:00Z.tif"),
            ("c:evil", "c:evil"),
        ] {
            assert_eq!(inside(path).unwrap(), told);
        }
        for odd in ["", ".", "..", "a/../b", "/a", "\\a", "C:/a", "c:\\a", &"a/".repeat(33)] {
            assert!(inside(odd).is_err(), "{odd}");
        }
    }
}
