use std::path::{Path, PathBuf};

/// Where results go, and how they get there. A path alone is one, too.
///
/// ```
/// # use up42::results::Download;
/// let quietly = Download::to("results").quiet().at_once(4);
/// ```
#[derive(Clone, Debug)]
pub struct Download {
    /// The folder; it is made when there is none.
    pub folder: PathBuf,
    /// Archives that come at a time. Default 8: they are large, and come from one host.
    pub at_once: usize,
    /// The most that the results of one job may take on the disk, in bytes. By default as much
    /// as the disk has room for, and an archive 1,000 times its own size.
    pub largest: Option<u64>,
    /// The most files of one job. Default 10,000.
    pub files: usize,
    /// Whether nothing is printed on the way.
    pub is_quiet: bool,
}

impl Download {
    /// To a folder.
    pub fn to(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref().to_owned();
        Self { folder, at_once: 8, largest: None, files: 10_000, is_quiet: false }
    }

    /// Archives that come at a time, at least one.
    pub fn at_once(mut self, archives: usize) -> Self {
        self.at_once = archives;
        self
    }

    /// The most that the results of one job may take on the disk, in bytes.
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = Some(bytes);
        self
    }

    /// The most files of one job.
    pub fn files(mut self, files: usize) -> Self {
        self.files = files;
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
