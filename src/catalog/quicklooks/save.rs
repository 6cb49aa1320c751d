use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::Quicklooks;
use crate::error::{Context, Result};
use crate::hash::hex;
use crate::redact;

impl Quicklooks {
    /// Writes each picture to the folder, named by its scene's id. An id that is no
    /// file name is cleaned, and marked with a hash; so is one that another scene has too,
    /// of another collection or but for the case of its letters.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        let mut taken = HashSet::new();
        for quicklook in self.iter() {
            let Some(bytes) = quicklook.picture() else { continue };
            let suffix = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpg" };
            let scene = &quicklook.scene;
            let mut name = file_name(&scene.id);
            // Some file systems do not tell `a` from `A`.
            if !taken.insert(name.to_lowercase()) {
                let collection = scene.collection.as_deref().unwrap_or_default();
                name = marked(&name, &format!("{collection}\n{}", scene.id));
            }
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
    let name: String =
        redact::data(id).chars().map(|letter| if safe(letter) { letter } else { '_' }).take(150).collect();
    let name = if name.starts_with('.') { format!("_{name}") } else { name };
    if name == id {
        return name;
    }
    marked(&name, id)
}

fn marked(name: &str, whole: &str) -> String {
    format!("{name}-{}", hex(whole, 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Quicklook, QuicklookOutcome, Scenes};

    #[test]
    fn scenes_with_one_id_have_a_file_each() {
        let items = r#"[{"id": "a", "collection": "x"}, {"id": "a", "collection": "y"}, {"id": "A"}]"#;
        let scenes = Scenes::from_geojson(items).unwrap();
        let picture = |scene: &crate::Scene| Quicklook {
            scene: scene.clone(),
            outcome: QuicklookOutcome::Picture(b"\xff\xd8"[..].into()),
        };
        let folder = tempfile::tempdir().unwrap();
        Quicklooks::of(scenes.iter().map(picture).collect()).save(folder.path()).unwrap();
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let names: HashSet<_> = names.map(|name| name.to_string_lossy().to_lowercase()).collect();
        assert!(names.len() == 3 && names.contains("a.jpg"), "{names:?}");
    }

    #[test]
    fn no_two_ids_share_a_file() {
        let names: std::collections::HashSet<_> =
            ["a_b", "a/b", "a\\b", "東1", "京1", ".a", "_.a"].map(file_name).into_iter().collect();
        assert_eq!(names.len(), 7, "{names:?}");
        assert_eq!(file_name("PHR1A_2019-05-03.1"), "PHR1A_2019-05-03.1");
        assert!(file_name("../a").starts_with("_.._a-"));
    }
}
