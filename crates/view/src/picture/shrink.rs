//! Downsampling of pictures: each new pixel is the mean of the area that it covers.

use std::borrow::Cow;

use image::{DynamicImage, RgbImage, RgbaImage};

/// Reduces a picture to at most `side` pixels on its longest side.
pub fn shrunk(image: &DynamicImage, side: u32) -> Cow<'_, DynamicImage> {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height);
    if longest <= side {
        return Cow::Borrowed(image);
    }
    let part = |length: u32| (u64::from(length) * u64::from(side)).div_ceil(u64::from(longest)) as u32;
    Cow::Owned(squeezed(image, part(width), part(height)))
}

/// Resizes a picture to a width and height, without keeping its aspect ratio.
pub fn squeezed(image: &DynamicImage, width: u32, height: u32) -> DynamicImage {
    let (from, to) = ([image.width(), image.height()], [width, height]);
    if image.color().has_alpha() {
        let rgba = image.as_rgba8().map_or_else(|| Cow::Owned(image.to_rgba8()), Cow::Borrowed);
        let raw = rows::<4>(&premultiplied(rgba.as_raw()), from, to);
        let image = RgbaImage::from_raw(width, height, divided(raw)).unwrap_or_default();
        return DynamicImage::ImageRgba8(image);
    }
    let rgb = image.as_rgb8().map_or_else(|| Cow::Owned(image.to_rgb8()), Cow::Borrowed);
    DynamicImage::ImageRgb8(
        RgbImage::from_raw(width, height, rows::<3>(rgb.as_raw(), from, to)).unwrap_or_default(),
    )
}

/// Multiplies colours by alpha, so that transparent pixels do not affect the colours beside them.
fn premultiplied(raw: &[u8]) -> Vec<u8> {
    let pixel = |pixel: &[u8]| {
        let alpha = u16::from(pixel[3]);
        [0, 1, 2].map(|i| ((u16::from(pixel[i]) * alpha + 127) / 255) as u8).into_iter().chain([pixel[3]])
    };
    raw.chunks_exact(4).flat_map(pixel).collect()
}

fn divided(mut raw: Vec<u8>) -> Vec<u8> {
    for pixel in raw.chunks_exact_mut(4).filter(|pixel| pixel[3] > 0) {
        let alpha = u32::from(pixel[3]);
        pixel[..3]
            .iter_mut()
            .for_each(|value| *value = ((u32::from(*value) * 255 + alpha / 2) / alpha).min(255) as u8);
    }
    raw
}

/// Resamples raw pixels. Rows are summed first, in a loop that the compiler can vectorize, then the
/// columns of the few resulting rows.
fn rows<const CHANNELS: usize>(raw: &[u8], from: [u32; 2], to: [u32; 2]) -> Vec<u8> {
    let across = shares(from[0], to[0]);
    let length = from[0] as usize * CHANNELS;
    let mut out = vec![0; to[0] as usize * to[1] as usize * CHANNELS];
    let mut line = vec![0.0_f32; length];
    let lines = out.chunks_exact_mut(to[0] as usize * CHANNELS);
    for (made, (first, weights)) in lines.zip(shares(from[1], to[1])) {
        line.fill(0.0);
        for (row, weight) in raw[first * length..].chunks_exact(length).zip(weights) {
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * f32::from(*value));
        }
        let (pixels, _) = line.as_chunks::<CHANNELS>();
        for (new, (first, weights)) in made.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(&across) {
            let mut sum = [0.5_f32; CHANNELS];
            for (old, weight) in pixels[*first..].iter().zip(weights) {
                for (sum, value) in sum.iter_mut().zip(old) {
                    *sum += weight * value;
                }
            }
            new.iter_mut().zip(sum).for_each(|(new, sum)| *new = sum as u8);
        }
    }
    out
}

/// Returns, for each new pixel, the first old pixel that it covers, and the weight of each.
fn shares(from: u32, to: u32) -> Vec<(usize, Vec<f32>)> {
    let (from, to) = (u64::from(from), u64::from(to));
    // In units of which an old pixel is `to` wide and a new one `from`.
    let share = |i: u64| {
        let (start, end) = (i * from, (i + 1) * from);
        let covered = start / to..end.div_ceil(to);
        let overlap = |old: u64| (end.min((old + 1) * to) - start.max(old * to)) as f32 / from as f32;
        (covered.start as usize, covered.map(overlap).collect())
    };
    (0..to).map(share).collect()
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba};

    use super::*;

    #[test]
    fn each_pixel_is_the_mean_of_its_source_pixels() {
        let image = RgbImage::from_fn(5, 2, |x, y| Rgb([(x * 50 + y * 20) as u8, 7, 255]));
        let small = squeezed(&DynamicImage::ImageRgb8(image.clone()), 2, 1).to_rgb8();
        // Each covers 2.5 columns: (0 + 50 + 100 / 2) / 2.5; the mean of the rows adds 10.
        assert_eq!(small.into_raw(), [50, 7, 255, 170, 7, 255]);
        let same = squeezed(&DynamicImage::ImageRgb8(image.clone()), 5, 2);
        assert_eq!(same, DynamicImage::ImageRgb8(image.clone()));
        let large = squeezed(&DynamicImage::ImageRgb8(image), 10, 4).to_rgb8();
        assert_eq!(large.get_pixel(9, 3).0, [220, 7, 255]);
    }

    #[test]
    fn the_longest_side_is_at_most_the_limit() {
        let image = DynamicImage::ImageLuma8(image::GrayImage::new(300, 7));
        let small = shrunk(&image, 100);
        assert_eq!((small.width(), small.height()), (100, 3));
        assert_eq!(shrunk(&image, 300).width(), 300);
        assert_eq!(shrunk(&DynamicImage::new_rgb8(8000, 1), 16).height(), 1);
    }

    #[test]
    fn transparent_pixels_have_no_weight() {
        let pixel = |x: u32, _: u32| Rgba(if x == 0 { [200, 100, 0, 255] } else { [0, 0, 0, 0] });
        let small = squeezed(&DynamicImage::ImageRgba8(RgbaImage::from_fn(2, 2, pixel)), 1, 1);
        // 199 instead of 200: rounding to eight bits at half opacity.
        assert_eq!(small.to_rgba8().into_raw(), [199, 100, 0, 128]);
    }
}
