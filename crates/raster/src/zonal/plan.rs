//! Blocks that polygons touch.

use std::collections::BTreeMap;

use crate::coverage::Coverage;
use crate::level::Level;
use crate::window::Rect;

/// Blocks to read, and the polygons in each.
pub(super) struct Plan {
    /// In the order of the blocks, row by row.
    pub tasks: Vec<Task>,
    /// Number of blocks of each polygon.
    pub block_counts: Vec<usize>,
}

/// Block to read.
pub(super) struct Task {
    /// Part of the block that contains all covered pixels.
    pub rect: Rect,
    /// Indices of the polygons, ascending.
    pub polygons: Vec<usize>,
}

impl Plan {
    pub fn new(level: &Level, coverages: &[Coverage]) -> Self {
        let mut tasks: BTreeMap<(usize, usize), Task> = BTreeMap::new();
        let mut block_counts = Vec::with_capacity(coverages.len());
        for (polygon, coverage) in coverages.iter().enumerate() {
            let parts = parts(level.block_size(), coverage);
            block_counts.push(parts.len());
            for (block, rect) in parts {
                let task = tasks.entry(block).or_insert_with(|| Task { rect, polygons: Vec::new() });
                task.rect = united(task.rect, rect);
                task.polygons.push(polygon);
            }
        }
        Self { tasks: tasks.into_values().collect(), block_counts }
    }
}

/// Returns the blocks in which a polygon covers pixels, by row and column, with the rectangle around
/// these pixels.
fn parts((width, height): (usize, usize), coverage: &Coverage) -> BTreeMap<(usize, usize), Rect> {
    let mut parts: BTreeMap<(usize, usize), Rect> = BTreeMap::new();
    for y in coverage.rows() {
        for span in coverage.row(y) {
            for block in span.column as usize / width..=(span.end() - 1) / width {
                let x = (span.column as usize).max(block * width);
                let rect = Rect { x, y, width: span.end().min((block + 1) * width) - x, height: 1 };
                let key = (y / height, block);
                parts.entry(key).and_modify(|part| *part = united(*part, rect)).or_insert(rect);
            }
        }
    }
    parts
}

/// Returns the smallest rectangle that contains two others.
fn united(one: Rect, other: Rect) -> Rect {
    let (x, y) = (one.x.min(other.x), one.y.min(other.y));
    let right = (one.x + one.width).max(other.x + other.width);
    let bottom = (one.y + one.height).max(other.y + other.height);
    Rect { x, y, width: right - x, height: bottom - y }
}
