use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use up42_core::error::{Error, ErrorKind, Result};

/// What stays free on a disk, whatever comes: other programs need some too.
const SPARE: u64 = 100_000_000;

/// The bytes of some downloads that run side by side: how far they are, and whether there
/// is room for all of them. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incoming(Arc<Mutex<Counts>>);

/// So many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Of files that have begun, or are there: their sizes, where servers tell them.
    pub(crate) promised: u64,
    /// Of those, what is there.
    pub(crate) arrived: u64,
    /// What came over the network, now and not at an earlier time.
    pub(crate) fetched: u64,
    /// How many files these are.
    pub(crate) files: usize,
    /// What those need that are not unpacked yet.
    pub(crate) to_unpack: u64,
    /// What a test says of the disk.
    pub(crate) free: Option<u64>,
}

impl Incoming {
    /// On a disk with so much room.
    #[cfg(test)]
    pub(crate) fn with_free(bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(Counts { free: Some(bytes), ..Counts::default() })))
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.lock()
    }

    /// A file of an earlier time is there whole.
    pub(crate) fn packed(&self, size: u64) -> Packed {
        let mut counts = self.lock();
        counts.to_unpack = counts.to_unpack.saturating_add(size);
        Packed { of: self.clone(), needs: size }
    }

    /// A file begins, of which some bytes are there already. What other files need is set
    /// aside, and so is this file's size once more, to unpack it.
    pub(super) fn begin(&self, folder: &Path, already: u64, size: Option<u64>) -> Result<Arriving> {
        let mut counts = self.lock();
        let size = size.unwrap_or(already).max(already);
        counts.check_room(folder, (size - already).saturating_add(size))?;
        counts.promised += size;
        counts.to_unpack = counts.to_unpack.saturating_add(size);
        counts.arrived += already;
        counts.files += 1;
        let folder = folder.to_owned();
        Ok(Arriving { of: self.clone(), folder, promised: size, arrived: already, is_whole: false })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// One of the files. What it counted is taken back when it is dropped before its end.
pub(super) struct Arriving {
    of: Incoming,
    folder: PathBuf,
    promised: u64,
    arrived: u64,
    is_whole: bool,
}

impl Arriving {
    /// Fails when more has come than was promised, and the disk has no room for it.
    pub(super) fn add(&mut self, bytes: u64) -> Result<()> {
        let mut counts = self.of.lock();
        self.arrived += bytes;
        counts.arrived += bytes;
        counts.fetched += bytes;
        // A server may promise less than it sends, or nothing.
        let more = self.arrived.saturating_sub(self.promised);
        self.promised += more;
        counts.promised += more;
        counts.to_unpack = counts.to_unpack.saturating_add(more);
        if more > 0 { counts.check_room(&self.folder, 0) } else { Ok(()) }
    }

    pub(super) fn end(mut self) -> Packed {
        self.is_whole = true;
        Packed { of: self.of.clone(), needs: self.promised }
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.is_whole {
            let mut counts = self.of.lock();
            counts.promised -= self.promised;
            counts.arrived -= self.arrived;
            counts.files -= 1;
            counts.to_unpack = counts.to_unpack.saturating_sub(self.promised);
        }
    }
}

/// A file that is there whole. The room to unpack it is set aside until it is dropped.
#[derive(Debug)]
pub(crate) struct Packed {
    of: Incoming,
    needs: u64,
}

impl Packed {
    /// Sets aside what it needs in truth; fails when a folder's disk has no room for that.
    pub(crate) fn unpack_to(&mut self, folder: &Path, bytes: u64) -> Result<()> {
        let mut counts = self.of.lock();
        let others = Counts { to_unpack: counts.to_unpack.saturating_sub(self.needs), ..*counts };
        others.check_room(folder, bytes)?;
        counts.to_unpack = others.to_unpack.saturating_add(bytes);
        self.needs = bytes;
        Ok(())
    }
}

impl Drop for Packed {
    fn drop(&mut self) {
        let mut counts = self.of.lock();
        counts.to_unpack = counts.to_unpack.saturating_sub(self.needs);
    }
}

impl Counts {
    /// Fails when the folder's disk has no room for so much more than is set aside.
    fn check_room(&self, folder: &Path, bytes: u64) -> Result<()> {
        let waited_for = self.promised.saturating_sub(self.arrived);
        let needed = waited_for.saturating_add(self.to_unpack).saturating_add(bytes);
        // Some file systems do not tell: then a full disk shows when it is full.
        let Some(free) = self.free.or_else(|| fs4::available_space(folder).ok()) else { return Ok(()) };
        if free.saturating_sub(SPARE) >= needed {
            return Ok(());
        }
        let message = format!(
            "the disk of `{}` has {} left, and {} are needed, {} to spare: make room, or take a folder on another disk",
            folder.display(),
            Bytes(free),
            Bytes(needed.saturating_add(SPARE)),
            Bytes(SPARE)
        );
        Err(Error::new(ErrorKind::Io, message))
    }
}

/// A number of bytes as people say it.
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
    fn downloads_side_by_side_share_the_room() {
        let incoming = Incoming::with_free(SPARE + 1000);
        let folder = Path::new("results");
        let mut first = incoming.begin(folder, 0, Some(300)).unwrap();
        let message = incoming.begin(folder, 0, Some(400)).err().unwrap().to_string();
        insta::assert_snapshot!(message, @"the disk of `results` has 100 MB left, and 100 MB are needed, 100 MB to spare: make room, or take a folder on another disk");
        first.add(300).unwrap();
        first.end();
        let second = incoming.begin(folder, 100, Some(400)).unwrap();
        let free = Some(SPARE + 1000);
        assert_eq!(
            incoming.counts(),
            Counts { promised: 700, arrived: 400, fetched: 300, files: 2, to_unpack: 400, free }
        );
        drop(second);
        assert_eq!(
            (incoming.counts().promised, incoming.counts().arrived),
            (300, 300),
            "it will begin again"
        );
    }

    #[test]
    fn room_to_unpack_is_promised_once() {
        let incoming = Incoming::with_free(SPARE + 1000);
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
    fn a_file_of_unknown_size_grows() {
        let incoming = Incoming::default();
        let mut file = incoming.begin(&std::env::temp_dir(), 0, None).unwrap();
        file.add(500).unwrap();
        assert_eq!((incoming.counts().promised, incoming.counts().arrived), (500, 500));
    }

    #[test]
    fn a_file_that_does_not_end_does_not_fill_the_disk() {
        let incoming = Incoming::with_free(SPARE + 1000);
        let mut file = incoming.begin(Path::new("results"), 0, Some(100)).unwrap();
        file.add(500).unwrap();
        let message = file.add(501).unwrap_err().to_string();
        assert!(message.starts_with("the disk of `results` has 100 MB left, and"), "{message}");
    }

    #[test]
    fn bytes_are_told_as_people_do() {
        let texts: Vec<_> =
            [0, 999, 1500, 25_000_000, 3_210_000_000, u64::MAX].map(|bytes| Bytes(bytes).to_string()).into();
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.5 KB", "25 MB", "3.2 GB", "18446744 TB"]);
    }
}
