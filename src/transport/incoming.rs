use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use up42_core::error::{Error, ErrorKind, Result};

/// Bytes that always stay free on a disk, for other programs.
const RESERVE: u64 = 100_000_000;

/// Byte counts of parallel downloads: progress, and whether the disk has space for all of them.
/// Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct DownloadProgress(Arc<Mutex<Counts>>);

/// Numbers of bytes and files of parallel downloads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Sizes of the files that have begun or are complete; if the server does not state a size, the
    /// bytes received.
    pub(crate) expected_length: u64,
    /// Bytes of these files on the disk.
    pub(crate) arrived: u64,
    /// Bytes received over the network in this run, not in an earlier one.
    pub(crate) fetched: u64,
    /// Number of these files.
    pub(crate) files: usize,
    /// Bytes reserved to unpack the files that are not unpacked yet.
    pub(crate) to_unpack: u64,
    /// Free space of the disk, set by tests only.
    pub(crate) free: Option<u64>,
}

impl DownloadProgress {
    /// Makes counts for a disk with `bytes` bytes of free space.
    #[cfg(test)]
    pub(crate) fn with_free(bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(Counts { free: Some(bytes), ..Counts::default() })))
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.lock()
    }

    /// Reserves the space to unpack a file that was downloaded earlier.
    pub(crate) fn packed(&self, size: u64) -> UnpackReservation {
        let mut counts = self.lock();
        counts.to_unpack = counts.to_unpack.saturating_add(size);
        UnpackReservation { of: self.clone(), needs: size }
    }

    /// Counts a file that begins, with `already` bytes on the disk. Reserves the rest of the file,
    /// and its size once more to unpack it; fails if the disk has no space for that beside the
    /// other reservations.
    pub(super) fn begin(&self, folder: &Path, already: u64, size: Option<u64>) -> Result<ActiveDownload> {
        let mut counts = self.lock();
        let size = size.unwrap_or(already).max(already);
        counts.check_room(folder, (size - already).saturating_add(size))?;
        counts.expected_length += size;
        counts.to_unpack = counts.to_unpack.saturating_add(size);
        counts.arrived += already;
        counts.files += 1;
        let folder = folder.to_owned();
        Ok(ActiveDownload {
            of: self.clone(),
            folder,
            expected_length: size,
            arrived: already,
            is_whole: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// File in download. Its counts are taken back if it is dropped before `end`.
pub(super) struct ActiveDownload {
    of: DownloadProgress,
    folder: PathBuf,
    expected_length: u64,
    arrived: u64,
    is_whole: bool,
}

impl ActiveDownload {
    /// Counts received bytes. Fails if they exceed the announced size and the disk has no space for
    /// them.
    pub(super) fn add(&mut self, bytes: u64) -> Result<()> {
        let mut counts = self.of.lock();
        self.arrived += bytes;
        counts.arrived += bytes;
        counts.fetched += bytes;
        // A server may announce fewer bytes than it sends, or no size.
        let more = self.arrived.saturating_sub(self.expected_length);
        self.expected_length += more;
        counts.expected_length += more;
        counts.to_unpack = counts.to_unpack.saturating_add(more);
        if more > 0 { counts.check_room(&self.folder, 0) } else { Ok(()) }
    }

    pub(super) fn end(mut self) -> UnpackReservation {
        self.is_whole = true;
        UnpackReservation { of: self.of.clone(), needs: self.expected_length }
    }
}

impl Drop for ActiveDownload {
    fn drop(&mut self) {
        if !self.is_whole {
            let mut counts = self.of.lock();
            counts.expected_length -= self.expected_length;
            counts.arrived -= self.arrived;
            counts.files -= 1;
            counts.to_unpack = counts.to_unpack.saturating_sub(self.expected_length);
        }
    }
}

/// Complete file. The space to unpack it stays reserved until this value is dropped.
#[derive(Debug)]
pub(crate) struct UnpackReservation {
    of: DownloadProgress,
    needs: u64,
}

impl UnpackReservation {
    /// Reserves the bytes that unpacking really needs; fails if the folder's disk has no space for
    /// them.
    pub(crate) fn unpack_to(&mut self, folder: &Path, bytes: u64) -> Result<()> {
        let mut counts = self.of.lock();
        let others = Counts { to_unpack: counts.to_unpack.saturating_sub(self.needs), ..*counts };
        others.check_room(folder, bytes)?;
        counts.to_unpack = others.to_unpack.saturating_add(bytes);
        self.needs = bytes;
        Ok(())
    }
}

impl Drop for UnpackReservation {
    fn drop(&mut self) {
        let mut counts = self.of.lock();
        counts.to_unpack = counts.to_unpack.saturating_sub(self.needs);
    }
}

impl Counts {
    /// Fails if the folder's disk has no space for `bytes` more than is reserved.
    fn check_room(&self, folder: &Path, bytes: u64) -> Result<()> {
        let waited_for = self.expected_length.saturating_sub(self.arrived);
        let needed = waited_for.saturating_add(self.to_unpack).saturating_add(bytes);
        // Some file systems do not report free space: then a full disk fails a later write.
        let Some(free) = self.free.or_else(|| fs4::available_space(folder).ok()) else { return Ok(()) };
        if free.saturating_sub(RESERVE) >= needed {
            return Ok(());
        }
        let message = format!(
            "the disk of `{}` has {} left, and {} are needed, {} to spare: make room, or take a folder on another disk",
            folder.display(),
            Bytes(free),
            Bytes(needed.saturating_add(RESERVE)),
            Bytes(RESERVE)
        );
        Err(Error::new(ErrorKind::Io, message))
    }
}

/// Number of bytes, displayed with a decimal unit, such as `3.2 GB`.
#[derive(Clone, Copy)]
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(f64, &str); 4] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
        let bytes = self.0 as f64;
        match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
            Some((unit, name)) if bytes / unit < 10.0 => write!(f, "{:.1} {name}", bytes / unit),
            Some((unit, name)) => write!(f, "{:.0} {name}", bytes / unit),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_downloads_share_the_free_space() {
        let incoming = DownloadProgress::with_free(RESERVE + 1000);
        let folder = Path::new("results");
        let mut first = incoming.begin(folder, 0, Some(300)).unwrap();
        let message = incoming.begin(folder, 0, Some(400)).err().unwrap().to_string();
        insta::assert_snapshot!(message, @"the disk of `results` has 100 MB left, and 100 MB are needed, 100 MB to spare: make room, or take a folder on another disk");
        first.add(300).unwrap();
        first.end();
        let second = incoming.begin(folder, 100, Some(400)).unwrap();
        let free = Some(RESERVE + 1000);
        assert_eq!(
            incoming.counts(),
            Counts { expected_length: 700, arrived: 400, fetched: 300, files: 2, to_unpack: 400, free }
        );
        drop(second);
        assert_eq!(
            (incoming.counts().expected_length, incoming.counts().arrived),
            (300, 300),
            "it will begin again"
        );
    }

    #[test]
    fn space_for_unpacking_is_reserved_once() {
        let incoming = DownloadProgress::with_free(RESERVE + 1000);
        let folder = Path::new("results");
        let mut arriving = incoming.begin(folder, 0, Some(300)).unwrap();
        arriving.add(300).unwrap();
        let mut first = arriving.end();
        assert!(incoming.begin(folder, 0, Some(351)).is_err(), "300 are for the first");
        let second = incoming.begin(folder, 0, Some(300)).unwrap();
        assert!(first.unpack_to(folder, 401).is_err(), "300 are to come, and 300 to unpack them");
        first.unpack_to(folder, 400).unwrap();
        let mut earlier = incoming.packed(100);
        assert!(earlier.unpack_to(folder, 1).is_err(), "all is set aside");
        assert_eq!(incoming.counts().to_unpack, 800);
        drop((first, second));
        earlier.unpack_to(folder, 1000).unwrap();
        drop(earlier);
        assert_eq!(incoming.counts().to_unpack, 0);
    }

    #[test]
    fn the_expected_length_of_an_unknown_file_grows() {
        let incoming = DownloadProgress::default();
        let mut file = incoming.begin(&std::env::temp_dir(), 0, None).unwrap();
        file.add(500).unwrap();
        assert_eq!((incoming.counts().expected_length, incoming.counts().arrived), (500, 500));
    }

    #[test]
    fn a_file_that_does_not_end_does_not_fill_the_disk() {
        let incoming = DownloadProgress::with_free(RESERVE + 1000);
        let mut file = incoming.begin(Path::new("results"), 0, Some(100)).unwrap();
        file.add(500).unwrap();
        let message = file.add(501).unwrap_err().to_string();
        assert!(message.starts_with("the disk of `results` has 100 MB left, and"), "{message}");
    }

    #[test]
    fn bytes_are_formatted_in_decimal_units() {
        let texts: Vec<_> =
            [0, 999, 1500, 25_000_000, 3_210_000_000, u64::MAX].map(|bytes| Bytes(bytes).to_string()).into();
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.5 KB", "25 MB", "3.2 GB", "18446744 TB"]);
    }
}
