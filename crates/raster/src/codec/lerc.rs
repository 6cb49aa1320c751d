//! LERC (Esri, "Limited Error Raster Compression", <https://github.com/Esri/lerc>), as libtiff
//! stores it: one blob per block, with the samples of a pixel as its depth.

use lerc_core::PixelData;
use lerc_reader::{Decoded, decode as decode_blob, inspect_first};
use up42_core::{Error, Result};

use super::{Codec, deflate, zstd};
use crate::band::DataType;

/// Size and type of the blocks of a file.
pub struct Form {
    pub width: usize,
    pub height: usize,
    pub samples: usize,
    pub data_type: DataType,
}

/// Decodes a block to little-endian numbers. Floats without a value are NaN.
pub fn decode(codec: Codec, bytes: &[u8], form: &Form) -> Result<Vec<u8>> {
    let broken = |error: lerc_core::Error| Error::invalid(error.to_string());
    let blob = unpacked(codec, bytes, form)?;
    let blob = blob.as_deref().unwrap_or(bytes);
    let info = inspect_first(blob).map_err(broken)?;
    let size = (info.width as usize, info.height as usize, info.depth as usize);
    if size != (form.width, form.height, form.samples) {
        return Err(Error::invalid("a LERC blob has another size than its block: the file is damaged"));
    }
    let Decoded { pixels, mask, .. } = decode_blob(blob).map_err(broken)?;
    let is_valid = |index: usize| mask.as_ref().is_none_or(|mask| mask[index / form.samples] != 0);
    macro_rules! bytes {
        ($values:expr, $missing:expr) => {{
            let values = $values.into_iter().enumerate();
            let values = values.map(|(index, value)| if is_valid(index) { value } else { $missing });
            values.flat_map(|value| value.to_le_bytes()).collect()
        }};
    }
    Ok(match (pixels, form.data_type) {
        (PixelData::U8(values), DataType::U8) => bytes!(values, 0),
        (PixelData::I8(values), DataType::I8) => bytes!(values, 0),
        (PixelData::U16(values), DataType::U16) => bytes!(values, 0),
        (PixelData::I16(values), DataType::I16) => bytes!(values, 0),
        (PixelData::U32(values), DataType::U32) => bytes!(values, 0),
        (PixelData::I32(values), DataType::I32) => bytes!(values, 0),
        (PixelData::F32(values), DataType::F32) => bytes!(values, f32::NAN),
        (PixelData::F64(values), DataType::F64) => bytes!(values, f64::NAN),
        _ => return Err(Error::invalid("a LERC blob has another type than its band: the file is damaged")),
    })
}

/// Returns the blob of a block that is compressed besides.
fn unpacked(codec: Codec, bytes: &[u8], form: &Form) -> Result<Option<Vec<u8>>> {
    // A blob is at most a third larger than its values, as libtiff assumes.
    let values = form.width * form.height * form.samples * form.data_type.bits() / 8;
    let decode = match codec {
        Codec::LercDeflate => deflate::decode,
        Codec::LercZstd => zstd::decode,
        _ => return Ok(None),
    };
    let mut blob = vec![0; values + values / 3 + 512];
    let count = decode(bytes, &mut blob)?;
    blob.truncate(count);
    Ok(Some(blob))
}
