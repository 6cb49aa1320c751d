use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Quicklooks;
use crate::error::{Context, Result};

impl Quicklooks {
    /// Writes each picture to the folder, named by its scene's id. An id that is no
    /// file name is cleaned, and marked with a hash.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        for quicklook in self.iter() {
            let Some(bytes) = quicklook.picture() else { continue };
            let suffix = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpg" };
            let name = file_name(&quicklook.scene.id);
            let path = folder.join(format!("{name}.{suffix}"));
            fs::write(&path, bytes).with_context(|| format!("write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// A scene's id as a file name on every system: ids come from outside. What had to be
/// changed gets a hash of the whole, so that no two names meet.
fn file_name(id: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = id.chars().map(|letter| if safe(letter) { letter } else { '_' }).take(150).collect();
    let name = if name.starts_with('.') { format!("_{name}") } else { name };
    if name == id {
        return name;
    }
    let hash: String = Sha256::digest(id).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ids_share_a_file() {
        let names: std::collections::HashSet<_> =
            ["a_b", "a/b", "a\\b", "東1", "京1", ".a", "_.a"].map(file_name).into_iter().collect();
        assert_eq!(names.len(), 7, "{names:?}");
        assert_eq!(file_name("PHR1A_2019-05-03.1"), "PHR1A_2019-05-03.1");
        assert!(file_name("../a").starts_with("_.._a-"));
    }
}
