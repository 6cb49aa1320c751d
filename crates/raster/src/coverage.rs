//! Exact shares of the pixels that a polygon covers.

use std::ops::Range;

use geo_types::{Coord, LineString, MultiPolygon};
use up42_core::{Error, Result};

use crate::transform::GeoTransform;
use crate::window::Rect;

/// Distance from the border of a pixel, in pixels, at which a corner lies on the border; more if the
/// coordinates are less precise.
///
/// Coordinates of some million metres are precise to 1e-9 m, so edges along the borders of pixels lie
/// beside them by chance.
const SNAP: f64 = 1e-9;

/// Largest share that is none, and largest difference from 1 of a share that is 1.
const ROUNDING: f64 = 1e-12;

/// Largest number of pixels that the outline of one polygon crosses, in which it takes about 1 GB.
const MOST_CROSSED: usize = 20_000_000;

/// Shares of the pixels of a grid that a polygon covers, row by row.
///
/// The shares are areas, exact to 1e-9. The polygon may have any number of parts and holes, and lie
/// partly or completely outside of the grid. Parts that overlap each other count once where both
/// cover a whole pixel; elsewhere their shares are added, up to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// First row.
    top: usize,
    /// End of each row in `spans`.
    ends: Vec<usize>,
    spans: Vec<Span>,
    area: f64,
}

/// Adjacent pixels of one row with the same share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// First column.
    pub column: u32,
    /// Number of columns.
    pub width: u32,
    /// Share of each pixel that is covered, greater than 0 and at most 1.
    pub share: f64,
}

/// Part of an edge within one pixel.
struct Crossing {
    row: u32,
    column: u32,
    /// Height of the part, negative if it bounds the polygon from the right.
    height: f64,
    /// Area of the pixel to the right of the part, with the same sign.
    area: f64,
}

impl Coverage {
    /// Computes the coverage of a grid of pixels by a polygon in coordinates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if the transformation has no
    /// inverse, or the outline crosses more than 20,000,000 pixels.
    pub fn new(
        polygon: &MultiPolygon<f64>,
        transform: &GeoTransform,
        width: usize,
        height: usize,
    ) -> Result<Self> {
        let Some(pixels) = ToPixels::new(transform) else {
            return Err(Error::invalid("the transformation from pixels to coordinates has no inverse"));
        };
        let to_pixels =
            |ring: &LineString| -> Vec<Coord> { ring.coords().map(|at| pixels.apply(at)).collect() };
        let mut outline = Outline { width, height, crossings: Vec::new() };
        let mut area = 0.0;
        for part in polygon {
            area += outline.add_ring(&to_pixels(part.exterior()), 1.0)?;
            for hole in part.interiors() {
                area -= outline.add_ring(&to_pixels(hole), -1.0)?;
            }
        }
        Ok(outline.fill(area))
    }

    /// Returns the rows that are covered.
    pub fn rows(&self) -> Range<usize> {
        self.top..self.top + self.ends.len()
    }

    /// Returns the covered pixels of a row, from left to right; empty outside of [`rows`](Self::rows).
    pub fn row(&self, row: usize) -> &[Span] {
        let Some(index) = row.checked_sub(self.top).filter(|index| *index < self.ends.len()) else {
            return &[];
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.spans[start..self.ends[index]]
    }

    /// Returns the covered pixels within a rectangle, as rows and the spans cut at its sides.
    pub fn within(&self, rect: Rect) -> impl Iterator<Item = (usize, Span)> + '_ {
        let (left, right) = (rect.x, rect.x + rect.width);
        let rows = rect.y.max(self.top)..(rect.y + rect.height).min(self.rows().end);
        rows.flat_map(move |row| {
            let spans = self.row(row);
            let first = spans.partition_point(|span| span.end() <= left);
            let spans = spans[first..].iter().take_while(move |span| (span.column as usize) < right);
            spans.map(move |span| {
                let column = (span.column as usize).max(left);
                let width = span.end().min(right) - column;
                (row, Span { column: column as u32, width: width as u32, share: span.share })
            })
        })
    }

    /// Returns whether no pixel is covered.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns the area of the polygon in pixels, its parts outside of the grid included.
    pub fn area(&self) -> f64 {
        self.area
    }
}

impl Span {
    /// Returns the column after the last one.
    pub fn end(&self) -> usize {
        self.column as usize + self.width as usize
    }
}

/// Transformation from coordinates to pixels, with corners close to a border on the border.
struct ToPixels {
    origin: Coord,
    /// Columns and rows per unit of x and y.
    columns: Coord,
    rows: Coord,
}

impl ToPixels {
    fn new(transform: &GeoTransform) -> Option<Self> {
        let [x, .., y, _, _] = transform.0;
        let [_, a, b, _, c, d] = transform.inverse()?.0;
        let coord = |x, y| Coord { x, y };
        Some(Self { origin: coord(x, y), columns: coord(a, b), rows: coord(c, d) })
    }

    /// Subtracts the origin first, since its coordinates are large.
    fn apply(&self, at: &Coord) -> Coord {
        let offset = *at - self.origin;
        let pixel = |per_unit: &Coord| {
            let value = offset.x * per_unit.x + offset.y * per_unit.y;
            let precision = 4.0 * f64::EPSILON * ((at.x * per_unit.x).abs() + (at.y * per_unit.y).abs());
            let border = value.round();
            if (value - border).abs() < SNAP.max(precision) { border } else { value }
        };
        Coord { x: pixel(&self.columns), y: pixel(&self.rows) }
    }
}

