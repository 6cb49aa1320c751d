//! The library's sources: where they are, and the copy that notebooks use.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::home::write_if_changed;

/// The variable that names another checkout.
pub const LIBRARY_VARIABLE: &str = "UP42_LIBRARY";

/// What belongs to the library in its checkout; the rest is not copied.
const PARTS: [&str; 7] =
    ["Cargo.toml", "build.rs", "README.md", "CHANGELOG.md", "DESIGN.md", "src", "assets"];

/// The library's sources, read into memory.
///
/// Kernels build from a copy in the home, so that an edit or a `git pull` in
/// the checkout never makes a starting kernel compile in silence: the copy
/// changes only when the seed is built, with progress on the terminal.
#[derive(Debug)]
pub struct Library {
    files: BTreeMap<PathBuf, Vec<u8>>,
    lock: Vec<u8>,
}

impl Library {
    /// Reads the checkout this program was built from, or `UP42_LIBRARY`.
    /// `None` when the program has outlived its checkout.
    pub fn read() -> Result<Option<Self>> {
        let given = env::var_os(LIBRARY_VARIABLE).map(PathBuf::from);
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if given.is_none() && !built_from.join("Cargo.lock").is_file() {
            return Ok(None);
        }
        let root = given.unwrap_or(built_from);
        let mut files = BTreeMap::new();
        for part in PARTS {
            collect(&root, Path::new(part), &mut files)?;
        }
        let manifest = files.get_mut(Path::new("Cargo.toml"));
        let manifest = manifest.with_context(|| format!("no Cargo.toml in `{}`", root.display()))?;
        *manifest = dependency_manifest(manifest).into_bytes();
        let lock = root.join("Cargo.lock");
        let lock = fs::read(&lock).with_context(|| format!("read `{}`", lock.display()))?;
        Ok(Some(Self { files, lock }))
    }

    /// The versions the library was tested with.
    pub fn lock(&self) -> &[u8] {
        &self.lock
    }

    /// A hash over every file and the lock file.
    pub fn digest(&self) -> Vec<u8> {
        let lock = Path::new("Cargo.lock");
        let files = self.files.iter().map(|(path, bytes)| (path.as_path(), bytes));
        let mut digest = Sha256::new();
        for (path, bytes) in files.chain([(lock, &self.lock)]) {
            digest.update(path.to_string_lossy().as_bytes());
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        digest.finalize().to_vec()
    }

    /// Makes the folder equal to the library, touching only what differs.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        let mut old = BTreeMap::new();
        collect(folder, Path::new(""), &mut old)?;
        for path in old.keys().filter(|path| !self.files.contains_key(*path)) {
            fs::remove_file(folder.join(path)).with_context(|| format!("remove `{}`", path.display()))?;
        }
        self.files.iter().try_for_each(|(path, bytes)| write_if_changed(&folder.join(path), bytes))
    }
}

/// Reads the file, or the folder with all that is in it; nothing if missing.
fn collect(root: &Path, path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let place = root.join(path);
    if place.is_file() {
        let bytes = fs::read(&place).with_context(|| format!("read `{}`", place.display()))?;
        files.insert(path.to_owned(), bytes);
    } else if place.is_dir() {
        for entry in fs::read_dir(&place).with_context(|| format!("read `{}`", place.display()))? {
            collect(root, &path.join(entry?.file_name()), files)?;
        }
    }
    Ok(())
}

/// The manifest without what only the checkout can build: other members,
/// tests, benches, examples and what they depend on.
fn dependency_manifest(manifest: &[u8]) -> String {
    let text = String::from_utf8_lossy(manifest);
    let Ok(mut table) = text.parse::<toml::Table>() else { return text.into_owned() };
    for part in ["bench", "bin", "dev-dependencies", "example", "profile", "test"] {
        table.remove(part);
    }
    if let Some(workspace) = table.get_mut("workspace").and_then(toml::Value::as_table_mut) {
        workspace.remove("members");
        workspace.remove("default-members");
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copied_manifest_names_nothing_outside_the_library() {
        let manifest = br#"
            [workspace]
            members = ["kernel"]
            [workspace.package]
            version = "1.0.0"
            [package]
            name = "up42"
            version.workspace = true
            [[bench]]
            name = "figures"
            [dev-dependencies]
            insta = "1"
        "#;
        let copy: toml::Table = dependency_manifest(manifest).parse().unwrap();
        assert!(!copy.contains_key("bench") && !copy.contains_key("dev-dependencies"));
        assert_eq!(copy["workspace"]["package"]["version"].as_str(), Some("1.0.0"));
        assert!(copy["workspace"].get("members").is_none());
    }

    #[test]
    fn a_copy_follows_its_source_and_keeps_what_is_equal() {
        let folder = tempfile::tempdir().unwrap();
        let library = |files: &[(&str, &str)]| Library {
            files: files.iter().map(|(path, text)| (path.into(), text.as_bytes().to_vec())).collect(),
            lock: Vec::new(),
        };
        let [one, two] = ["src/one.rs", "src/two.rs"].map(|path| folder.path().join(path));
        library(&[("src/one.rs", "1"), ("src/two.rs", "2")]).copy_to(folder.path()).unwrap();
        let written = fs::metadata(&one).unwrap().modified().unwrap();
        library(&[("src/one.rs", "1")]).copy_to(folder.path()).unwrap();
        assert_eq!(fs::metadata(&one).unwrap().modified().unwrap(), written);
        assert!(!two.exists());
    }
}
