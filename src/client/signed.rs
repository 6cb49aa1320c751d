use std::path::Path;

use super::Client;
use crate::transport::{DownloadProgress, Part, Secret, UnpackReservation};
use up42_core::error::{ErrorKind, Result};

/// Largest number of consecutive attempts of a download without a new byte.
const MAX_ATTEMPTS_WITHOUT_PROGRESS: usize = 3;

impl Client {
    /// Downloads the file behind a signed URL. `url` requests a new one for each attempt: a signed
    /// URL is valid for minutes, and may expire while the download waits for a slot or before the
    /// last byte. Retries as long as new bytes arrive. Waits while another download of the same
    /// file runs, and then uses that file.
    pub(crate) fn download_signed(
        &self,
        path: &Path,
        incoming: &DownloadProgress,
        url: impl Fn() -> Result<Secret>,
    ) -> Result<UnpackReservation> {
        let part = Part::of(path);
        let _lock = part.lock(path, || ())?;
        if let Ok(file) = path.metadata() {
            return Ok(incoming.packed(file.len()));
        }
        let mut fruitless = 0;
        loop {
            let before = part.length();
            let error = match self.download(&url()?, path, incoming) {
                Ok(packed) => return Ok(packed),
                Err(error) => error,
            };
            // Storages use different statuses for an expired URL.
            let status = error.server_error().map(|server_error| server_error.status);
            let has_ended = status.is_some_and(|status| matches!(status, 400 | 401 | 403 | 404 | 410));
            fruitless = if part.length() > before { 0 } else { fruitless + 1 };
            if !(has_ended || error.kind() == ErrorKind::Network)
                || fruitless == MAX_ATTEMPTS_WITHOUT_PROGRESS
            {
                return Err(error);
            }
        }
    }
}
