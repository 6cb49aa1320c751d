//! Preview of a GeoTIFF, with its footprint.

use std::f64::consts::PI;
use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;

use geo::{Geometry, Polygon};
use image::{ImageFormat, RgbaImage};
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use up42_core::error::{Context, Error, ErrorKind, Result};

/// Longest side of the preview, in pixels.
const LONGEST: u32 = 512;
/// Limits in pixels and in bytes of samples: rasters are read whole.
const LARGEST: u64 = 60_000_000;
const MOST_BYTES: u64 = 300_000_000;

/// Raster reduced for a map.
pub(super) struct Preview {
    pub(super) png: Vec<u8>,
    pub(super) footprint: Geometry,
    /// Width, height and number of bands of the raster.
    pub(super) size: (u32, u32, usize),
}

/// Reads a GeoTIFF in EPSG:4326 or EPSG:3857.
pub(super) fn preview(path: &Path) -> Result<Preview> {
    read(path)
        .with_context(|| format!("read raster `{}`", path.file_name().unwrap_or_default().to_string_lossy()))
}

fn read(path: &Path) -> Result<Preview> {
    let broken = |error| Error::foreign(ErrorKind::Response, error);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MOST_BYTES as usize;
    limits.intermediate_buffer_size = MOST_BYTES as usize;
    let tiff = Decoder::new(BufReader::new(File::open(path)?)).map_err(broken)?;
    let mut tiff = tiff.with_limits(limits);
    let (width, height) = tiff.dimensions().map_err(broken)?;
    let bits = tiff.get_tag_u16_vec(Tag::BitsPerSample).unwrap_or_default().into_iter().max().unwrap_or(1);
    let bands = tiff.get_tag_u32(Tag::SamplesPerPixel).unwrap_or(1);
    check(u64::from(width) * u64::from(height), bands.into(), bits.div_ceil(8).into())?;
    let footprint = footprint(&mut tiff, width, height)?;
    let extra = tiff.get_tag_u16_vec(Tag::ExtraSamples).unwrap_or_default();
    let pixels = width as usize * height as usize;
    let shown = |values: Vec<f32>| {
        let bands = values.len() / pixels.max(1);
        stretched(values, bands, alpha(&extra, bands))
    };
    let samples = match tiff.read_image().map_err(broken)? {
        DecodingResult::U8(values) => values,
        DecodingResult::U16(values) => shown(values.into_iter().map(f32::from).collect()),
        DecodingResult::I16(values) => shown(values.into_iter().map(f32::from).collect()),
        DecodingResult::F32(values) => shown(values),
        _ => {
            return Err(Error::invalid(
                "its type of sample is not shown: 8 or 16 bits, or 32-bit floats are",
            ));
        }
    };
    let bands = samples.len() / pixels.max(1);
    if bands == 0 {
        return Err(Error::response("it holds no samples"));
    }
    let picture = small(&samples, width, height, bands, alpha(&extra, bands));
    let mut png = Cursor::new(Vec::new());
    picture
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|error| Error::foreign(ErrorKind::Response, error))?;
    Ok(Preview { png: png.into_inner(), footprint, size: (width, height, bands) })
}

/// Fails if a raster with these pixels, bands and bytes per sample would need too much memory,
/// whatever the size of its file.
fn check(pixels: u64, bands: u64, bytes: u64) -> Result<()> {
    let pixel = bands.saturating_mul(bytes);
    let message = match pixels.saturating_mul(pixel) {
        _ if pixels > LARGEST => format!("{pixels} pixels are more than {LARGEST}"),
        all if all > MOST_BYTES => {
            format!("{pixels} pixels of {pixel} bytes are more than {} MB", MOST_BYTES / 1_000_000)
        }
        _ => return Ok(()),
    };
    Err(Error::invalid(format!(
        "{message}, which is too large for a preview: the file is whole, open it in a GIS program"
    )))
}

/// Value of GTRasterTypeGeoKey: the tie point is the centre of a pixel, not its corner.
const PIXEL_IS_POINT: u16 = 2;

