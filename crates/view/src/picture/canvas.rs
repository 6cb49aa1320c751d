//! RGB raster with antialiased lines, filled polygons and text.
//!
//! A line visits only the pixels near it, and a polygon is filled row by row: tests and development
//! builds run this code without optimisation.

use super::font;

/// Width of the halo around text, in pixels.
const HALO: f64 = 1.8;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A point in pixels, from the upper left.
pub type Pixel = [f64; 2];

/// RGB picture to draw on.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green and blue of each pixel, row by row.
    pub pixels: Vec<u8>,
}

/// Style of a line.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Width in pixels.
    pub width: f64,
    /// Colour.
    pub colour: Rgb,
    /// Lengths of dash and gap, in pixels; `None` for a solid line.
    pub dash: Option<(f64, f64)>,
}

impl Canvas {
    /// Makes a picture of one colour.
    pub fn new(width: usize, height: usize, colour: Rgb) -> Self {
        Self { width, height, pixels: colour.repeat(width * height) }
    }

    /// Blends a colour into one pixel, of which the share `share` (0 to 1) is covered.
    pub fn blend(&mut self, x: i64, y: i64, colour: Rgb, share: f64) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 || share <= 0.0 {
            return;
        }
        let at = (y as usize * self.width + x as usize) * 3;
        let part = (share.min(1.0) * 256.0) as i32;
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *old = (i32::from(*old) + (((i32::from(new) - i32::from(*old)) * part) >> 8)) as u8;
        }
    }

    /// Fills the interior of rings, by the even-odd rule.
    pub fn fill<'a>(&mut self, rings: impl IntoIterator<Item = &'a Vec<Pixel>>, colour: Rgb) {
        for (y, line) in spans(rings, self.height).into_iter().enumerate() {
            for pair in joined(&line) {
                let from = pair[0].clamp(0.0, self.width as f64);
                let to = pair[1].clamp(0.0, self.width as f64);
                let (first, last) = (from.ceil() as usize, to.floor() as usize);
                // The ends cover a part of their pixels.
                self.blend(from.floor() as i64, y as i64, colour, first as f64 - from);
                self.blend(to.floor() as i64, y as i64, colour, to - last as f64);
                if first < last {
                    let row = y * self.width * 3;
                    let run = &mut self.pixels[row + first * 3..row + last * 3];
                    run.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
                }
            }
        }
    }

    /// Blends a colour into a rectangle: left, top, right, bottom.
    pub fn shade(&mut self, [left, top, right, bottom]: [f64; 4], colour: Rgb, share: f64) {
        for y in top.max(0.0) as i64..bottom.min(self.height as f64) as i64 {
            for x in left.max(0.0) as i64..right.min(self.width as f64) as i64 {
                self.blend(x, y, colour, share);
            }
        }
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: &[Pixel], stroke: Stroke) {
        let mut gone = 0.0;
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            match stroke.dash {
                _ if !self.sees(a, b, stroke.width) => {}
                None => self.segment(a, b, stroke),
                Some((dash, gap)) => {
                    let at = |along: f64| {
                        let part = (along / length).clamp(0.0, 1.0);
                        [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])]
                    };
                    let mut start = -(gone % (dash + gap));
                    while start < length && length > 0.0 {
                        if start + dash > 0.0 {
                            self.segment(at(start), at(start + dash), stroke);
                        }
                        start += dash + gap;
                    }
                }
            }
            gone += length;
        }
    }

    /// Returns whether a segment may touch the canvas.
    fn sees(&self, a: Pixel, b: Pixel, margin: f64) -> bool {
        let outside =
            |i: usize, size: usize| a[i].max(b[i]) < -margin || a[i].min(b[i]) > size as f64 + margin;
        !outside(0, self.width) && !outside(1, self.height)
    }

    /// Draws a straight segment with round ends, step by step along its longer axis.
    fn segment(&mut self, a: Pixel, b: Pixel, stroke: Stroke) {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy);
        let reach = stroke.width / 2.0 + 0.5;
        let steep = dy.abs() > dx.abs();
        let (along, across) = if steep { (1, 0) } else { (0, 1) };
        let (low, high) = (a[along].min(b[along]), a[along].max(b[along]));
        let size = if steep { self.height } else { self.width } as f64;
        let slope = if high > low { (b[across] - a[across]) / (b[along] - a[along]) } else { 0.0 };
        // The line's width measured across is larger where it is oblique.
        let span = reach * (1.0 + slope * slope).sqrt() + 0.5;
        let mut i = (low - reach).floor().max(-1.0);
        while i <= (high + reach).ceil().min(size) {
            let middle = a[across] + ((i + 0.5).clamp(low, high) - a[along]) * slope;
            let mut j = (middle - span).floor();
            while j <= middle + span {
                let (x, y) = if steep { (j, i) } else { (i, j) };
                let (px, py) = (x + 0.5 - a[0], y + 0.5 - a[1]);
                let t = if length > 0.0 {
                    ((px * dx + py * dy) / (length * length)).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (px - t * dx).hypot(py - t * dy);
                self.blend(x as i64, y as i64, stroke.colour, reach - distance);
                j += 1.0;
            }
            i += 1.0;
        }
    }

    /// Draws a text with capitals of the given height, its baseline starting at a point, with a
    /// halo in the second colour.
    pub fn text(&mut self, [x, y]: Pixel, text: &str, height: f64, colour: Rgb, halo: Rgb) {
        let shift = [x.rem_euclid(1.0), y.rem_euclid(1.0)];
        let layers = font::render(text, height, HALO, shift);
        let glyphs = |layer: usize, colour| layers[layer].iter().map(move |glyph| (glyph, colour));
        for (coverage, colour) in glyphs(0, halo).chain(glyphs(1, colour)) {
            let rows = coverage.pixels.chunks(coverage.width.max(1)).zip(0..);
            for (row, down) in rows {
                for (share, across) in row.iter().zip(0..) {
                    let x = x.floor() as i64 + i64::from(coverage.offset[0]) + across;
                    let y = y.floor() as i64 + i64::from(coverage.offset[1]) + down;
                    self.blend(x, y, colour, f64::from(*share) / 255.0);
                }
            }
        }
    }
}