/// Crossings of pixels by the edges of a polygon.
///
/// The share of a pixel is the sum of `area` of its own crossings and of `height` of all crossings to
/// its left, as in the scan conversion of font outlines with exact coverage.
struct Outline {
    width: usize,
    height: usize,
    crossings: Vec<Crossing>,
}

impl Outline {
    /// Adds a ring of any direction and returns its area; `sign` is negative for holes.
    fn add_ring(&mut self, ring: &[Coord], sign: f64) -> Result<f64> {
        let Some(first) = ring.first() else { return Ok(0.0) };
        if ring.iter().any(|at| !at.x.is_finite() || !at.y.is_finite()) {
            return Err(Error::invalid("a corner of the polygon is not a finite number"));
        }
        let edges = || ring.windows(2).map(|edge| (edge[0], edge[1])).chain([(ring[ring.len() - 1], *first)]);
        // Relative to the first corner, since the products of large coordinates cancel.
        let area: f64 = edges()
            .map(|(from, to)| (from.x - first.x) * (to.y - first.y) - (to.x - first.x) * (from.y - first.y))
            .sum::<f64>()
            / 2.0;
        // Positive if the left sides of the ring go down, to greater rows.
        let direction = if area < 0.0 { sign } else { -sign };
        for (from, to) in edges() {
            self.add_edge(from, to, direction)?;
        }
        Ok(area.abs())
    }

    /// Adds an edge, row by row.
    fn add_edge(&mut self, from: Coord, to: Coord, direction: f64) -> Result<()> {
        let (from, to, direction) =
            if from.y <= to.y { (from, to, direction) } else { (to, from, -direction) };
        let (top, bottom) = (from.y.max(0.0), to.y.min(self.height as f64));
        if top >= bottom {
            return Ok(());
        }
        // The same for the end of a row and the start of the next one, and exact at the corners.
        let x_at = |y: f64| match y {
            y if y == from.y => from.x,
            y if y == to.y => to.x,
            y => from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x),
        };
        for row in top as usize..bottom.ceil() as usize {
            let start = row as f64;
            let (upper, lower) = (start.max(top), (start + 1.0).min(bottom));
            let part = [(x_at(upper), upper - start), (x_at(lower), lower - start)];
            self.add_part(row as u32, part, direction);
        }
        match self.crossings.len() > MOST_CROSSED {
            true => Err(Error::invalid(format!(
                "the outline of the polygon crosses more than {MOST_CROSSED} pixels: simplify it or cut it into parts"
            ))),
            false => Ok(()),
        }
    }

    /// Adds the part of an edge within one row, pixel by pixel. `y` is counted from the row's top,
    /// which is more precise than from the top of the grid.
    fn add_part(&mut self, row: u32, [(x_0, y_0), (x_1, y_1)]: [(f64, f64); 2], direction: f64) {
        let (left, right) = (x_0.min(x_1), x_0.max(x_1));
        let y_at = |x: f64| match x {
            x if x == x_0 => y_0,
            x if x == x_1 => y_1,
            x => y_0 + (x - x_0) / (x_1 - x_0) * (y_1 - y_0),
        };
        let mut add = |column: f64, height: f64, share: f64| {
            let height = direction * height;
            self.crossings.push(Crossing { row, column: column as u32, height, area: height * share });
        };
        let end = self.width as f64;
        if left >= end {
            return;
        }
        if left == right {
            let column = left.max(0.0).floor();
            return add(column, y_1 - y_0, column + 1.0 - left.max(0.0));
        }
        // All pixels of the row are to the right of a part to the left of the grid.
        if left < 0.0 {
            add(0.0, (y_at(right.min(0.0)) - y_at(left)).abs(), 1.0);
        }
        let mut x = left.max(0.0);
        while x < right.min(end) {
            let column = x.floor();
            let next = (column + 1.0).min(right);
            add(column, (y_at(next) - y_at(x)).abs(), column + 1.0 - (x + next) / 2.0);
            x = next;
        }
    }

    /// Sums the crossings to shares, row by row from left to right.
    fn fill(mut self, area: f64) -> Coverage {
        self.crossings.sort_unstable_by_key(|crossing| (crossing.row, crossing.column));
        let mut coverage = Coverage { area, ..Coverage::default() };
        let Some(first) = self.crossings.first() else { return coverage };
        coverage.top = first.row as usize;
        for row in self.crossings.chunk_by(|one, next| one.row == next.row) {
            // Rows without an edge are not covered.
            let above = row[0].row as usize - coverage.top;
            coverage.ends.resize(above, coverage.spans.len());
            let start = coverage.spans.len();
            let (mut next, mut height) = (0, 0.0);
            for pixel in row.chunk_by(|one, next| one.column == next.column) {
                let column = pixel[0].column;
                coverage.add(start, next, column - next, height);
                let area: f64 = pixel.iter().map(|crossing| crossing.area).sum();
                coverage.add(start, column, 1, height + area);
                height += pixel.iter().map(|crossing| crossing.height).sum::<f64>();
                next = column + 1;
            }
            coverage.add(start, next, self.width as u32 - next, height);
            coverage.ends.push(coverage.spans.len());
        }
        coverage
    }
}

impl Coverage {
    /// Adds pixels to the current row, whose spans begin at `start`.
    fn add(&mut self, start: usize, column: u32, width: u32, share: f64) {
        if width == 0 || share < ROUNDING {
            return;
        }
        let share = if share > 1.0 - ROUNDING { 1.0 } else { share };
        match self.spans[start..].last_mut() {
            Some(last) if last.end() == column as usize && last.share == share => last.width += width,
            _ => self.spans.push(Span { column, width, share }),
        }
    }
}

#[cfg(test)]
mod tests;
