//! DEFLATE in the zlib format (Adobe's "TIFF Specification Supplement 1").

use flate2::{Decompress, FlushDecompress};
use up42_core::{Error, Result};

/// Decodes into `target` and returns the number of bytes.
pub fn decode(bytes: &[u8], target: &mut [u8]) -> Result<usize> {
    let mut state = Decompress::new(true);
    let result = state.decompress(bytes, target, FlushDecompress::Finish);
    result.map_err(|error| Error::invalid(error.to_string()))?;
    Ok(state.total_out() as usize)
}
