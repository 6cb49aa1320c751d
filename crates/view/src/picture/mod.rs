//! JPEG and PNG pictures: decoding within limits, resizing and encoding.

pub mod canvas;
pub mod font;
mod metadata;
pub mod scanline;
mod shrink;

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage, imageops};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

pub use metadata::bare;
pub use shrink::{shrunk, squeezed};
use up42_core::error::{Error, ErrorKind, Result};

/// Largest picture file that is decoded, in bytes; quicklooks are about a hundredth of it. The
/// longest side and the memory are limited, too, since a small file may declare a huge picture.
pub const MOST_BYTES: usize = 32 << 20;
const LONGEST_SIDE: u32 = 8192;
const MOST_MEMORY: u64 = 256 << 20;

/// Decodes a JPEG or a PNG.
///
/// # Errors
///
/// [`ErrorKind::Response`] if the bytes are not a valid JPEG or PNG, or exceed 32 MB, 8,192 pixels
/// a side or 256 MB of memory.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage> {
    let read_error = |error: ImageError| match error {
        ImageError::Limits(_) => Error::response(format!(
            "the picture is too large to show: at most {LONGEST_SIDE} pixels a side and {} MB of memory",
            MOST_MEMORY >> 20
        )),
        other => Error::foreign(ErrorKind::Response, other.to_string()),
    };
    reader(bytes)?.decode().map_err(read_error)
}

fn reader(bytes: &[u8]) -> Result<ImageReader<Cursor<&[u8]>>> {
    if bytes.len() > MOST_BYTES {
        let (size, most) = (bytes.len() >> 20, MOST_BYTES >> 20);
        return Err(Error::response(format!(
            "a picture of {size} MB is too large to show: {most} MB are shown"
        )));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let format = match bytes {
        [0xff, 0xd8, ..] => ImageFormat::Jpeg,
        [0x89, b'P', b'N', b'G', ..] => ImageFormat::Png,
        _ => return Err(Error::response("neither a JPEG nor a PNG")),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    Ok(reader)
}

/// Returns width and height from the header of a picture; `None` if it cannot be read.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    reader(bytes).ok()?.into_dimensions().ok()
}

/// Encodes a JPEG of at most `side` pixels in each direction, for a table row.
///
/// # Errors
///
/// The same as [`decode`].
pub fn thumbnail(bytes: &[u8], side: u32) -> Result<Vec<u8>> {
    Ok(photo(&shrunk(&decode(bytes)?, side), 70))
}

/// Returns both pictures as one, the second below the first and at most as wide.
pub fn stacked(upper: &DynamicImage, lower: &DynamicImage) -> DynamicImage {
    let lower = shrunk(lower, upper.width()).to_rgb8();
    let mut both = RgbImage::from_pixel(upper.width(), upper.height() + lower.height(), Rgb([0xff; 3]));
    imageops::replace(&mut both, &upper.to_rgb8(), 0, 0);
    imageops::replace(&mut both, &lower, 0, upper.height().into());
    DynamicImage::ImageRgb8(both)
}

/// Returns at most `most` bytes to embed: the original if it fits and has at most 1,024 pixels a
/// side, otherwise the largest version that fits, down to 64 pixels. `None` if none fits.
pub fn fitted(original: &[u8], image: &DynamicImage, most: usize) -> Option<Vec<u8>> {
    let side = image.width().max(image.height());
    if original.len() <= most && side <= 1024 {
        return Some(original.to_vec());
    }
    const STEPS: [(u32, u8); 9] =
        [(512, 78), (512, 62), (384, 65), (256, 75), (256, 60), (192, 60), (128, 60), (96, 55), (64, 50)];
    let transparent = has_holes(image);
    // Expected bytes per pixel: for a JPEG, those of the original (about 0.25 for real scenes).
    // Steps that would be far too large are skipped.
    let all = f64::from(image.width()) * f64::from(image.height());
    let is_jpeg = original.starts_with(&[0xff, 0xd8]);
    let busy = if is_jpeg { (original.len() as f64 / all).clamp(0.05, 0.5) } else { 0.2 };
    let mut last = None;
    for (longest, quality) in STEPS {
        let longest = longest.min(side);
        let pixels = all * (f64::from(longest) / f64::from(side)).powi(2);
        if pixels * busy * f64::from(quality) / 75.0 > most as f64 || last == Some((longest, quality)) {
            continue;
        }
        last = Some((longest, quality));
        let small = shrunk(image, longest);
        let bytes = if transparent { png(&small) } else { photo(&small, quality) };
        if bytes.len() <= most {
            return Some(bytes);
        }
    }
    None
}

/// Encodes a drawing as a JPEG with colour at full resolution (4:4:4). Transparent pixels become
/// black.
pub fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    encoded(image, quality, SamplingFactor::F_1_1)
}

