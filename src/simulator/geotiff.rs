//! GeoTIFF files of pictures in WGS 84.

use std::io::Cursor;

use tiff::TiffResult;
use tiff::encoder::{Compression, TiffEncoder, colortype::RGBA8};
use tiff::tags::Tag;

use super::catalog::shape::Bbox;
use super::quicklook::Picture;

const MODEL_PIXEL_SCALE: u16 = 33550;
const MODEL_TIEPOINT: u16 = 33922;
const GEO_KEY_DIRECTORY: u16 = 34735;
const EXTRA_SAMPLES: u16 = 338;

/// Version 1.1.0 and three keys: geographic coordinates, pixels are areas,
/// EPSG:4326.
const GEO_KEYS: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];

/// Four bands of bytes: red, green, blue, near infrared.
pub(super) fn encode(picture: &Picture, [west, south, east, north]: Bbox) -> TiffResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut encoder = TiffEncoder::new(&mut file)?.with_compression(Compression::Deflate(Default::default()));
    let mut image = encoder.new_image::<RGBA8>(width, height)?;
    let scale = [(east - west) / f64::from(width), (north - south) / f64::from(height), 0.0];
    let tags = image.encoder();
    tags.write_tag(Tag::Unknown(MODEL_PIXEL_SCALE), &scale[..])?;
    tags.write_tag(Tag::Unknown(MODEL_TIEPOINT), &[0.0, 0.0, 0.0, west, north, 0.0][..])?;
    tags.write_tag(Tag::Unknown(GEO_KEY_DIRECTORY), &GEO_KEYS[..])?;
    // The fourth band is data, no transparency.
    tags.write_tag(Tag::Unknown(EXTRA_SAMPLES), &[0_u16][..])?;
    let bytes: Vec<u8> = picture.pixels.iter().flatten().copied().collect();
    image.write_data(&bytes)?;
    Ok(file.into_inner())
}
