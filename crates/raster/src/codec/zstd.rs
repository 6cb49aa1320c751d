//! Zstandard (RFC 8878).

use up42_core::{Error, Result};
use zstd::bulk::Decompressor;

/// Decodes into `target` and returns the number of bytes.
pub fn decode(bytes: &[u8], target: &mut [u8]) -> Result<usize> {
    let decoded = Decompressor::new().and_then(|mut state| state.decompress_to_buffer(bytes, target));
    decoded.map_err(|error| Error::invalid(error.to_string()))
}
