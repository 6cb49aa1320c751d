use std::path::Path;

use super::Client;
use crate::transport::{Incoming, Packed, Part, Secret};
use up42_core::error::{ErrorKind, Result};

/// So often in a row a download may break off without a new byte.
const FRUITLESS: usize = 3;

impl Client {
    /// Downloads what a signed URL leads to, asking `url` for one as often as it takes. It
    /// lives for minutes and may end while its turn comes, or before the last byte: then a new
    /// one is asked for. So it goes on as long as there are new bytes. Waits while another
    /// downloads the same file, and then takes it as it is.
    pub(crate) fn download_signed(
        &self,
        path: &Path,
        incoming: &Incoming,
        url: impl Fn() -> Result<Secret>,
    ) -> Result<Packed> {
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
            // Each storage has its own way to say that a URL has ended.
            let status = error.server_error().map(|said| said.status);
            let has_ended = status.is_some_and(|status| matches!(status, 400 | 401 | 403 | 404 | 410));
            fruitless = if part.length() > before { 0 } else { fruitless + 1 };
            if !(has_ended || error.kind() == ErrorKind::Network) || fruitless == FRUITLESS {
                return Err(error);
            }
        }
    }
}
