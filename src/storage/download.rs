use std::fmt;
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use super::record::Record;
use super::{StorageAsset, StorageItem, StorageItems};
use crate::frame::Frame;
use crate::transport::DownloadProgress;
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::parallel::in_parallel;
use up42_view::elements::counted;

/// Largest number of simultaneous downloads: the files are large and come from one host.
const CONCURRENT_REQUESTS: usize = 8;

/// Downloaded files of the storage.
#[derive(Clone)]
pub struct StorageDownloads {
    pub(super) files: Vec<StorageDownload>,
}

/// Downloaded file, or the reason of its failure.
#[derive(Clone)]
#[non_exhaustive]
pub struct StorageDownload {
    /// Id of the item.
    pub item: String,
    /// Name of the asset.
    pub asset: String,
    /// Path of the file.
    pub path: PathBuf,
    /// Size in bytes, or the reason of the failure.
    pub size: Result<u64>,
}

impl StorageItems {
    /// Downloads all files of the items to `<folder>/<item id>/`, several at a time. Existing files
    /// are not downloaded again, interrupted downloads are continued, and failed ones are retried
    /// by the next call. If several programs download the same file, one downloads it and the
    /// others wait. Expired URLs are renewed; URLs are never displayed.
    ///
    /// A record of each downloaded file is stored in `<folder>/<item id>/.up42/`. An existing file
    /// without a matching record is accepted if it has the length of the platform's file; otherwise
    /// it stays unchanged and counts as failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the folder cannot be created. Errors of single
    /// files are in [`StorageDownloads::failed`].
    #[doc(alias = "download_assets")]
    pub fn download(&self, folder: impl AsRef<Path>) -> Result<StorageDownloads> {
        self.download_where(folder.as_ref(), |_| true)
    }

    /// Downloads only the files with this role, such as `data`, or with this name.
    ///
    /// # Errors
    ///
    /// Same as [`download`](Self::download).
    pub fn download_only(&self, role: impl AsRef<str>, folder: impl AsRef<Path>) -> Result<StorageDownloads> {
        let role = role.as_ref();
        self.download_where(folder.as_ref(), |asset| {
            asset.name == role || asset.roles.iter().any(|one| one == role)
        })
    }

    fn download_where(
        &self,
        folder: &Path,
        is_wanted: impl Fn(&StorageAsset) -> bool,
    ) -> Result<StorageDownloads> {
        std::fs::create_dir_all(folder).with_context(|| format!("download to `{}`", folder.display()))?;
        let mut wanted = Vec::new();
        for item in &self.items {
            let files = item.named_assets().into_iter().filter(|(asset, _)| is_wanted(asset));
            let folder = folder.join(item.folder_name());
            wanted.extend(files.map(|(asset, name)| (item, asset, folder.join(name))));
        }
        let incoming = DownloadProgress::default();
        let files = in_parallel(&wanted, CONCURRENT_REQUESTS, |(item, asset, path)| {
            let size = item.fetch(asset, path, &incoming);
            StorageDownload {
                item: item.id().to_owned(),
                asset: asset.name.clone(),
                path: path.clone(),
                size,
            }
        });
        Ok(StorageDownloads { files })
    }
}

impl StorageItem {
    /// Downloads all files of the item, like [`StorageItems::download`].
    ///
    /// # Errors
    ///
    /// Same as [`StorageItems::download`].
    pub fn download(&self, folder: impl AsRef<Path>) -> Result<StorageDownloads> {
        let scenes = [self.scene.clone()].into_iter().collect();
        StorageItems::new(&self.client, scenes).download(folder)
    }

    fn fetch(&self, asset: &StorageAsset, path: &Path, incoming: &DownloadProgress) -> Result<u64> {
        let fetch = || {
            if let Ok(known) = path.metadata() {
                let (length, record) = (known.len(), Record::of(asset, known.len()));
                if Record::read(path).as_ref() == Some(&record) {
                    return Ok(length);
                }
                if !known.is_file() || !self.client.has_length(&asset.signed_url(self)?, length)? {
                    return Err(Error::invalid(
                        "another file is there, or one that was cut off or changed: move it away, and \
                         download again",
                    ));
                }
                record.write(path)?;
                return Ok(length);
            }
            drop(self.client.download_signed(path, incoming, || asset.signed_url(self))?);
            let length = path.metadata()?.len();
            Record::of(asset, length).write(path)?;
            Ok::<_, Error>(length)
        };
        fetch().with_context(|| format!("download `{}`", path.display()))
    }
}

impl_list!(StorageDownloads(files: StorageDownload), "Returns an iterator over the files, item by item.");

impl StorageDownloads {
    /// Returns the paths of the downloaded files.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.iter().filter(|file| file.size.is_ok()).map(|file| file.path.clone()).collect()
    }

    /// Returns the path and the error of each file that could not be downloaded; the name of the
    /// asset instead of a path that is not Unicode.
    pub fn failed(&self) -> Vec<(&str, Error)> {
        let failed = self.iter().filter_map(|file| Some((file, file.size.as_ref().err()?)));
        failed.map(|(file, error)| (file.path.to_str().unwrap_or(&file.asset), error.clone())).collect()
    }

    /// Returns the total size of the downloaded files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.iter().filter_map(|file| file.size.as_ref().ok()).sum()
    }

    /// Returns the files as a Polars DataFrame, one row per file.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `item`, `asset` | String | | never null |
    /// | `path` | String | | never null |
    /// | `size` | Int64 | bytes | failed |
    /// | `error` | String | | downloaded |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.files)
            .text("item", |file| Some(&file.item))
            .text("asset", |file| Some(&file.asset))
            .strings("path", self.iter().map(|file| Some(file.path.display().to_string())).collect())
            .integer("size", |file| i64::try_from(*file.size.as_ref().ok()?).ok())
            .strings("error", self.iter().map(|file| Some(file.size.as_ref().err()?.to_string())).collect())
            .finish()
            .context("files to a DataFrame")
    }
}

impl fmt::Debug for StorageDownloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.paths().len(), counted(self.len(), "file"))
    }
}

impl fmt::Debug for StorageDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.size {
            Ok(size) => write!(f, "{}: {size} bytes", self.path.display()),
            Err(error) => write!(f, "{}: {error}", self.path.display()),
        }
    }
}
