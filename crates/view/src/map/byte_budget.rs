//! Byte budget for the pictures of a map.
//!
//! Each picture is decoded only once, so its encoded size is estimated beforehand, from its pixels
//! and its bytes per pixel. The sizes of the pictures encoded so far correct the estimate of the
//! next ones. The quality of all pictures is reduced before any is left out.

use image::DynamicImage;

use crate::picture;

/// Size and quality of an embedded picture, unless its original bytes are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Longest side, in pixels.
    pub side: u32,
    /// JPEG quality.
    pub quality: u8,
}

const fn step(side: u32, quality: u8) -> Step {
    Step { side, quality }
}

/// Steps from the best quality down.
pub const STEPS: [Step; 12] = [
    step(1024, 85),
    step(768, 80),
    step(512, 80),
    step(512, 65),
    step(384, 70),
    step(320, 70),
    step(256, 75),
    step(256, 60),
    step(192, 60),
    step(160, 60),
    step(128, 60),
    step(112, 50),
];

/// Index of the step for the most important pictures, if not all fit at the last step; the others
/// have thumbnails.
const CHOSEN: usize = 10;

/// Bytes of a JPEG before its first pixel.
const HEAD: f64 = 620.0;

/// Picture to be embedded.
#[derive(Clone, Copy, Debug)]
pub struct EmbedRequest {
    pub width: u32,
    pub height: u32,
    pub bytes: usize,
    pub is_jpeg: bool,
}

impl EmbedRequest {
    /// Estimates the size at a step, in bytes.
    fn estimate(&self, step: Step) -> f64 {
        let pixels = f64::from(self.width) * f64::from(self.height);
        let side = f64::from(self.width.max(self.height));
        let (bytes, busy) = (self.bytes as f64, self.bytes as f64 / pixels.max(1.0));
        let part = (f64::from(step.side) / side).min(1.0).powi(2);
        let small = match self.is_jpeg {
            // Real scenes take about 0.25 bytes per pixel at a quality of 75.
            true => HEAD + pixels * part * busy.clamp(0.05, 0.4) * f64::from(step.quality) / 75.0,
            // With transparent pixels it remains a PNG, otherwise it becomes a JPEG.
            false => HEAD + pixels * part * busy.clamp(0.05, 1.0),
        };
        if part < 1.0 { small } else { small.min(bytes) }
    }
}

/// Settings for embedding the next pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbedSettings {
    /// Size and quality; `None` embeds the original bytes.
    pub step: Option<Step>,
    /// Rank below which pictures are embedded.
    pub before: usize,
}

#[derive(Debug)]
pub struct ByteBudget {
    left: f64,
    /// Pictures by rank, the most important first; `None` once they are encoded.
    requests: Vec<Option<EmbedRequest>>,
    /// Estimated size of the pictures encoded so far; `taken` is their actual size.
    estimated: f64,
    taken: f64,
}

impl ByteBudget {
    /// Makes a budget of `bytes` for pictures in order of rank.
    pub fn new(bytes: usize, requests: Vec<Option<EmbedRequest>>) -> Self {
        Self { left: bytes as f64, requests, estimated: 0.0, taken: 0.0 }
    }

    /// Returns settings for the next pictures with which all remaining ones fit, if possible.
    pub fn settings(&self) -> EmbedSettings {
        let all = self.requests.len();
        let open = || self.requests.iter().flatten();
        if open().map(|request| request.bytes as f64).sum::<f64>() <= self.left {
            return EmbedSettings { step: None, before: all };
        }
        // The first estimate has a larger margin, since it may be far off.
        let ratio = if self.estimated > 0.0 { self.taken / self.estimated * 1.02 } else { 1.15 };
        let fits =
            |step: &Step| open().map(|request| request.estimate(*step)).sum::<f64>() * ratio <= self.left;
        if let Some(step) = STEPS.into_iter().find(fits) {
            return EmbedSettings { step: Some(step), before: all };
        }
        let step = STEPS[CHOSEN];
        let mut left = self.left;
        let is_last = |request: &Option<EmbedRequest>| {
            left -= request.map_or(0.0, |request| request.estimate(step) * ratio);
            left < 0.0
        };
        EmbedSettings { step: Some(step), before: self.requests.iter().position(is_last).unwrap_or(all) }
    }

