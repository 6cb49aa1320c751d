use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::CONTENT_RANGE;

use super::attempt::Attempted;
use super::{Connection, Request, Secret};
use crate::error::{Context, Error, ErrorKind, Result};

impl Connection {
    /// Downloads to `path`: into `path.part` first, going on where an earlier
    /// attempt stopped, checked for size, renamed when whole. The file is there
    /// whole or not at all.
    pub(crate) async fn download(&self, request: &Request, path: &Path) -> Result<()> {
        let part = part_of(path);
        self.with_retries(request, async |token| self.fetch(request, &part, token).await).await?;
        fs::rename(&part, path).with_context(|| format!("write `{}`", path.display()))
    }

    async fn fetch(&self, request: &Request, part: &Path, token: Option<&Secret>) -> Result<(), Attempted> {
        let _slot = self.permit(request).await?;
        let told = || format!("write `{}`", part.display());
        let from_byte = fs::metadata(part).map_or(0, |file| file.len());
        let request = Request { from_byte, ..request.clone() };
        let answer = match self.begin(&request, token).await {
            // Nothing after the last byte: the part is of another file, or was whole already.
            Err(failed) if failed.status() == Some(416) => {
                fs::remove_file(part).with_context(told)?;
                self.begin(&Request { from_byte: 0, ..request.clone() }, token).await?
            }
            other => other?,
        };
        let goes_on = answer.status() == StatusCode::PARTIAL_CONTENT && starts_at(&answer, from_byte);
        let already = if goes_on { from_byte } else { 0 };
        let expected = answer.content_length().map(|rest| already + rest);
        let mut options = OpenOptions::new();
        options.create(true).write(true);
        let mut file =
            if goes_on { options.append(true).open(part) } else { options.truncate(true).open(part) }
                .with_context(told)?;
        let mut written = already;
        let mut body = answer.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| self.network(&request, error))?;
            file.write_all(&bytes).with_context(told)?;
            written += bytes.len() as u64;
        }
        file.sync_all().with_context(told)?;
        match expected {
            Some(expected) if expected != written => {
                let message = format!("{written} of {expected} bytes arrived");
                Err(Error::new(ErrorKind::Network, message).into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a partial answer begins at the byte asked for: a server may not keep
/// to the range.
fn starts_at(answer: &reqwest::Response, from_byte: u64) -> bool {
    let range = answer.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {from_byte}-")))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".part");
    name.into()
}
