//! GeoTIFF encoding of pictures in WGS 84.

use std::io::Cursor;

use tiff::TiffResult;
use tiff::encoder::{Compression, TiffEncoder, colortype::RGB8};
use tiff::tags::{ExtraSamples, Tag};

use super::catalog::shape::Bbox;
use super::quicklook::Picture;

const MODEL_PIXEL_SCALE: u16 = 33550;
const MODEL_TIEPOINT: u16 = 33922;
const GEO_KEY_DIRECTORY: u16 = 34735;

/// GeoKey directory: version 1.1.0 and three keys for geographic coordinates, pixels as areas, and
/// EPSG:4326.
const GEO_KEYS: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];

/// Encodes four bands of bytes, as the platform delivers them: red, green, blue, and 255 where the
/// scene covers the position.
pub(super) fn encode(
    picture: &Picture,
    [west, south, east, north]: Bbox,
    covered: impl Fn(f64, f64) -> bool,
) -> TiffResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut encoder = TiffEncoder::new(&mut file)?.with_compression(Compression::Deflate(Default::default()));
    let mut image = encoder.new_image::<RGB8>(width, height)?;
    let scale = [(east - west) / f64::from(width), (north - south) / f64::from(height), 0.0];
    let tags = image.encoder();
    tags.write_tag(Tag::Unknown(MODEL_PIXEL_SCALE), &scale[..])?;
    tags.write_tag(Tag::Unknown(MODEL_TIEPOINT), &[0.0, 0.0, 0.0, west, north, 0.0][..])?;
    tags.write_tag(Tag::Unknown(GEO_KEY_DIRECTORY), &GEO_KEYS[..])?;
    image.extra_samples(&[ExtraSamples::UnassociatedAlpha])?;
    let mut bytes = Vec::with_capacity(picture.pixels.len() * 4);
    for (place, pixel) in picture.pixels.iter().enumerate() {
        let (column, row) = (place % picture.width, place / picture.width);
        let lon = west + (column as f64 + 0.5) * scale[0];
        let lat = north - (row as f64 + 0.5) * scale[1];
        match covered(lon, lat) {
            true => bytes.extend_from_slice(&[pixel[0], pixel[1], pixel[2], 255]),
            false => bytes.extend_from_slice(&[0; 4]),
        }
    }
    image.write_data(&bytes)?;
    Ok(file.into_inner())
}
