//! Facts of a TIFF's header, in the terms of a raster.

use up42_core::Result;
use up42_core::limits::ReadBudget;

use crate::band::{Band, Color, DataType};
use crate::raster::{Facts, Masking, Photometric};
use crate::tiff::{Directory, GeoKeys, Georeference, Header, Image, Metadata, tags};

/// Reads the facts from the directory of the full resolution.
pub(crate) fn read(header: &Header, directory: &Directory, budget: &ReadBudget) -> Result<Facts> {
    let reader = header.reader(budget);
    let image = &header.levels[0].image;
    let keys = GeoKeys::read(&reader, directory)?;
    let metadata = Metadata::read(&reader, directory)?;
    let photometric = photometric(image.photometric);
    let nodata = metadata.nodata.and_then(|nodata| stored(nodata, image));
    let band = |index| Band {
        name: metadata.of_band(index, "description").map(str::to_owned),
        description: metadata.of_band(index, "description").map(str::to_owned),
        data_type: image.data_type,
        nodata,
        scale: metadata.number_of_band(index, "scale").unwrap_or(1.0),
        offset: metadata.number_of_band(index, "offset").unwrap_or(0.0),
        color: metadata.color_of_band(index).unwrap_or_else(|| color(index, image, photometric)),
    };
    let bands: Vec<_> = (0..image.samples).map(band).collect();
    // As in GDAL: opacity of other types, and before other bands, has no effect.
    let has_alpha = matches!(image.data_type, DataType::U8 | DataType::U16) && bands.len() > 1;
    let alpha = bands.iter().rposition(|band| band.color == Color::Alpha);
    let alpha = alpha.filter(|alpha| has_alpha && *alpha == bands.len() - 1);
    let masking = match (&header.levels[0].mask, nodata, alpha) {
        (Some(_), ..) => Masking::Mask,
        (None, Some(_), _) => Masking::Nodata,
        (None, None, Some(alpha)) => Masking::Alpha(alpha),
        (None, None, None) => Masking::None,
    };
    let palette = match directory.entries.get(&tags::COLOR_MAP) {
        Some(entry) => palette(&reader.integers(entry, 3 << 16)?, nodata),
        None if is_bilevel(image) && photometric == Photometric::MinIsWhite => {
            palette(&[255, 0, 255, 0, 255, 0], nodata)
        }
        None if is_bilevel(image) => palette(&[0, 255, 0, 255, 0, 255], nodata),
        None => Vec::new(),
    };
    Ok(Facts {
        bands,
        crs: keys.crs(),
        georeference: Georeference::read(&reader, directory, keys.is_point())?,
        is_point: keys.is_point(),
        palette,
        photometric,
        masking,
    })
}

/// Returns whether an image is black and white, which has a palette in GDAL.
fn is_bilevel(image: &Image) -> bool {
    image.bits == 1 && image.samples == 1
}

fn photometric(number: u64) -> Photometric {
    match number {
        0 => Photometric::MinIsWhite,
        1 => Photometric::MinIsBlack,
        2 => Photometric::Rgb,
        3 => Photometric::Palette,
        5 => Photometric::Cmyk,
        6 => Photometric::YCbCr,
        8 => Photometric::CieLab,
        _ => Photometric::Other,
    }
}

/// Returns the nodata value as values of the image's type are read; `None` if none can be equal to
/// it.
fn stored(nodata: f64, image: &Image) -> Option<f64> {
    use DataType::{ComplexF32, F32, I8, I16, I32, I64, U8, U16, U32, U64};
    let (least, most) = match image.data_type {
        F32 | ComplexF32 => return Some(f64::from(nodata as f32)),
        U8 => (0.0, 255.0),
        I8 => (-128.0, 127.0),
        U16 => (0.0, 65535.0),
        I16 => (-32768.0, 32767.0),
        U32 => (0.0, f64::from(u32::MAX)),
        I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        U64 => (0.0, u64::MAX as f64),
        I64 => (i64::MIN as f64, i64::MAX as f64),
        _ => return Some(nodata),
    };
    ((least..=most).contains(&nodata) && nodata.fract() == 0.0).then_some(nodata)
}

/// Returns the meaning of a band by the tags PhotometricInterpretation and ExtraSamples.
fn color(index: usize, image: &Image, photometric: Photometric) -> Color {
    let first_extra = image.samples.saturating_sub(image.extra_samples.len());
    match (index.checked_sub(first_extra), index, photometric) {
        // Associated and unassociated alpha.
        (Some(extra), ..) if matches!(image.extra_samples.get(extra), Some(1 | 2)) => Color::Alpha,
        (Some(_), ..) => Color::Undefined,
        (None, 0, Photometric::Rgb | Photometric::YCbCr) => Color::Red,
        (None, 1, Photometric::Rgb | Photometric::YCbCr) => Color::Green,
        (None, 2, Photometric::Rgb | Photometric::YCbCr) => Color::Blue,
        (None, 0, Photometric::Palette) => Color::Palette,
        (None, 0, _) if is_bilevel(image) => Color::Palette,
        (None, 0, Photometric::MinIsBlack | Photometric::MinIsWhite) => Color::Gray,
        _ => Color::Undefined,
    }
}

/// Returns colours with opacity: the tag ColorMap has 16 bits, all reds first. The nodata value is
/// transparent.
fn palette(map: &[u64], nodata: Option<f64>) -> Vec<[u8; 4]> {
    let count = map.len() / 3;
    // Some writers store 8 bits.
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let entry = |index: usize| {
        let [red, green, blue] = [0, 1, 2].map(|color| (map[color * count + index] >> shift) as u8);
        let alpha = if nodata == Some(index as f64) { 0 } else { 255 };
        [red, green, blue, alpha]
    };
    (0..count).map(entry).collect()
}
