use std::path::{Path, PathBuf};

/// Options of a download of results. A path alone is converted to the default options.
///
/// ```
/// # use up42::results::Download;
/// let quietly = Download::to("results").quiet().at_once(4);
/// ```
#[derive(Clone, Debug)]
pub struct Download {
    /// Folder; created if it does not exist.
    pub folder: PathBuf,
    /// Largest number of simultaneous downloads. Default 8: archives are large and come from one
    /// host.
    pub at_once: usize,
    /// Largest size of one job's results on the disk, in bytes. By default the free space on the
    /// disk and, for an archive, 1,000 times its own size.
    pub largest: Option<u64>,
    /// Largest number of files of one job. Default 10,000.
    pub files: usize,
    /// Whether to print no progress.
    pub is_quiet: bool,
}

impl Download {
    /// Creates the default options for a folder.
    pub fn to(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref().to_owned();
        Self { folder, at_once: 8, largest: None, files: 10_000, is_quiet: false }
    }

    /// Sets the largest number of simultaneous downloads, at least one.
    pub fn at_once(mut self, archives: usize) -> Self {
        self.at_once = archives;
        self
    }

    /// Sets the largest size of one job's results on the disk, in bytes.
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = Some(bytes);
        self
    }

    /// Sets the largest number of files of one job.
    pub fn files(mut self, files: usize) -> Self {
        self.files = files;
        self
    }

    /// Prints no progress.
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
