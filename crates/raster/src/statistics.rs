//! Statistics of whole rasters.

use std::sync::{Mutex, PoisonError};

use up42_core::Result;
use up42_core::parallel::{cores, in_parallel};

use crate::distribution::{Distribution, Statistics};
use crate::level::Level;
use crate::moments::Moments;
use crate::raster::Raster;

/// Number of blocks per thread that are announced to a remote source at once.
const AHEAD: usize = 16;

impl Raster {
    /// Returns the statistics of each band in full resolution, in the order of
    /// [`bands`](Self::bands).
    ///
    /// # Errors
    ///
    /// As [`Level::read`].
    pub fn statistics(&self) -> Result<Vec<Statistics>> {
        let bands: Vec<_> = (0..self.bands().len()).collect();
        Ok(self.level(0).distributions(&bands)?.iter().map(Distribution::statistics).collect())
    }
}

impl Level {
    /// Returns the distribution of the valid values of bands, by their indices from 0. Each block
    /// is decoded once, in parallel.
    ///
    /// # Errors
    ///
    /// As [`Level::read`].
    pub fn distributions(&self, bands: &[usize]) -> Result<Vec<Distribution>> {
        let empty = || -> Vec<_> {
            let known = self.raster().bands();
            bands.iter().map(|band| Distribution::new(known[*band].data_type)).collect()
        };
        self.check_bands(bands)?;
        let (columns, rows) = self.block_grid();
        let blocks: Vec<_> = (0..columns * rows).map(|index| (index % columns, index / columns)).collect();
        // One set of counts per thread: they are too large for one per block.
        let idle = Mutex::new(Vec::new());
        let idle_counts = || idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut moments = vec![Moments::default(); bands.len()];
        for blocks in blocks.chunks(AHEAD * cores()) {
            self.prefetch(blocks, bands)?;
            let found = in_parallel(blocks, cores(), |&(column, row)| {
                let window = self.read_block(column, row, bands)?;
                let mut counts = idle_counts().pop().unwrap_or_else(empty);
                for (counts, values) in counts.iter_mut().zip(&window.bands) {
                    counts.count(values);
                }
                idle_counts().push(counts);
                Ok(window.bands.iter().map(|values| Moments::of(values)).collect::<Vec<_>>())
            });
            // In the order of the blocks, so that the sums do not depend on the threads.
            for found in found {
                let found: Result<_> = found;
                for (moments, found) in moments.iter_mut().zip(found?) {
                    *moments = moments.merged(found);
                }
            }
        }
        let mut whole = empty();
        for counts in std::mem::take(&mut *idle_counts()) {
            whole.iter_mut().zip(counts).for_each(|(whole, counts)| whole.merge(counts));
        }
        Ok(whole.into_iter().zip(moments).map(|(counts, moments)| counts.completed(moments)).collect())
    }
}
