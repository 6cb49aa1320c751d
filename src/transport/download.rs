use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, ETAG, LAST_MODIFIED};

use super::attempt::FailedAttempt;
use super::connection::header;
use super::{Connection, DownloadProgress, Request, Secret, UnpackReservation};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file::sync_folder;
use up42_core::lock::lock_file;

impl Connection {
    /// Downloads to `path`: first to `path.part`, resuming where an earlier attempt stopped; then
    /// the size is checked and the part is renamed. `path` never holds an incomplete file.
    pub(crate) async fn download(
        &self,
        request: &Request,
        path: &Path,
        incoming: &DownloadProgress,
    ) -> Result<UnpackReservation> {
        let part = Part::of(path);
        let packed = self
            .with_retries(request, async |token| self.fetch(request, &part, incoming, token).await)
            .await?;
        part.finish(path).with_context(|| format!("write `{}`", path.display()))?;
        Ok(packed)
    }

    /// Returns whether the file behind a request has `length` bytes. Requests the last byte only.
    pub(crate) async fn has_length(&self, request: &Request, length: u64) -> Result<bool> {
        let last = Request { from_byte: length.saturating_sub(1), ..request.clone() };
        let check = async |token: Option<&Secret>| {
            let _slot = self.permit(&last).await?;
            match self.begin(&last, token).await {
                // The file has no such byte.
                Err(failed) if failed.status() == Some(416) => Ok(false),
                Err(failed) => Err(failed),
                Ok(answer) if answer.status() == StatusCode::PARTIAL_CONTENT => {
                    Ok(whole_size(&answer) == Some(length))
                }
                Ok(answer) => Ok(answer.content_length() == Some(length)),
            }
        };
        self.with_retries(&last, check).await
    }

    async fn fetch(
        &self,
        request: &Request,
        part: &Part,
        incoming: &DownloadProgress,
        token: Option<&Secret>,
    ) -> Result<UnpackReservation, FailedAttempt> {
        let _slot = self.permit(request).await?;
        let begun = part.begun();
        let request_from = |begun: &PartState| Request {
            from_byte: begun.length,
            if_range: begun.tag.clone(),
            ..request.clone()
        };
        let mut answer = match self.begin(&request_from(&begun), token).await {
            // There is no byte after the part: it is of another file.
            Err(failed) if failed.status() == Some(416) => {
                self.begin(&request_from(&PartState::default()), token).await?
            }
            other => other?,
        };
        let mut already = if answer.status() == StatusCode::PARTIAL_CONTENT { begun.length } else { 0 };
        if already > 0 && !begun.can_resume_with(&answer) {
            already = 0;
            answer = self.begin(&request_from(&PartState::default()), token).await?;
        }
        if already == 0 && answer.status() != StatusCode::OK {
            let message = format!("{} in answer to a request for a whole file", answer.status());
            return Err(FailedAttempt::local(Error::response(message)));
        }
        let size = answer.content_length().map(|rest| already + rest);
        let folder = part.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut arriving =
            incoming.begin(folder.unwrap_or(Path::new(".")), already, size).map_err(FailedAttempt::local)?;
        let context = || format!("write `{}`", part.path.display());
        let mut file = match already {
            0 => part.create(tag(&answer), size),
            _ => part.reopen(already),
        }
        .with_context(context)
        .map_err(FailedAttempt::local)?;
        let mut body = answer.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| self.network(request, error))?;
            file.write_all(&bytes).with_context(context).map_err(FailedAttempt::local)?;
            arriving.add(bytes.len() as u64).map_err(FailedAttempt::local)?;
        }
        file.sync_all().with_context(context).map_err(FailedAttempt::local)?;
        // The length on the disk counts: on a file system without locks another program may write
        // too.
        let length = file.metadata().with_context(context).map_err(FailedAttempt::local)?.len();
        match size {
            Some(size) if size != length => {
                let message = format!("there are {length} bytes of {size}");
                Err(FailedAttempt::local(Error::new(ErrorKind::Network, message)))
            }
            _ => Ok(arriving.end()),
        }
    }
}

/// Incomplete file, with the server's validator of the file beside it, so that bytes of two files
/// are never joined.
pub(crate) struct Part {
    path: PathBuf,
    about: PathBuf,
    lock: PathBuf,
}

/// Lock on a part. The operating system releases it when the program ends, however it ends.
pub(crate) struct PartLock {
    _file: File,
    lock: PathBuf,
    path: PathBuf,
}

/// State of a part on the disk.
#[derive(Default)]
struct PartState {
    length: u64,
    /// Strong `ETag`, else `Last-Modified`.
    tag: Option<String>,
    /// Size of the whole file in bytes, if known.
    size: Option<u64>,
}

