//! Reduced pictures of whole rasters.

use up42_core::Result;
use up42_core::error::Context;
use up42_core::parallel::{cores, in_parallel};

use crate::level::Level;
use crate::raster::Raster;
use crate::window::{Rect, Window};

impl Raster {
    /// Reads the whole raster, reduced so that its longest side has at most `longest` pixels, by the
    /// nearest pixel. `bands` are indices of [`bands`](Self::bands), from 0.
    ///
    /// Only the blocks of the smallest overview that suffices are decoded. The transformation of the
    /// result is `raster.transform()` by [`GeoTransform::resized`](crate::GeoTransform::resized).
    ///
    /// # Errors
    ///
    /// As [`Level::read`].
    pub fn preview(&self, longest: usize, bands: &[usize]) -> Result<Window> {
        let longest = longest.max(1);
        let side = |level: &Level| level.width().max(level.height());
        let levels = (0..self.level_count()).map(|index| self.level(index));
        let level = levels.rev().find(|level| side(level) >= longest).unwrap_or_else(|| self.level(0));
        let reduced = |size: usize| match side(&level) > longest {
            true => ((size as f64 * longest as f64 / side(&level) as f64).round() as usize).max(1),
            false => size,
        };
        level.resampled(reduced(level.width()), reduced(level.height()), bands)
    }
}

impl Level {
    /// Reads the whole level with another number of columns and rows, by the nearest pixel.
    fn resampled(&self, width: usize, height: usize, bands: &[usize]) -> Result<Window> {
        let rect = Rect { x: 0, y: 0, width, height };
        if (width, height) == (self.width(), self.height()) {
            return self.read(rect, bands);
        }
        self.check_window(rect, bands).with_context(|| self.raster().context())?;
        let columns = Nearest { from: self.width(), to: width };
        let rows = Nearest { from: self.height(), to: height };
        let blocks = self.blocks_in(self.rect());
        self.prefetch(&blocks, bands)?;
        let parts = in_parallel(&blocks, cores(), |&(column, row)| {
            let block = self.block(column, row);
            let (x, width) = columns.inside(block.x, block.width);
            let (y, height) = rows.inside(block.y, block.height);
            let rect = Rect { x, y, width, height };
            if rect.pixels() == 0 {
                return Ok(None);
            }
            let window = self.read_block(column, row, bands)?;
            let picked = window.bands.iter().map(|values| {
                let mut picked = Vec::with_capacity(rect.pixels());
                for row in (y..y + height).map(|row| rows.source(row) - block.y) {
                    let values = &values[row * block.width..][..block.width];
                    picked.extend((x..x + width).map(|column| values[columns.source(column) - block.x]));
                }
                picked
            });
            Ok(Some(Window { rect, bands: picked.collect() }))
        });
        let mut window = Window { rect, bands: vec![vec![f64::NAN; rect.pixels()]; bands.len()] };
        for part in parts {
            let part: Result<_> = part;
            part?.iter().for_each(|part| window.paste(part));
        }
        Ok(window)
    }
}

/// Nearest pixels along one axis.
struct Nearest {
    from: usize,
    to: usize,
}

impl Nearest {
    /// Returns the pixel below the centre of a pixel of the result.
    fn source(&self, pixel: usize) -> usize {
        let centre = (pixel as f64 + 0.5) * self.from as f64 / self.to as f64;
        (centre as usize).min(self.from - 1)
    }

    /// Returns the first pixel of the result, and the number of those, with a source in a range.
    fn inside(&self, start: usize, length: usize) -> (usize, usize) {
        let first = |bound: usize| {
            let near = bound * self.to / self.from;
            let near = near.saturating_sub(1);
            (near..self.to).find(|pixel| self.source(*pixel) >= bound).unwrap_or(self.to)
        };
        let (from, to) = (first(start), first(start + length));
        (from, to - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_of_the_result_has_a_source_in_one_block() {
        for (from, to, block) in [(10, 3, 4), (1000, 7, 64), (5490, 512, 512), (9, 8, 2), (7, 1, 7)] {
            let nearest = Nearest { from, to };
            let mut next = 0;
            for start in (0..from).step_by(block) {
                let (first, count) = nearest.inside(start, block);
                assert!(count == 0 || first == next, "{from} {to} {start}");
                let sources = (first..first + count).map(|pixel| nearest.source(pixel));
                assert!(sources.clone().all(|source| (start..start + block).contains(&source)));
                next += count;
            }
            assert_eq!(next, to);
        }
    }
}
