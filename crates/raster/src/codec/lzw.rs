//! LZW (TIFF 6.0, section 13).

use up42_core::{Error, Result};
use weezl::{BitOrder, LzwStatus, decode::Decoder};

/// Decodes into `target` and returns the number of bytes.
pub fn decode(mut bytes: &[u8], target: &mut [u8]) -> Result<usize> {
    // The first code is always 256. Writers before libtiff 3.0 stored it from its lowest bit.
    let is_old = matches!(bytes, [0, second, ..] if second & 1 == 1);
    let mut state = match is_old {
        true => Decoder::new(BitOrder::Lsb, 8),
        false => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut count = 0;
    while count < target.len() {
        let done = state.decode_bytes(bytes, &mut target[count..]);
        bytes = &bytes[done.consumed_in..];
        count += done.consumed_out;
        match done.status {
            Ok(LzwStatus::Ok) => {}
            Ok(LzwStatus::NoProgress | LzwStatus::Done) => break,
            Err(error) => return Err(Error::invalid(error.to_string())),
        }
    }
    Ok(count)
}
