//! JPEG (Adobe Photoshop TIFF Technical Notes, 2002; Technical Note 2 of TIFF 6.0).

use up42_core::{Error, Result};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];

/// Decoded picture, its samples one after another.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
}

/// Form of the pictures in a file.
pub struct Form<'a> {
    /// Tables that all blocks share; may be empty.
    pub tables: &'a [u8],
    pub samples: usize,
    /// Whether YCbCr becomes RGB; other colours stay as they are stored.
    pub is_ycbcr: bool,
    /// Largest width and height.
    pub most: (usize, usize),
}

/// Decodes a picture.
pub fn decode(bytes: &[u8], form: &Form) -> Result<Picture> {
    let Form { tables, samples, is_ycbcr, most } = *form;
    let shared = tables.strip_suffix(&END).unwrap_or(tables);
    let joined = match (shared.starts_with(&START), bytes.strip_prefix(&START)) {
        (true, Some(rest)) => &[shared, rest].concat(),
        _ => bytes,
    };
    let broken = |error: zune_jpeg::errors::DecodeErrors| Error::invalid(format!("{error:?}"));
    let options = DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(joined), options);
    decoder.decode_headers().map_err(broken)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::Unknown);
    if stored.num_components() != samples {
        return Err(Error::invalid(format!("a JPEG has {} bands, not {samples}", stored.num_components())));
    }
    let wanted = if is_ycbcr { ColorSpace::RGB } else { stored };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let (width, height) = decoder.info().map_or((0, 0), |info| (info.width.into(), info.height.into()));
    if width > most.0 || height > most.1 {
        return Err(Error::invalid("a JPEG is larger than its block: the file is damaged"));
    }
    let bytes = decoder.decode().map_err(broken)?;
    match bytes.len() == width * height * samples {
        true => Ok(Picture { width, height, bytes }),
        false => Err(Error::invalid("a JPEG has colours that are not supported")),
    }
}
