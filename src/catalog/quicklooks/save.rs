use std::path::Path;

use super::Quicklooks;
use up42_core::error::Result;
use up42_core::file;
use up42_core::redact;

impl Quicklooks {
    /// Writes each picture to the folder, named by its scene's id. Ids that are not valid file
    /// names on every system are cleaned and marked with a hash, and so are ids of scenes in
    /// several collections and ids that differ in case only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let pictures = self.iter().filter_map(|quicklook| Some((&quicklook.scene, quicklook.picture()?)));
        let pictures = pictures.map(|(scene, bytes)| {
            let suffix = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpg" };
            let collection = scene.collection.as_deref().unwrap_or_default();
            let whose = format!("{collection}\n{}", scene.id);
            (whose, format!("{}.{suffix}", redact::data(&scene.id)), bytes)
        });
        file::write_all(folder.as_ref(), pictures)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalog::{Quicklook, QuicklookOutcome, Scenes};

    #[test]
    fn scenes_with_one_id_have_a_file_each() {
        let items = r#"[{"id": "a", "collection": "x"}, {"id": "a", "collection": "y"}, {"id": "A"},
            {"id": "a/b"}, {"id": "a_b"}, {"id": "con"}, {"id": "PHR1A_2019-05-03.1"}]"#;
        let scenes = Scenes::from_geojson(items).unwrap();
        let picture = |scene: &crate::catalog::Scene| Quicklook {
            scene: scene.clone(),
            outcome: QuicklookOutcome::Picture(b"\xff\xd8"[..].into()),
        };
        let folder = tempfile::tempdir().unwrap();
        Quicklooks::of(scenes.iter().map(picture).collect()).save(folder.path()).unwrap();
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        let different: HashSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
        assert!(different.len() == 7 && names.iter().all(|name| file::name::is_portable(name)), "{names:?}");
        assert!(different.contains("a_b.jpg") && different.contains("phr1a_2019-05-03.1.jpg"), "{names:?}");
    }
}
