//! Atlas: the thumbnails of all scenes in one picture. It is decoded once, and takes a fifth of the
//! bytes of separate files.

use image::{DynamicImage, RgbImage};

use crate::picture;

/// Side of a cell in pixels: a multiple of the JPEG block size, so that cells do not bleed into
/// each other.
pub const SIDE: u32 = 48;

/// Bytes reserved for a cell: the size of a detailed one at medium quality.
pub const CELL: usize = 620;

/// JPEG qualities, from the best down.
const QUALITIES: [u8; 6] = [75, 65, 55, 45, 35, 25];

/// Pixels of a cell, three bytes each.
pub type Cell = Vec<u8>;

/// Encoded atlas.
#[derive(Clone, Debug, PartialEq)]
pub struct Atlas {
    pub jpeg: Vec<u8>,
    pub columns: usize,
    /// Number of cells: the first of the given ones.
    pub cells: usize,
}

/// Resizes a picture to a square cell, so that its corners are the corners of the cell.
pub fn cell(image: &DynamicImage) -> Cell {
    let small = picture::squeezed(image, SIDE, SIDE);
    if !small.color().has_alpha() {
        return small.to_rgb8().into_raw();
    }
    // On white, since a JPEG has no transparency.
    let over = |pixel: &[u8]| {
        let alpha = u16::from(pixel[3]);
        [0, 1, 2].map(|i| ((u16::from(pixel[i]) * alpha + 255 * (255 - alpha)) / 255) as u8)
    };
    small.to_rgba8().chunks_exact(4).flat_map(over).collect()
}

impl Atlas {
    /// Returns the best atlas of at most `most` bytes. If not all cells fit, it has the first ones;
    /// `None` if none fits.
    pub fn of(cells: &[&Cell], most: usize) -> Option<Self> {
        // The size is estimated from a sample.
        let step = cells.len().div_ceil(64).max(1);
        let sample: Vec<&Cell> = cells.iter().copied().step_by(step).collect();
        let guess = |quality: u8| drawn(&sample, quality).jpeg.len() * cells.len() / sample.len().max(1);
        let mut qualities = QUALITIES.into_iter().skip_while(|quality| guess(*quality) > most);
        let fitting = qualities
            .find_map(|quality| Some(drawn(cells, quality)).filter(|atlas| atlas.jpeg.len() <= most));
        match fitting {
            Some(atlas) if !cells.is_empty() => Some(atlas),
            _ if cells.len() < 2 => None,
            // Some recognizable cells are better than all of them unrecognizable.
            _ => Self::of(&cells[..cells.len() / 2], most),
        }
    }
}

fn drawn(cells: &[&Cell], quality: u8) -> Atlas {
    let side = SIDE as usize;
    let columns = (cells.len() as f64).sqrt().ceil().max(1.0) as usize;
    let (width, height) = (columns * side, cells.len().div_ceil(columns) * side);
    let mut raw = vec![0; width * height * 3];
    for (i, cell) in cells.iter().enumerate() {
        let at = (i / columns * side * width + i % columns * side) * 3;
        for (row, line) in cell.chunks_exact(side * 3).enumerate() {
            raw[at + row * width * 3..][..side * 3].copy_from_slice(line);
        }
    }
    let image = RgbImage::from_raw(width as u32, height as u32, raw).unwrap_or_default();
    Atlas { jpeg: picture::photo(&DynamicImage::ImageRgb8(image), quality), columns, cells: cells.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn cells(count: u32) -> Vec<Cell> {
        let wave =
            |seed: u32| move |x: u32, y: u32| Rgb([(seed * 2) as u8 + 20, (x + y) as u8, (x * 2) as u8]);
        (0..count).map(|i| cell(&DynamicImage::ImageRgb8(RgbImage::from_fn(90, 70, wave(i))))).collect()
    }

    #[test]
    fn each_cell_has_its_position_by_index() {
        let cells = cells(11);
        let atlas = Atlas::of(&cells.iter().collect::<Vec<_>>(), 1 << 20).unwrap();
        assert_eq!((atlas.columns, atlas.cells), (4, 11));
        let image = picture::decode(&atlas.jpeg).unwrap().to_rgb8();
        assert_eq!((image.width(), image.height()), (4 * SIDE, 3 * SIDE));
        for i in 0..11_u32 {
            let [red, ..] = image.get_pixel(i % 4 * SIDE + 24, i / 4 * SIDE + 24).0;
            assert!(red.abs_diff((i * 2) as u8 + 20) < 12, "{i}: {red}");
        }
    }

    #[test]
    fn the_atlas_is_within_its_limit_of_bytes() {
        let cells = cells(100);
        let cells: Vec<_> = cells.iter().collect();
        let best = Atlas::of(&cells, 1 << 20).unwrap();
        let small = Atlas::of(&cells, best.jpeg.len() * 3 / 4).unwrap();
        assert!(small.jpeg.len() <= best.jpeg.len() * 3 / 4 && small.cells == 100);
        let few = Atlas::of(&cells, 6_000).unwrap();
        assert!(few.jpeg.len() <= 6_000 && few.cells < 100);
        assert_eq!(Atlas::of(&cells, 100), None);
        assert_eq!(Atlas::of(&[], 1000), None);
    }

    #[test]
    fn transparent_pixels_are_white() {
        assert_eq!(cell(&DynamicImage::new_rgba8(9, 9))[..3], [255; 3]);
    }
}
