use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::archive::{Limits, unpack};
use super::feature::{MAY_GROW, document};
use crate::jobs::JobId;
use crate::transport::UnpackReservation;
use up42_core::error::{ErrorKind, Result};
use up42_core::file::name::case_insensitive;
use up42_core::lock::lock_file;

/// Name of the lock file in the folder of results.
const LOCK: &str = ".up42-download.lock";

/// Folder of results, locked against other programs that download to it. The system releases the
/// lock when the program ends, also after a crash.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Paths of one job's results. They show the state of the download: the folder exists when the
/// results are complete, the archive when it is downloaded, a part of it before. Single files are
/// collected in the folder `files`.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) archive: PathBuf,
    pub(super) files: PathBuf,
}

impl Folder {
    /// Opens and locks the folder. If another program has the lock, calls `waits` and then waits.
    pub(super) fn open(path: &Path, waits: impl FnOnce()) -> Result<Self> {
        fs::create_dir_all(path)?;
        let lock = File::options().create(true).append(true).open(path.join(LOCK))?;
        lock_file(&lock, waits)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn place(&self, id: &JobId) -> Place {
        let name = folder_name(id);
        let [archive, files] = ["archive", "files"].map(|end| self.path.join(format!("{name}.{end}")));
        Place { folder: self.path.join(name), archive, files }
    }
}

/// Returns `job_<id>`, as in the SDK. Ids that are invalid as file names on some system are cleaned
/// and get a hash.
pub(super) fn folder_name(id: &JobId) -> String {
    format!("job_{}", case_insensitive(id.as_str()))
}

impl Place {
    pub(super) fn is_whole(&self) -> bool {
        self.folder.is_dir()
    }

    /// Returns whether more results may follow: see [`Delivery::Files`].
    pub(super) fn may_grow(&self) -> bool {
        document(&self.data()).is_ok_and(|data| data[MAY_GROW] == true)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data.json")
    }

    /// Unpacks the archive, if there is enough space on the disk.
    pub(super) fn unpack(
        &self,
        folder: &Folder,
        limits: Limits,
        mut packed: UnpackReservation,
    ) -> Result<()> {
        let room = |bytes| packed.unpack_to(folder.path(), bytes);
        let unpacked = unpack(&self.archive, &self.folder, limits, room);
        // An invalid archive is deleted, so that the next call downloads it again. It is kept after
        // a lack of space or an exceeded limit.
        if unpacked.as_ref().is_err_and(|error| error.kind() == ErrorKind::Response) {
            fs::remove_file(&self.archive)?;
        }
        unpacked
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::*;
    use crate::transport::DownloadProgress;

    #[test]
    fn an_archive_over_the_limit_is_kept_until_the_limit_is_raised() {
        let path = tempfile::tempdir().unwrap();
        let folder = Folder::open(path.path(), || ()).unwrap();
        let place = folder.place(&JobId("a-1".into()));
        let mut tar = tar::Builder::new(File::create(&place.archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(3_000_000);
        tar.append_data(&mut header, "output/a.tif", io::repeat(7).take(3_000_000)).unwrap();
        tar.finish().unwrap();
        let unpack = |bytes| {
            let packed = DownloadProgress::with_free(u64::MAX).packed(3_000_000);
            place.unpack(&folder, Limits { bytes: Some(bytes), ..Limits::default() }, packed)
        };
        let refused = unpack(2_000_000).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        let message = refused.to_string();
        assert!(
            message.ends_with("it unpacks to more than 2.0 MB: `Download::largest` allows more"),
            "{message}"
        );
        unpack(3_000_000).unwrap();
        assert!(place.is_whole());

        fs::remove_dir_all(&place.folder).unwrap();
        fs::write(&place.archive, "damaged").unwrap();
        assert_eq!(unpack(3_000_000).unwrap_err().kind(), ErrorKind::Response);
        assert!(!place.archive.exists(), "it is fetched anew");
    }

    #[test]
    fn a_folder_has_one_download_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::open(folder.path(), || ()).unwrap();
        let path = folder.path().to_owned();
        let (sender, messages) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            let second = Folder::open(&path, || sender.send("waits").unwrap()).unwrap();
            sender.send("downloads").unwrap();
            second
        });
        assert_eq!(messages.recv().unwrap(), "waits");
        drop(first);
        assert_eq!(messages.recv().unwrap(), "downloads");
        second.join().unwrap();
    }

    #[test]
    fn each_id_has_its_own_paths_in_the_folder() {
        let path = tempfile::tempdir().unwrap();
        let folder = Folder::open(path.path(), || ()).unwrap();
        let ids = ["", "..", "a/b", "a\\b", "C:", "a b", "a.b", "a.c", "urn:uuid:1", "A-1"];
        let places: Vec<Place> = ids.iter().map(|id| folder.place(&JobId((*id).into()))).collect();
        let all = places.iter().flat_map(|place| [&place.folder, &place.archive, &place.files]);
        let mut names = std::collections::HashSet::new();
        for place in all {
            assert_eq!(place.parent(), Some(path.path()), "{}", place.display());
            assert!(names.insert(place.to_string_lossy().to_lowercase()), "{}", place.display());
        }
        let place = folder.place(&JobId("a-1".into()));
        assert!(place.folder.ends_with("job_a-1") && place.archive.ends_with("job_a-1.archive"));
        assert!(names.insert(place.folder.to_string_lossy().to_lowercase()));
    }
}
