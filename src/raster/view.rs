//! Card of a raster: its facts and a thumbnail.

use std::fmt;

use image::{DynamicImage, Rgb, RgbImage};

use super::Raster;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell};
use up42_view::impl_mime_bundle;
use up42_view::picture;

/// Longest side of the thumbnail, in pixels.
const LONGEST: usize = 240;

impl Raster {
    fn bundle(&self) -> MimeBundle {
        let mut card = Card::new(self.name())
            .fact("Size", format!("{} × {} pixels", self.width(), self.height()))
            .fact("Bands", self.band_list());
        if let Some(crs) = self.crs() {
            card = card.fact("Coordinate system", crs.to_string());
        }
        if let Some(pixel) = self.transform().map(|transform| transform.0) {
            let (width, height) = (pixel[1].hypot(pixel[4]), pixel[2].hypot(pixel[5]));
            card = card.fact("Pixel", format!("{} × {}", shortened(width), shortened(height)));
        }
        let overviews: Vec<_> = self.overviews().iter().map(ToString::to_string).collect();
        card = card.fact("Compression", self.codec().to_string());
        if !overviews.is_empty() {
            card = card.fact("Overviews", format!("1 : {}", overviews.join(", 1 : ")));
        }
        match self.thumbnail() {
            Ok(jpeg) => card.fact("Preview", Cell::Image(jpeg, format!("preview of {}", self.name()))),
            Err(error) => card.note(format!("no preview: {error}")),
        }
        .bundle()
    }

    /// Returns the names and types of the bands, such as `red, nir (uint16)`.
    fn band_list(&self) -> String {
        let bands = self.bands();
        let names: Vec<_> = (0..bands.len()).filter_map(|index| self.band_name(index)).collect();
        let mut types: Vec<_> = bands.iter().map(|band| band.data_type.to_string()).collect();
        types.dedup();
        let names = if names.is_empty() { bands.len().to_string() } else { names.join(", ") };
        format!("{names} ({})", types.join(", "))
    }

    /// Returns a JPEG of three bands, or of one, stretched from the second to the 98th percentile.
    fn thumbnail(&self) -> up42_core::error::Result<Vec<u8>> {
        let shown = if self.bands().len() >= 3 { vec![0, 1, 2] } else { vec![0; 3] };
        let window = self.preview(LONGEST, &shown)?;
        let stretches: Vec<_> = window.bands.iter().map(|values| stretch(values)).collect();
        let (width, height) = (window.rect.width as u32, window.rect.height as u32);
        let image = RgbImage::from_fn(width, height, |x, y| {
            let at = (y * width + x) as usize;
            let value = |band: usize| {
                let (low, high) = stretches[band];
                // No data is white, as the card is.
                let share = (window.bands[band][at] - low) / (high - low);
                if share.is_nan() { 255 } else { (share.clamp(0.0, 1.0) * 255.0) as u8 }
            };
            Rgb([value(0), value(1), value(2)])
        });
        Ok(picture::photo(&DynamicImage::ImageRgb8(image), 80))
    }
}

/// Formats a number with six significant digits at most.
fn shortened(number: f64) -> String {
    let digits = (5 - number.abs().max(f64::MIN_POSITIVE).log10().floor() as i32).clamp(0, 12);
    let text = format!("{number:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Returns the second and the 98th percentile of the values with data.
fn stretch(values: &[f64]) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied();
    match (at(0.02), at(0.98)) {
        (Some(low), Some(high)) if low < high => (low, high),
        (Some(low), _) => (low, low + 1.0),
        _ => (0.0, 1.0),
    }
}

impl_mime_bundle!(Raster);

impl fmt::Display for Raster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bundle().text)
    }
}