/// Joins spans that touch. Land is stored in cells, and two half-covered pixels would be visible
/// where cells meet.
fn joined(line: &[f64]) -> Vec<[f64; 2]> {
    let mut pairs: Vec<[f64; 2]> = Vec::with_capacity(line.len() / 2);
    for pair in line.chunks_exact(2) {
        match pairs.last_mut() {
            Some(last) if pair[0] - last[1] < 0.01 => last[1] = pair[1],
            _ => pairs.push([pair[0], pair[1]]),
        }
    }
    pairs
}

/// Returns for each row of pixels the sorted positions at which rings cross its middle. Between the
/// first and the second of each pair lies the interior.
pub fn spans<'a>(rings: impl IntoIterator<Item = &'a Vec<Pixel>>, height: usize) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new(); height];
    for ring in rings {
        let Some(&last) = ring.last() else { continue };
        let mut a = last;
        for &b in ring {
            let (low, high) = (a[1].min(b[1]) - 0.5, a[1].max(b[1]) - 0.5);
            let mut row = low.ceil().max(0.0);
            while row < high.ceil().min(height as f64) {
                rows[row as usize].push(a[0] + (row + 0.5 - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
                row += 1.0;
            }
            a = b;
        }
    }
    rows.iter_mut().for_each(|row| row.sort_unstable_by(f64::total_cmp));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(canvas: &Canvas, x: usize, y: usize) -> u8 {
        canvas.pixels[(y * canvas.width + x) * 3]
    }

    #[test]
    fn shapes_are_filled_with_holes() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let square = |from: f64, to: f64| vec![[from, from], [to, from], [to, to], [from, to]];
        canvas.fill(&[square(2.0, 18.0), square(6.0, 14.0)], [200; 3]);
        assert_eq!([ink(&canvas, 3, 3), ink(&canvas, 10, 10), ink(&canvas, 0, 0)], [200, 0, 0]);
        // Shapes far outside cost nothing and break nothing.
        canvas.fill(&[square(-1e9, -1e8), square(1e8, 1e9)], [9; 3]);
    }

    #[test]
    fn lines_are_smooth_and_may_leave_the_canvas() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let stroke = Stroke { width: 2.0, colour: [255; 3], dash: None };
        canvas.line(&[[-1e6, 10.0], [1e6, 10.0]], stroke);
        assert!(ink(&canvas, 5, 10) > 250 && ink(&canvas, 5, 9) > 250 && ink(&canvas, 5, 6) == 0);
        canvas.line(&[[0.0, 0.0], [20.0, 20.0]], Stroke { dash: Some((3.0, 3.0)), ..stroke });
        assert!(ink(&canvas, 1, 1) > 200 && ink(&canvas, 3, 3) < 200);
    }
}
