//! Levels of resolution.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use up42_core::error::Context;
use up42_core::limits::ReadBudget;
use up42_core::parallel::cores;
use up42_core::{Error, Result};

use crate::raster::{Masking, Raster};
use crate::tiff::{Block, Image, LevelImages, Reader};
use crate::transform::GeoTransform;
use crate::window::{Rect, Window};

/// Level of resolution of a raster: the full resolution, or an overview.
#[derive(Clone, Debug)]
pub struct Level {
    raster: Raster,
    index: usize,
    masking: Masking,
}

impl Level {
    pub(crate) fn new(raster: Raster, index: usize) -> Self {
        let masking = raster.facts().masking;
        Self { raster, index, masking }
    }

    /// Returns the level without its masks: nodata values, masked pixels and pixels with an alpha
    /// of 0 are read as they are stored.
    pub fn unmasked(self) -> Self {
        Self { masking: Masking::None, ..self }
    }

    /// Returns the raster of this level.
    pub fn raster(&self) -> &Raster {
        &self.raster
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.image().width
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.image().height
    }

    /// Returns the rectangle of all pixels.
    pub fn rect(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width(), height: self.height() }
    }

    /// Returns the transformation from pixels of this level to coordinates; `None` as for
    /// [`Raster::transform`].
    pub fn transform(&self) -> Option<GeoTransform> {
        let full = (self.raster.width(), self.raster.height());
        Some(self.raster.transform()?.resized(full, (self.width(), self.height())))
    }

    /// Returns width and height of a whole block.
    pub fn block_size(&self) -> (usize, usize) {
        self.image().block
    }

    /// Returns the number of columns and rows of blocks.
    pub fn block_grid(&self) -> (usize, usize) {
        self.image().grid()
    }

    /// Returns the rectangle of a block, without its part outside of the raster.
    ///
    /// # Panics
    ///
    /// If the block is not in [`block_grid`](Self::block_grid).
    pub fn block(&self, column: usize, row: usize) -> Rect {
        let (columns, rows) = self.block_grid();
        assert!(column < columns && row < rows, "block {column}, {row} of {columns} × {rows}");
        self.image().rect(column, row)
    }

    /// Returns the rectangles of all blocks, row by row.
    pub fn blocks(&self) -> impl Iterator<Item = Rect> + '_ {
        let (columns, rows) = self.block_grid();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| self.block(column, row)))
    }

    /// Returns column and row of the blocks that have pixels in a rectangle, row by row.
    pub fn blocks_in(&self, rect: Rect) -> Vec<(usize, usize)> {
        blocks_in(self.image(), rect)
    }

    /// Reads a rectangle; `bands` are indices of [`Raster::bands`], from 0. Blocks are decoded in
    /// parallel, each once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) for a rectangle that is not
    /// in the level, a missing band, a window of more bytes than the limit, a damaged block, and a
    /// codec that is not supported; and those of the source.
    pub fn read(&self, rect: Rect, bands: &[usize]) -> Result<Window> {
        self.read_rect(rect, bands).with_context(|| self.raster.context())
    }

    fn read_rect(&self, rect: Rect, bands: &[usize]) -> Result<Window> {
        self.check_window(rect, bands)?;
        let blocks = self.blocks_in(rect);
        self.prefetch(&blocks, bands)?;
        if let [(column, row)] = blocks[..] {
            return self.read_part(column, row, rect, bands);
        }
        let mut window = Window { rect, bands: vec![vec![f64::NAN; rect.pixels()]; bands.len()] };
        let part = |(column, row): (usize, usize)| {
            let part = self.image().rect(column, row).intersection(&rect);
            part.map_or(Ok(Window { rect, bands: Vec::new() }), |part| {
                self.read_part(column, row, part, bands)
            })
        };
        let workers = cores().min(blocks.len());
        if workers < 2 {
            for block in blocks {
                window.paste(&part(block)?);
            }
            return Ok(window);
        }
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            // Bounded, so that decoded blocks do not fill the memory.
            let (done, parts) = mpsc::sync_channel(workers);
            for _ in 0..workers {
                let (done, next, blocks, part) = (done.clone(), &next, &blocks, &part);
                scope.spawn(move || {
                    while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if done.send(part(*block)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(done);
            for part in parts {
                window.paste(&part?);
            }
            Ok::<_, Error>(())
        })?;
        Ok(window)
    }

    /// Fails if a window is not in the level or takes too much memory.
    pub(crate) fn check_window(&self, rect: Rect, bands: &[usize]) -> Result<()> {
        let right = rect.x.checked_add(rect.width).filter(|right| *right <= self.width());
        let bottom = rect.y.checked_add(rect.height).filter(|bottom| *bottom <= self.height());
        if right.is_none() || bottom.is_none() {
            let Rect { x, y, width, height } = rect;
            return Err(Error::invalid(format!(
                "the window of {width} × {height} pixels at {x}, {y} is not in its {} × {} pixels",
                self.width(),
                self.height()
            )));
        }
        self.check_bands(bands)?;
        self.budget().take_bytes((rect.pixels() as u64).saturating_mul(bands.len() as u64 * 8))
    }

    /// Fails if the raster has not all bands.
    pub(crate) fn check_bands(&self, bands: &[usize]) -> Result<()> {
        let count = self.raster.bands().len();
        match bands.iter().find(|band| **band >= count) {
            Some(band) => Err(Error::invalid(format!("there is no band {band}: there are {count}, from 0"))),
            None => Ok(()),
        }
    }

    /// Reads one block, on the calling thread; `bands` are indices of [`Raster::bands`], from 0.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Panics
    ///
    /// If the block is not in [`block_grid`](Self::block_grid).
    pub fn read_block(&self, column: usize, row: usize, bands: &[usize]) -> Result<Window> {
        let part = self.block(column, row);
        self.read_part(column, row, part, bands).with_context(|| self.raster.context())
    }

    /// Announces blocks to the source, so that a remote one can merge their ranges.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn prefetch(&self, blocks: &[(usize, usize)], bands: &[usize]) -> Result<()> {
        let budget = self.budget();
        let reader = self.raster.header().reader(&budget);
        let mut ranges = Vec::new();
        for &(column, row) in blocks {
            for block in self.stored(column, row, bands) {
                ranges.extend(block.range(&reader)?);
            }
            if let Some(mask) = self.mask() {
                for (column, row) in blocks_in(mask, self.image().rect(column, row)) {
                    ranges.extend(Block { image: mask, plane: 0, column, row }.range(&reader)?);
                }
            }
        }
        ranges.sort_by_key(|range| range.start);
        ranges.dedup();
        reader.pages.source().prefetch(&ranges)
    }

    fn images(&self) -> &LevelImages {
        &self.raster.header().levels[self.index]
    }

    fn image(&self) -> &Image {
        &self.images().image
    }

    fn mask(&self) -> Option<&Image> {
        self.images().mask.as_ref().filter(|_| self.masking == Masking::Mask)
    }

    /// Returns the limits of one block.
    fn budget(&self) -> ReadBudget {
        ReadBudget::new(self.raster.limits().clone())
    }

    /// Returns the blocks of the file that hold bands of one block of the level.
    fn stored(&self, column: usize, row: usize, bands: &[usize]) -> Vec<Block<'_>> {
        let image = self.image();
        let block = |plane| Block { image, plane, column, row };
        if !image.is_planar {
            return vec![block(0)];
        }
        let alpha = match self.masking {
            Masking::Alpha(alpha) => Some(alpha),
            _ => None,
        };
        let mut planes: Vec<_> = bands.iter().copied().chain(alpha).collect();
        planes.sort_unstable();
        planes.dedup();
        planes.into_iter().map(block).collect()
    }

    /// Reads a part of one block.
    fn read_part(&self, column: usize, row: usize, part: Rect, bands: &[usize]) -> Result<Window> {
        self.check_bands(bands)?;
        let budget = self.budget();
        let reader = self.raster.header().reader(&budget);
        let read = self.values(&reader, column, row, part, bands);
        let bands = read.with_context(|| format!("block {column}, {row}"))?;
        Ok(Window { rect: part, bands })
    }

    fn values(
        &self,
        reader: &Reader,
        column: usize,
        row: usize,
        part: Rect,
        bands: &[usize],
    ) -> Result<Vec<Vec<f64>>> {
        let image = self.image();
        let nodata = self.raster.bands()[0].nodata.filter(|_| self.masking == Masking::Nodata);
        let alpha = match self.masking {
            Masking::Alpha(alpha) => Some(alpha),
            _ => None,
        };
        let wanted: Vec<_> = bands.iter().copied().chain(alpha).collect();
        let mut values = match image.is_planar {
            false => Block { image, plane: 0, column, row }.values(reader, part, &wanted, nodata)?,
            true => {
                let mut values = Vec::with_capacity(wanted.len());
                for &plane in &wanted {
                    let block = Block { image, plane, column, row };
                    values.extend(block.values(reader, part, &[0], nodata)?);
                }
                values
            }
        };
        if let Some(alpha) = alpha {
            let opacity = values.pop().unwrap_or_default();
            for (values, _) in values.iter_mut().zip(bands).filter(|(_, band)| **band != alpha) {
                remove_invalid(values, &opacity);
            }
        }
        if let Some(mask) = self.mask() {
            let mut valid = Window { rect: part, bands: vec![vec![0.0; part.pixels()]] };
            for (column, row) in blocks_in(mask, part) {
                let Some(rect) = mask.rect(column, row).intersection(&part) else { continue };
                let block = Block { image: mask, plane: 0, column, row };
                valid.paste(&Window { rect, bands: block.values(reader, rect, &[0], None)? });
            }
            for values in &mut values {
                remove_invalid(values, &valid.bands[0]);
            }
        }
        Ok(values)
    }
}

/// Replaces values by NaN where the mask is 0.
fn remove_invalid(values: &mut [f64], mask: &[f64]) {
    for (value, mask) in values.iter_mut().zip(mask) {
        if *mask == 0.0 {
            *value = f64::NAN;
        }
    }
}

fn blocks_in(image: &Image, rect: Rect) -> Vec<(usize, usize)> {
    if rect.pixels() == 0 {
        return Vec::new();
    }
    let (width, height) = image.block;
    let columns = rect.x / width..=(rect.x + rect.width - 1) / width;
    let rows = rect.y / height..=(rect.y + rect.height - 1) / height;
    rows.flat_map(|row| columns.clone().map(move |column| (column, row))).collect()
}