    /// Subtracts an encoded picture from the budget. Returns it if it fits.
    pub fn take(&mut self, rank: usize, step: Option<Step>, picture: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let request = self.requests[rank].take()?;
        let picture = picture?;
        let bytes = picture.len() as f64;
        if let Some(step) = step {
            self.estimated += request.estimate(step);
            self.taken += bytes;
        }
        if bytes > self.left {
            return None;
        }
        self.left -= bytes;
        Some(picture)
    }
}

/// Returns the bytes to embed. `longest` is the longest side of the original; `image` may be
/// reduced to what the step needs. Without a step, the original is used without its metadata (if it
/// has at most 1,024 pixels a side).
pub fn fitted(original: &[u8], longest: u32, image: &DynamicImage, step: Option<Step>) -> Vec<u8> {
    let fits = longest <= step.unwrap_or(STEPS[0]).side;
    let bare = fits.then(|| picture::bare(original)).flatten();
    let (bare, step) = match (bare, step) {
        (Some(bare), None) => return bare,
        (bare, step) => (bare, step.unwrap_or(STEPS[0])),
    };
    let small = picture::shrunk(image, step.side);
    let made =
        if picture::has_holes(&small) { picture::png(&small) } else { picture::photo(&small, step.quality) };
    bare.filter(|bare| bare.len() <= made.len()).unwrap_or(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(count: usize) -> Vec<Option<EmbedRequest>> {
        vec![Some(EmbedRequest { width: 384, height: 384, bytes: 30_000, is_jpeg: true }); count]
    }

    #[test]
    fn quality_is_reduced_before_pictures_are_left_out() {
        let step = |bytes: usize, count| ByteBudget::new(bytes, requests(count)).settings();
        assert_eq!(step(3_000_000, 100), EmbedSettings { step: None, before: 100 });
        let sides: Vec<_> = [200, 400, 800].map(|count| step(3_000_000, count).step.unwrap().side).into();
        assert_eq!(sides, [256, 160, 112]);
        assert_eq!(step(3_000_000, 800).before, 800);
        let crowded = step(3_000_000, 5000);
        assert_eq!(crowded.step.unwrap().side, 128);
        assert!((500..1200).contains(&crowded.before), "{}", crowded.before);
        assert_eq!(step(0, 3).before, 0);
    }

    #[test]
    fn a_wrong_estimate_is_corrected_and_the_limit_is_kept() {
        for truth in [0.4, 2.5] {
            let mut byte_budget = ByteBudget::new(1_000_000, requests(300));
            let mut sum = 0;
            for rank in 0..300 {
                let settings = byte_budget.settings();
                let size = requests(1)[0].unwrap().estimate(settings.step.unwrap()) * truth;
                let made = (rank < settings.before).then(|| vec![0; size as usize]);
                sum += byte_budget.take(rank, settings.step, made).map_or(0, |made| made.len());
            }
            assert!((800_000..=1_000_000).contains(&sum), "{sum} for {truth}");
        }
    }

    #[test]
    fn originals_are_embedded_without_their_metadata() {
        let image = DynamicImage::new_rgb8(64, 64);
        let clean = picture::jpeg(&image, 80);
        let commented = [&clean[..2], b"\xff\xfe\x00\x06here", &clean[2..]].concat();
        assert_eq!(fitted(&commented, 64, &image, None), clean);
        let large = fitted(&commented, 2000, &DynamicImage::new_rgb8(2000, 10), None);
        assert_eq!(picture::decode(&large).unwrap().width(), 1024);
        let holes = DynamicImage::new_rgba8(300, 300);
        assert!(fitted(&picture::png(&holes), 300, &holes, Some(STEPS[8])).starts_with(b"\x89PNG"));
    }
}
