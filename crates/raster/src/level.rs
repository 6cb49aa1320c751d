//! Levels of resolution.

use up42_core::Result;

use crate::raster::Raster;
use crate::transform::GeoTransform;
use crate::window::{Rect, Window};

/// Level of resolution of a raster: the full resolution, or an overview.
#[derive(Clone, Debug)]
pub struct Level {
    #[allow(dead_code)]
    raster: Raster,
    #[allow(dead_code)]
    index: usize,
}

impl Level {
    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        unimplemented!()
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        unimplemented!()
    }

    /// Returns the transformation from pixels of this level to coordinates.
    pub fn transform(&self) -> Option<GeoTransform> {
        unimplemented!()
    }

    /// Returns width and height of a whole block.
    pub fn block_size(&self) -> (usize, usize) {
        unimplemented!()
    }

    /// Returns the number of columns and rows of blocks.
    pub fn block_grid(&self) -> (usize, usize) {
        unimplemented!()
    }

    /// Returns the rectangle of a block, without its part outside of the raster.
    pub fn block(&self, _column: usize, _row: usize) -> Rect {
        unimplemented!()
    }

    /// Returns the rectangles of all blocks, row by row.
    pub fn blocks(&self) -> impl Iterator<Item = Rect> + '_ {
        let (columns, rows) = self.block_grid();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| self.block(column, row)))
    }

    /// Reads a rectangle; `bands` are indices of [`Raster::bands`], from 0. Blocks are decoded in
    /// parallel, each once.
    pub fn read(&self, _rect: Rect, _bands: &[usize]) -> Result<Window> {
        unimplemented!()
    }

    /// Reads one block, on the calling thread; `bands` are indices of [`Raster::bands`], from 0.
    pub fn read_block(&self, _column: usize, _row: usize, _bands: &[usize]) -> Result<Window> {
        unimplemented!()
    }
}