/// Returns the footprint from the tags of the OGC GeoTIFF standard (1.1, annex B).
fn footprint(tiff: &mut Decoder<BufReader<File>>, width: u32, height: u32) -> Result<Geometry> {
    let mut numbers = |tag| tiff.get_tag_f64_vec(tag).ok();
    let scale = numbers(Tag::ModelPixelScaleTag).filter(|scale| scale.len() >= 2);
    let tie = numbers(Tag::ModelTiepointTag).filter(|tie| tie.len() >= 6);
    let (scale, tie) = scale.zip(tie).ok_or_else(|| Error::invalid("it does not say where it lies"))?;
    let keys = tiff.get_tag_u16_vec(Tag::GeoKeyDirectoryTag).unwrap_or_default();
    let key = |wanted: u16| keys.chunks_exact(4).skip(1).find(|key| key[0] == wanted).map(|key| key[3]);
    let is_mercator = match (key(3072), key(2048)) {
        (Some(3857 | 900), _) => true,
        (Some(other), _) => return Err(Error::invalid(format!("EPSG:{other} is not placed on the map yet"))),
        (None, Some(4326)) => false,
        _ => return Err(Error::invalid("its coordinate system is unknown")),
    };
    // Raster type (key 1025, 7.1.2 of the standard).
    let middle = if key(1025) == Some(PIXEL_IS_POINT) { 0.5 } else { 0.0 };
    let corner = |column: f64, row: f64| {
        let (right, down) = (column - middle - tie[0], row - middle - tie[1]);
        let (x, y) = (tie[3] + right * scale[0], tie[4] - down * scale[1]);
        if is_mercator { to_degrees(x, y) } else { (x, y) }
    };
    let (width, height) = (f64::from(width), f64::from(height));
    let ring = vec![corner(0.0, 0.0), corner(width, 0.0), corner(width, height), corner(0.0, height)];
    if ring.iter().any(|(lon, lat)| !(lon.abs() <= 180.0 && lat.abs() <= 90.0)) {
        return Err(Error::invalid("its corners are not on Earth"));
    }
    Ok(Polygon::new(ring.into(), vec![]).into())
}

/// Converts web mercator metres (EPSG:3857) to degrees.
fn to_degrees(x: f64, y: f64) -> (f64, f64) {
    const RADIUS: f64 = 6_378_137.0;
    ((x / RADIUS).to_degrees(), (2.0 * (y / RADIUS).exp().atan() - PI / 2.0).to_degrees())
}

/// Returns the index of the band with the opacity: an extra sample of kind 1 or 2 (TIFF 6.0,
/// "ExtraSamples"). Any other fourth band is data, such as near infrared.
fn alpha(extra: &[u16], bands: usize) -> Option<usize> {
    let first = bands.checked_sub(extra.len())?;
    extra.iter().position(|kind| matches!(kind, 1 | 2)).map(|index| first + index)
}

/// Stretches the middle 96 % of the values to 1 to 255; 0 remains no data. Opacity becomes 0 or
/// 255.
fn stretched(values: Vec<f32>, bands: usize, alpha: Option<usize>) -> Vec<u8> {
    let is_alpha = |index: usize| alpha.is_some_and(|alpha| index % bands.max(1) == alpha);
    let mut sample: Vec<f32> = values
        .iter()
        .enumerate()
        .step_by(values.len() / 10_000 + 1)
        .filter(|(index, value)| value.is_finite() && **value != 0.0 && !is_alpha(*index))
        .map(|(_, value)| *value)
        .collect();
    sample.sort_by(f32::total_cmp);
    let at = |share: f32| sample.get((sample.len() as f32 * share) as usize).copied();
    let (low, high) = (at(0.02).unwrap_or(0.0), at(0.98).unwrap_or(1.0));
    let spread = (high - low).max(f32::EPSILON);
    values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            if *value == 0.0 || !value.is_finite() {
                0
            } else if is_alpha(index) {
                255
            } else {
                (1.0 + 254.0 * (value - low) / spread).clamp(1.0, 255.0) as u8
            }
        })
        .collect()
}

