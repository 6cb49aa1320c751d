//! Disk cache of quicklooks, so that a cell that runs again downloads none twice.
//!
//! The name of a file is a hash of the picture's key. A file begins with the hash of the rest, and
//! is written under a temporary name and renamed, since several processes may share a folder. A
//! file that does not match its hash is removed. No function fails: without a folder, or with a
//! full disk, pictures are downloaded as if there were no cache.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use up42_core::file::{AtomicFile, is_temporary};
use up42_core::hash::hex;
use up42_view::picture::MOST_BYTES;

/// Largest size of the cache in bytes: some ten thousand quicklooks.
const MOST: u64 = 1_000_000_000;
/// Share of the largest size that is kept when files are removed.
const TRIMMED_SHARE: f64 = 0.8;
/// Age at which an unfinished file is removed.
const ABANDONED: Duration = Duration::from_secs(3600);
/// Length of the hash at the start of a file, in bytes.
const HASH: usize = 32;

/// Folder of pictures.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::catalog) struct Cache {
    folder: PathBuf,
    most: u64,
}

impl Cache {
    pub(in crate::catalog) fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), most: MOST }
    }

    /// Returns the cache of an API's catalog. A server on this machine, such as a simulator, has
    /// none: after its next start it has other scenes.
    pub(in crate::catalog) fn of_api(url: &str) -> Option<Self> {
        let host = url::Url::parse(url).ok()?.host()?.to_owned();
        let is_here = match host {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        if is_here { None } else { Self::of_user() }
    }

    /// Returns the user's cache: `UP42_CACHE`, else `up42` in the system's cache folder.
    fn of_user() -> Option<Self> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = variable("UP42_CACHE").or_else(|| {
            let system = match () {
                () if cfg!(windows) => variable("LOCALAPPDATA"),
                () if cfg!(target_os = "macos") => variable("HOME").map(|home| home.join("Library/Caches")),
                () => variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache"))),
            };
            Some(system?.join("up42"))
        });
        Some(Self::new(folder?.join("quicklooks")))
    }

    /// Returns the picture for a key, if it is in the cache and intact.
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        // No file of the cache is larger.
        let mut bytes = Vec::new();
        fs::File::open(&path).ok()?.take((HASH + MOST_BYTES) as u64 + 1).read_to_end(&mut bytes).ok()?;
        let (hash, picture) = bytes.split_at_checked(HASH).unwrap_or_default();
        if picture.is_empty() || Sha256::digest(picture).as_slice() != hash {
            let _ = fs::remove_file(&path);
            return None;
        }
        // The files with the oldest time of use are removed first.
        let _ = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        bytes.drain(..HASH);
        Some(bytes)
    }

    /// Stores a picture.
    pub(super) fn put(&self, name: &str, picture: &[u8]) {
        let _ = self.write(&self.path(name), picture);
    }

    fn write(&self, path: &Path, picture: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = AtomicFile::create(path)?;
        file.write_all(&Sha256::digest(picture))?;
        file.write_all(picture)?;
        file.publish()
    }

    /// Removes abandoned files, and the least recently used ones if the cache is too large.
    pub(super) fn trim(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let Ok(about) = entry.metadata() else { continue };
            let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let path = entry.path();
            let is_unfinished = is_temporary(&entry.file_name().to_string_lossy());
            if is_unfinished && used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(&path);
            }
            // Other files in the folder are not ours.
            if about.is_file() && path.extension().is_some_and(|found| found == "quicklook") {
                files.push((used, about.len(), path));
            }
        }
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        if total <= self.most {
            return;
        }
        files.sort();
        for (_, length, path) in files {
            if total as f64 <= self.most as f64 * TRIMMED_SHARE {
                break;
            }
            // Another process may have removed it.
            if fs::remove_file(&path).is_ok() || !path.exists() {
                total -= length;
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.quicklook", hex(name, HASH)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, |entries| entries.count())
    }

    #[test]
    fn a_server_on_this_machine_has_no_cache() {
        for url in ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1", "none"] {
            assert_eq!(Cache::of_api(url), None, "{url}");
        }
    }

    #[test]
    fn a_picture_is_stored_by_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("new"));
        assert_eq!(cache.get("a"), None);
        cache.put("a", b"one");
        cache.put("b", b"two");
        cache.put("a", b"three");
        assert_eq!((cache.get("a"), cache.get("b")), (Some(b"three".to_vec()), Some(b"two".to_vec())));
        assert_eq!(files(&folder.path().join("new")), 2);
    }

    #[test]
    fn broken_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        for broken in [&b""[..], b"short", &[0; 100]] {
            cache.put("a", b"one");
            fs::write(cache.path("a"), broken).unwrap();
            assert_eq!(cache.get("a"), None);
            assert!(!cache.path("a").exists());
        }
    }

    #[test]
    fn least_recently_used_pictures_are_removed_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache { most: 10 * (32 + 100), ..Cache::new(folder.path()) };
        let hour = |hours: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(hours * 3600);
        let others =
            ["notes.txt", "film.mkv.part", ".up42-abandoned.part"].map(|name| folder.path().join(name));
        for other in &others {
            fs::write(other, "mine").unwrap();
            fs::File::options().append(true).open(other).unwrap().set_modified(hour(0)).unwrap();
        }
        for index in 0..11 {
            cache.put(&index.to_string(), &[1; 100]);
            let file = fs::File::options().append(true).open(cache.path(&index.to_string())).unwrap();
            file.set_modified(hour(index)).unwrap();
        }
        assert!(cache.get("0").is_some(), "used now");
        cache.trim();
        let left: Vec<_> = (0..11).filter(|index| cache.path(&index.to_string()).exists()).collect();
        assert_eq!(left, [0, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(others.map(|other| other.exists()), [true, true, false]);
    }

    #[test]
    fn a_missing_folder_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = Cache::new(file.join("below"));
        cache.put("a", b"one");
        cache.trim();
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn concurrent_writes_are_complete() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        std::thread::scope(|scope| {
            for thread in 0..8u8 {
                let cache = &cache;
                scope.spawn(move || {
                    for _ in 0..50 {
                        cache.put("a", &[thread; 1000]);
                        let found = cache.get("a").unwrap();
                        assert!(found.len() == 1000 && found.iter().all(|byte| *byte == found[0]));
                    }
                });
            }
        });
        assert_eq!(files(folder.path()), 1);
    }
}
