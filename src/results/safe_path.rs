//! Validation of paths from outside, in archives and in a `data.json`.

use up42_core::error::{Error, Result};

/// Largest number of parts of a path.
const DEEPEST: usize = 32;

/// Returns the relative path, its parts joined by `/`.
///
/// # Errors
///
/// [`ErrorKind::Response`](crate::ErrorKind::Response) if the path leaves the folder, is too deep
/// or empty.
pub(super) fn safe_path(path: &str) -> Result<String> {
    // Paths written on Windows use the other separator.
    let path = path.replace('\\', "/");
    let is_drive = matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
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
    fn a_path_is_inside_the_folder_or_refused() {
        for (path, expected) in [
            ("a.tif", "a.tif"),
            ("./a//b.tif", "a/b.tif"),
            ("a\\b.tif", "a/b.tif"),
            ("2020-01-01T10:30:00Z.tif", "2020-01-01T10:30:00Z.tif"),
            ("c:evil", "c:evil"),
        ] {
            assert_eq!(safe_path(path).unwrap(), expected);
        }
        for odd in ["", ".", "..", "a/../b", "/a", "\\a", "C:/a", "c:\\a", &"a/".repeat(33)] {
            assert!(safe_path(odd).is_err(), "{odd}");
        }
    }
}
