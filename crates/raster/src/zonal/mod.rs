//! Zonal statistics: statistics of the pixels of polygons.

mod accumulator;
mod plan;
mod statistic;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use geo_types::MultiPolygon;
use up42_core::parallel::{cores, in_parallel};
use up42_core::{Error, Result};

use self::accumulator::Accumulator;
use self::plan::{Plan, Task};
pub use self::statistic::Statistic;
use crate::coverage::Coverage;
use crate::expression::{Compiled, Expression};
use crate::mask::{CompiledMask, Mask};
use crate::stack::Stack;

/// Number of blocks per thread that are announced to a remote source at once.
const AHEAD: usize = 16;

/// Largest number of distinct values that are stored at a time, which take 1 GB.
const MOST_VALUES: usize = 64_000_000;

/// Zonal statistics of expressions.
///
/// Pixels are weighted by their exact share that a polygon covers.
///
/// ```no_run
/// use up42_raster::{Index, Mask, Raster, Stack, Statistic, Zonal};
/// # let polygons = Vec::new();
///
/// let stack = Stack::new([Raster::open("scene.tif")?])?.names(["red", "nir", "scl"])?;
/// let zonal = Zonal::new([Index::Ndvi], [Statistic::Mean, Statistic::Count])
///     .mask(Mask::band("scl").without([3, 8, 9, 10]));
/// for row in zonal.compute(&stack, &polygons)? {
///     println!("polygon {}: mean {:?}, count {:?}", row.polygon, row.values[0], row.values[1]);
/// }
/// # Ok::<(), up42_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Zonal {
    expressions: Vec<Expression>,
    statistics: Vec<Statistic>,
    mask: Option<Mask>,
    is_scaled: bool,
}

/// Statistics of one expression within one polygon.
#[derive(Clone, Debug, PartialEq)]
pub struct ZonalRow {
    /// Index of the polygon.
    pub polygon: usize,
    /// Index of the expression.
    pub expression: usize,
    /// Values in the order of the statistics. All are `None` if the polygon covers no pixel of the
    /// raster; without data in it, `Count`, `Valid` and `Variety` are 0 and the others `None`.
    pub values: Vec<Option<f64>>,
}

/// Statistics of a polygon while its blocks are read.
#[derive(Default)]
struct Progress {
    /// Number of blocks that are not read yet.
    left: usize,
    /// Accumulators of each expression, with the index of their block.
    parts: Vec<(usize, Vec<Accumulator>)>,
    /// Values of each expression.
    values: Vec<Vec<Option<f64>>>,
}

impl Zonal {
    /// Creates a request for statistics of expressions or [indices](crate::Index).
    pub fn new<E: Into<Expression>>(
        expressions: impl IntoIterator<Item = E>,
        statistics: impl IntoIterator<Item = Statistic>,
    ) -> Self {
        Self {
            expressions: expressions.into_iter().map(Into::into).collect(),
            statistics: statistics.into_iter().collect(),
            mask: None,
            is_scaled: false,
        }
    }

    /// Sets the mask; masked pixels have no data.
    pub fn mask(mut self, mask: Mask) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Evaluates the expressions on scaled values, by the bands' scale and offset. The mask tests
    /// stored values.
    pub fn scaled(mut self) -> Self {
        self.is_scaled = true;
        self
    }

    /// Computes the statistics of polygons in the coordinates of the rasters. Only the blocks that
    /// polygons touch are read, each once and in parallel. The rows are ordered by polygon, then by
    /// expression, and do not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) for an unknown band, a
    /// percentile above 100, a polygon without finite coordinates, too many distinct values for a
    /// median, and those of [`Level::read`](crate::Level::read).
    pub fn compute(&self, stack: &Stack, polygons: &[MultiPolygon<f64>]) -> Result<Vec<ZonalRow>> {
        let run = Run::new(self, stack)?;
        let coverages = coverages(stack, polygons)?;
        let plan = Plan::new(stack.grid(), &coverages);
        let progress: Vec<_> = plan
            .block_counts
            .iter()
            .map(|count| Mutex::new(Progress { left: *count, ..Progress::default() }))
            .collect();
        run.all(&plan, &coverages, &progress)?;
        let row = |(polygon, progress): (usize, Mutex<Progress>)| {
            let mut values = progress.into_inner().unwrap_or_else(PoisonError::into_inner).values;
            values.resize(self.expressions.len(), vec![None; self.statistics.len()]);
            let row = move |(expression, values)| ZonalRow { polygon, expression, values };
            values.into_iter().enumerate().map(row)
        };
        Ok(progress.into_iter().enumerate().flat_map(row).collect())
    }
}

fn coverages(stack: &Stack, polygons: &[MultiPolygon<f64>]) -> Result<Vec<Coverage>> {
    let grid = stack.grid();
    let transform = stack.transform();
    let coverage = |polygon: &MultiPolygon| Coverage::new(polygon, &transform, grid.width(), grid.height());
    in_parallel(polygons, cores(), coverage)
        .into_iter()
        .enumerate()
        .map(|(index, coverage)| coverage.map_err(|error| error.context(format!("polygon {index}"))))
        .collect()
}

/// Request whose bands are found in a stack.
struct Run<'a> {
    stack: &'a Stack,
    expressions: Vec<Compiled>,
    mask: Option<CompiledMask>,
    statistics: &'a [Statistic],
    needs_values: bool,
    /// Positions of the bands that are read, ascending.
    bands: Vec<usize>,
    /// Number of bands of the stack.
    band_count: usize,
    /// Number of distinct values that are stored.
    stored: AtomicUsize,
}