/// Returns every n-th pixel: grey, colours, or colours with opacity. Without an opacity band, black
/// is no data.
fn small(samples: &[u8], width: u32, height: u32, bands: usize, alpha: Option<usize>) -> RgbaImage {
    let step = width.max(height).div_ceil(LONGEST).max(1);
    let colours = bands - usize::from(alpha.is_some());
    RgbaImage::from_fn(width.div_ceil(step), height.div_ceil(step), |x, y| {
        let at = ((y * step) as usize * width as usize + (x * step) as usize) * bands;
        let band = |band: usize| samples.get(at + band).copied().unwrap_or(0);
        let [red, green, blue] = if colours < 3 { [band(0); 3] } else { [band(0), band(1), band(2)] };
        let is_empty = red == 0 && green == 0 && blue == 0;
        let alpha = match alpha {
            Some(alpha) => band(alpha),
            None if is_empty => 0,
            None => 255,
        };
        image::Rgba([red, green, blue, alpha])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mercator_metres_become_degrees() {
        let (lon, lat) = to_degrees(1_489_199.0, 6_894_008.0);
        assert!((lon - 13.3777).abs() < 1e-3 && (lat - 52.5163).abs() < 1e-3, "{lon} {lat}");
    }

    /// Writes a raster of 2 × 4 pixels of 0.1° with its tie point at 10° E and 50° N.
    fn raster(path: &Path, raster_type: u16) {
        use tiff::encoder::{TiffEncoder, colortype::Gray8};
        let mut file = TiffEncoder::new(File::create(path).unwrap()).unwrap();
        let mut image = file.new_image::<Gray8>(2, 4).unwrap();
        let keys = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, raster_type, 2048, 0, 1, 4326];
        let tags = image.encoder();
        tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 10.0, 50.0, 0.0][..]).unwrap();
        tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..]).unwrap();
        image.write_data(&[9; 8]).unwrap();
    }

    #[test]
    fn a_raster_that_declares_a_huge_size_is_not_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        raster(&path, 1);
        let small = std::fs::read(&path).unwrap();
        // Changes values in the file's only directory, whose entries have a tag, type, count and
        // value.
        let previewed = |values: &[(Tag, u32)]| {
            let mut bytes = small.clone();
            for (tag, value) in values {
                let entry = [&tag.to_u16().to_le_bytes()[..], &[4, 0, 1, 0, 0, 0]].concat();
                let at = bytes.windows(8).position(|window| window == entry).unwrap();
                bytes[at + 8..at + 12].copy_from_slice(&value.to_le_bytes());
            }
            std::fs::write(&path, bytes).unwrap();
            preview(&path).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(previewed(&[]), Ok(()));
        insta::assert_snapshot!(previewed(&[(Tag::ImageWidth, 30_000_001), (Tag::ImageLength, 2)]).unwrap_err(), @"read raster `a.tif`: 60000002 pixels are more than 60000000, which is too large for a preview: the file is whole, open it in a GIS program");
        let most = previewed(&[(Tag::ImageWidth, 30_000_000), (Tag::ImageLength, 2)]).unwrap_err();
        assert!(!most.contains("too large"), "{most}");
        assert!(check(60_000_000, 2, 2).is_ok());
        insta::assert_snapshot!(check(60_000_000, 2, 3).unwrap_err(), @"60000000 pixels of 6 bytes are more than 300 MB, which is too large for a preview: the file is whole, open it in a GIS program");
    }

    /// Returns west, south, east, north.
    fn bounds(path: &Path) -> [f64; 4] {
        use geo::BoundingRect;
        let rect = preview(path).unwrap().footprint.bounding_rect().unwrap();
        [rect.min().x, rect.min().y, rect.max().x, rect.max().y]
    }

    fn assert_close(found: [f64; 4], expected: [f64; 4]) {
        let is_close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9);
        assert!(is_close, "{found:?} and not {expected:?}");
    }

    #[test]
    fn a_tie_point_is_the_corner_or_the_centre_of_a_pixel() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        // Bounds computed by rasterio 1.4.4 (GDAL 3.10.3).
        for (raster_type, expected) in [(1, [10.0, 49.6, 10.2, 50.0]), (2, [9.95, 49.65, 10.15, 50.05])] {
            raster(&path, raster_type);
            assert_close(bounds(&path), expected);
        }
    }

    #[test]
    fn corners_of_rasters_match_those_of_rasterio() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cases");
        for (case, name) in [("c15_point", "point.tif"), ("c16_lzw", "lzw.tif"), ("c16_cog", "cog.tif")] {
            let archive = cases.join(case).join("output.tgz");
            if !archive.exists() {
                assert!(
                    std::env::var_os("UP42_REQUIRE_DATA").is_none(),
                    "`{}` is missing",
                    archive.display()
                );
                eprintln!("skipped: `{}` is missing", archive.display());
                return;
            }
            let folder = tempfile::tempdir().unwrap();
            let target = folder.path().join("job");
            super::super::archive::unpack(&archive, &target, Default::default(), |_| Ok(())).unwrap();
            assert_close(bounds(&target.join(name)), [13.3, 52.536, 13.364, 52.6]);
        }
    }

    #[test]
    fn values_are_stretched_and_no_data_stays_transparent() {
        let values = stretched((0..1000).map(|value| value as f32 * 10.0).collect(), 1, None);
        assert_eq!((values[0], values[999]), (0, 255));
        assert!((120..136).contains(&values[500]), "{}", values[500]);
        let figures = [[10.0, 65535.0], [20.0, 0.0], [30.0, 65535.0]].concat();
        let with_alpha = stretched(figures, 2, Some(1));
        assert_eq!((with_alpha[1], with_alpha[3], with_alpha[4]), (255, 0, 255));
        assert!(values[1..].iter().all(|value| *value > 0), "the lowest figures are data too");
    }

    #[test]
    fn a_fourth_band_is_alpha_only_if_it_is_declared() {
        assert_eq!(alpha(&[2], 4), Some(3));
        assert_eq!(alpha(&[0, 1], 5), Some(4));
        assert_eq!((alpha(&[0], 4), alpha(&[], 4), alpha(&[1, 1], 1)), (None, None, None));
        let infrared = [10, 20, 30, 0];
        assert_eq!(small(&infrared, 1, 1, 4, None).get_pixel(0, 0).0, [10, 20, 30, 255]);
        assert_eq!(small(&infrared, 1, 1, 4, Some(3)).get_pixel(0, 0).0, [10, 20, 30, 0]);
        assert_eq!(small(&[10, 20], 1, 1, 2, None).get_pixel(0, 0).0, [10, 10, 10, 255]);
    }
}