impl Part {
    pub(crate) fn of(path: &Path) -> Self {
        let with = |suffix: &str| {
            let mut name = OsString::from(path);
            name.push(suffix);
            PathBuf::from(name)
        };
        Self { path: with(".part"), about: with(".part.about"), lock: with(".part.lock") }
    }

    /// Locks the part of the file at `path`. Calls `waits` if another download, of this program or
    /// another one, holds the lock; after the wait the file may exist.
    pub(crate) fn lock(&self, path: &Path, waits: impl FnOnce()) -> Result<PartLock> {
        let lock = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let file = File::options().create(true).append(true).open(&self.lock)?;
            lock_file(&file, waits)?;
            Ok(file)
        };
        let lock: io::Result<File> = lock();
        let file = lock.with_context(|| format!("lock `{}`", self.lock.display()))?;
        Ok(PartLock { _file: file, lock: self.lock.clone(), path: path.to_owned() })
    }

    /// Returns the number of bytes on the disk; 0 if there is no part.
    pub(crate) fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Reads the state of the part. Without a validator of the whole file nothing can be resumed.
    fn begun(&self) -> PartState {
        let about = fs::read_to_string(&self.about).unwrap_or_default();
        let mut lines = about.lines();
        let tag = lines.next().filter(|tag| !tag.is_empty() && tag.is_ascii()).map(str::to_owned);
        let size = lines.next().and_then(|size| size.parse().ok());
        let length = self.length();
        match (tag, size) {
            // Another program has written to it.
            (_, Some(size)) if length > size => PartState::default(),
            // The part is complete. Its last byte is requested again, so that the server confirms
            // that the file is unchanged.
            (Some(tag), Some(size)) if length == size && length > 1 => {
                PartState { length: size - 1, tag: Some(tag), size: Some(size) }
            }
            (Some(tag), size) if length > 0 && size != Some(length) => {
                PartState { length, tag: Some(tag), size }
            }
            _ => PartState::default(),
        }
    }

    /// Creates an empty part. The file with the validator is removed first and written last: a
    /// program killed in between leaves a part that is not resumed.
    fn create(&self, tag: Option<String>, size: Option<u64>) -> io::Result<File> {
        if self.about.exists() {
            fs::remove_file(&self.about)?;
        }
        let file = File::create(&self.path)?;
        if let Some(tag) = tag {
            let size = size.map(|size| size.to_string()).unwrap_or_default();
            fs::write(&self.about, format!("{tag}\n{size}\n"))?;
        }
        Ok(file)
    }

    /// Opens the part to write after byte `length`. Not in append mode: on a file system without
    /// locks, two downloads of one file then write the same bytes to the same position.
    fn reopen(&self, length: u64) -> io::Result<File> {
        let mut file = File::options().write(true).open(&self.path)?;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(file)
    }

    fn finish(&self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        if self.about.exists() {
            fs::remove_file(&self.about)?;
        }
        sync_folder(path.parent().unwrap_or(Path::new("")))
    }
}

impl Drop for PartLock {
    fn drop(&mut self) {
        // A program that waits for a removed lock finds the file, and needs no lock.
        if self.path.exists() {
            let _ = fs::remove_file(&self.lock);
        }
    }
}

impl PartState {
    /// Returns whether a partial response begins at the requested byte and is of the same file:
    /// servers may ignore `Range` and `If-Range`.
    fn can_resume_with(&self, answer: &reqwest::Response) -> bool {
        let range = header(answer.headers(), CONTENT_RANGE.as_str()).unwrap_or_default();
        let starts = range.starts_with(&format!("bytes {}-", self.length));
        let size = whole_size(answer);
        let is_same = |tag: Option<String>| tag.is_none() || tag == self.tag;
        let same_size = size.is_none() || self.size.is_none() || size == self.size;
        starts && same_size && is_same(tag(answer))
    }
}

/// Returns the size of the whole file in bytes, from `Content-Range`.
fn whole_size(answer: &reqwest::Response) -> Option<u64> {
    header(answer.headers(), CONTENT_RANGE.as_str())?.rsplit_once('/')?.1.parse().ok()
}

/// Returns the validator of a response's file for `If-Range` (RFC 9110, 13.1.5): a strong `ETag`,
/// else `Last-Modified`.
fn tag(answer: &reqwest::Response) -> Option<String> {
    let strong = header(answer.headers(), ETAG.as_str()).filter(|tag| !tag.starts_with("W/"));
    strong.or_else(|| header(answer.headers(), LAST_MODIFIED.as_str()))
}

#[cfg(test)]
mod tests;