impl<'a> Run<'a> {
    fn new(zonal: &'a Zonal, stack: &'a Stack) -> Result<Self> {
        if let Some(Statistic::Percentile(percent @ 101..)) =
            zonal.statistics.iter().find(|one| matches!(one, Statistic::Percentile(101..)))
        {
            return Err(Error::invalid(format!("there is no percentile {percent}: use 0 to 100")));
        }
        let names = stack.band_names();
        let compile = |expression: &Expression| {
            let compiled = expression.compile(&names)?;
            Ok(if zonal.is_scaled { compiled.scaled(&stack.scales()) } else { compiled })
        };
        let expressions = zonal.expressions.iter().map(compile).collect::<Result<Vec<_>>>()?;
        let mask = zonal.mask.as_ref().map(|mask| mask.compile(&names)).transpose()?;
        let mut bands: Vec<usize> = expressions.iter().flat_map(Compiled::bands).copied().collect();
        bands.extend(mask.iter().flat_map(CompiledMask::bands));
        bands.sort_unstable();
        bands.dedup();
        Ok(Self {
            stack,
            expressions,
            mask,
            statistics: &zonal.statistics,
            needs_values: zonal.statistics.iter().any(|statistic| statistic.needs_values()),
            bands,
            band_count: names.len(),
            stored: AtomicUsize::new(0),
        })
    }

    /// Reads all blocks and completes the progress of each polygon.
    fn all(&self, plan: &Plan, coverages: &[Coverage], progress: &[Mutex<Progress>]) -> Result<()> {
        if self.expressions.is_empty() {
            return Ok(());
        }
        let group = AHEAD * cores();
        let announced: Vec<OnceLock<Result<()>>> =
            plan.tasks.chunks(group).map(|_| OnceLock::new()).collect();
        let has_failed = AtomicBool::new(false);
        let tasks: Vec<usize> = (0..plan.tasks.len()).collect();
        let results = in_parallel(&tasks, cores(), |&index| {
            if has_failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let announce = || {
                let start = index / group * group;
                let tasks = &plan.tasks[start..plan.tasks.len().min(start + group)];
                let rects: Vec<_> = tasks.iter().map(|task| task.rect).collect();
                self.stack.prefetch(&rects, &self.bands)
            };
            let result = announced[index / group].get_or_init(announce).clone();
            let result = result.and_then(|()| self.block(index, &plan.tasks[index], coverages, progress));
            has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
            result
        });
        results.into_iter().collect()
    }

    /// Reads one block and accumulates the statistics of all polygons in it.
    fn block(
        &self,
        index: usize,
        task: &Task,
        coverages: &[Coverage],
        progress: &[Mutex<Progress>],
    ) -> Result<()> {
        let rect = task.rect;
        let read = self.stack.read(rect, &self.bands)?;
        let mut bands = vec![Vec::new(); self.band_count];
        let (mut shares, mut values) = (Vec::new(), Vec::new());
        for &polygon in &task.polygons {
            shares.clear();
            bands.iter_mut().for_each(Vec::clear);
            for (row, span) in coverages[polygon].within(rect) {
                let start = (row - rect.y) * rect.width + span.column as usize - rect.x;
                let pixels = start..start + span.width as usize;
                shares.resize(shares.len() + pixels.len(), span.share);
                for (band, values) in self.bands.iter().zip(&read) {
                    bands[*band].extend_from_slice(&values[pixels.clone()]);
                }
            }
            let bands: Vec<&[f64]> = bands.iter().map(Vec::as_slice).collect();
            values.resize(shares.len(), 0.0);
            let mut accumulate = |expression: &Compiled| {
                expression.evaluate(&bands, &mut values);
                if let Some(mask) = &self.mask {
                    mask.apply(&bands, &mut values);
                }
                Accumulator::of(&values, &shares, self.needs_values)
            };
            let part: Vec<_> = self.expressions.iter().map(&mut accumulate).collect();
            self.store(part.iter().map(Accumulator::stored).sum())?;
            let mut progress = progress[polygon].lock().unwrap_or_else(PoisonError::into_inner);
            self.add(&mut progress, index, part, coverages[polygon].area());
        }
        Ok(())
    }

    /// Fails if too many distinct values are stored.
    fn store(&self, count: usize) -> Result<()> {
        match self.stored.fetch_add(count, Ordering::Relaxed) + count > MOST_VALUES {
            true => Err(Error::invalid(format!(
                "medians, percentiles and classes need more than {MOST_VALUES} distinct values at a time: \
                 use fewer or smaller polygons, or statistics such as `Mean`"
            ))),
            false => Ok(()),
        }
    }

    /// Adds a part of a polygon, and computes its statistics if it is the last one. Parts are merged
    /// in the order of the blocks, so that the sums do not depend on the threads.
    fn add(&self, progress: &mut Progress, block: usize, part: Vec<Accumulator>, area: f64) {
        progress.parts.push((block, part));
        progress.left -= 1;
        if progress.left > 0 {
            return;
        }
        let mut parts = std::mem::take(&mut progress.parts);
        parts.sort_unstable_by_key(|(block, _)| *block);
        let mut of_expressions = vec![Vec::new(); self.expressions.len()];
        for (_, part) in parts {
            of_expressions.iter_mut().zip(part).for_each(|(parts, part)| parts.push(part));
        }
        let complete = |parts: Vec<Accumulator>| {
            self.stored.fetch_sub(parts.iter().map(Accumulator::stored).sum(), Ordering::Relaxed);
            let merged = Accumulator::merged(parts);
            self.statistics.iter().map(|statistic| merged.get(*statistic, area)).collect()
        };
        progress.values = of_expressions.into_iter().map(complete).collect();
    }
}

#[cfg(test)]
mod tests;
