use std::path::{Path, PathBuf};

/// Where results go, and how they get there. A path alone is one, too.
///
/// ```
/// # use up42::Download;
/// let quietly = Download::to("results").quiet().at_once(4);
/// ```
#[derive(Clone, Debug)]
pub struct Download {
    /// The folder; it is made when there is none.
    pub folder: PathBuf,
    /// Archives that come at a time. Default 8: they are large, and come from one host.
    pub at_once: usize,
    /// The most that one archive may unpack to, in bytes. Default 50 GB.
    pub largest: u64,
    /// Whether nothing is printed on the way.
    pub is_quiet: bool,
}

impl Download {
    /// To a folder.
    pub fn to(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref().to_owned();
        Self { folder, at_once: 8, largest: 50_000_000_000, is_quiet: false }
    }

    /// Archives that come at a time, at least one.
    pub fn at_once(mut self, archives: usize) -> Self {
        self.at_once = archives;
        self
    }

    /// The most that one archive may unpack to, in bytes.
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = bytes;
        self
    }

    /// Prints nothing on the way.
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }
}

impl<P: AsRef<Path>> From<P> for Download {
    fn from(folder: P) -> Self {
        Self::to(folder)
    }
}