/// Encodes a photograph as a JPEG with one colour value for four pixels (4:2:0), as cameras do. It
/// takes two thirds of the bytes.
pub fn photo(image: &DynamicImage, quality: u8) -> Vec<u8> {
    encoded(image, quality, SamplingFactor::F_2_2)
}

fn encoded(image: &DynamicImage, quality: u8, sampling: SamplingFactor) -> Vec<u8> {
    let rgb = image.as_rgb8().map_or_else(|| Cow::Owned(image.to_rgb8()), Cow::Borrowed);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // With optimized tables the encoder writes one scan per colour, which `decode` (zune-jpeg 0.5)
    // misreads if colours are subsampled.
    encoder.set_optimized_huffman_tables(false);
    // Cannot fail: the picture is at most 8,192 pixels wide (`LONGEST_SIDE`), and the output is
    // memory.
    let _ = encoder.encode(rgb.as_raw(), rgb.width() as u16, rgb.height() as u16, ColorType::Rgb);
    bytes
}

/// Encodes a PNG.
pub fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let _ = image.write_to(&mut bytes, ImageFormat::Png);
    bytes.into_inner()
}

/// Encodes a picture as JPEG or PNG, by the path's extension. `None` for another extension.
pub fn for_file(image: &DynamicImage, path: &Path) -> Option<Vec<u8>> {
    match extension(path).as_str() {
        "jpg" | "jpeg" => Some(jpeg(image, 90)),
        "png" => Some(png(image)),
        _ => None,
    }
}

/// Returns the extension of a path in lower case; empty if there is none.
pub fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Returns whether the picture has transparent pixels (alpha below 128).
pub fn has_holes(image: &DynamicImage) -> bool {
    image.color().has_alpha() && image.to_rgba8().as_raw().chunks_exact(4).any(|pixel| pixel[3] < 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(side: u32) -> DynamicImage {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let raw = (0..side * side * 3).map(|_| next()).collect();
        DynamicImage::ImageRgb8(image::RgbImage::from_raw(side, side, raw).unwrap())
    }

    #[test]
    fn small_originals_are_unchanged() {
        let image = noise(32);
        let bytes = png(&image);
        assert_eq!(fitted(&bytes, &image, 1 << 20), Some(bytes));
    }

    #[test]
    fn a_picture_is_reduced_until_it_fits() {
        let image = noise(600);
        let bytes = png(&image);
        for most in [100_000, 20_000, 5_000] {
            let small = fitted(&bytes, &image, most).unwrap();
            assert!(small.len() <= most && decode(&small).is_ok());
        }
        assert_eq!(fitted(&bytes, &image, 100), None);
    }

    #[test]
    fn invalid_pictures_are_refused() {
        assert_eq!(decode(b"<html>").unwrap_err().to_string(), "neither a JPEG nor a PNG");
        assert!(decode(&[0xff, 0xd8, 0xff, 0xe0]).is_err());
        // A PNG header that declares 100,000 × 100,000 pixels.
        let mut huge = png(&noise(8));
        huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        assert!(decode(&huge).is_err());
        let wide = |width| decode(&png(&DynamicImage::new_rgb8(width, 1)));
        assert_eq!(wide(LONGEST_SIDE).unwrap().width(), LONGEST_SIDE);
        insta::assert_snapshot!(wide(LONGEST_SIDE + 1).unwrap_err(), @"the picture is too large to show: at most 8192 pixels a side and 256 MB of memory");
        let long = vec![0xff; MOST_BYTES + (1 << 20)];
        insta::assert_snapshot!(decode(&long).unwrap_err(), @"a picture of 33 MB is too large to show: 32 MB are shown");
    }
}
