//! The names of entries: where they may lead.

use std::path::{Component, Path, PathBuf};

use super::refused;
use crate::error::Result;

/// Folders within folders.
const DEEPEST: usize = 32;
/// Devices that Windows has in every folder, whatever stands behind their dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The path below the folder: without `output/`, and refused when it would lead out, or
/// name something else than a file on any system.
pub(super) fn inside(path: &Path) -> Result<PathBuf> {
    let mut parts = Vec::new();
    // A path written on Windows uses the other separator.
    let text = path.to_str().ok_or_else(|| refused(path, "is not UTF-8"))?.replace('\\', "/");
    for part in Path::new(&text).components() {
        match part {
            Component::Normal(part) => {
                let part = part.to_string_lossy();
                if part.contains(':') {
                    return Err(refused(path, "names a drive or a stream"));
                }
                if is_device(&part) {
                    return Err(refused(path, "names a device of Windows"));
                }
                parts.push(part.into_owned());
            }
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(refused(path, "leads out of the folder"));
            }
        }
    }
    if parts.len() > DEEPEST {
        return Err(refused(path, &format!("lies more than {DEEPEST} folders deep")));
    }
    if parts.len() > 1 && parts[0] == "output" {
        parts.remove(0);
    }
    match parts.is_empty() {
        true => Err(refused(path, "has no name")),
        false => Ok(parts.iter().collect()),
    }
}

/// Also `COM1` to `COM9` and `LPT1` to `LPT9`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let port =
        |kind: &str| stem.strip_prefix(kind).is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']));
    DEVICES.contains(&stem.as_str()) || port("com") || port("lpt")
}
