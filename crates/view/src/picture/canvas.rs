//! RGB raster with antialiased lines, filled polygons and text, drawn by `tiny-skia`.

use image::{DynamicImage, RgbImage};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8, Rect,
    StrokeDash, Transform,
};

use super::font;

/// Width of the halo around text, in pixels.
const HALO: f32 = 1.8;

/// Distance in pixels from the edges of the canvas at which lines are cut: more than half of the
/// widest line. A border that leaves the canvas may be a million pixels long.
const MARGIN: f64 = 64.0;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A point in pixels, from the upper left.
pub type Pixel = [f64; 2];

/// RGB picture to draw on.
#[derive(Clone, Debug)]
pub struct Canvas {
    pixmap: Pixmap,
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
    pub fn new(width: usize, height: usize, [r, g, b]: Rgb) -> Self {
        let mut pixmap = Pixmap::new(width.max(1) as u32, height.max(1) as u32)
            .expect("a picture has fewer than 2^29 pixels a row");
        pixmap.fill(Color::from_rgba8(r, g, b, 255));
        Self { pixmap }
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.pixmap.width() as usize
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.pixmap.height() as usize
    }

    /// Sets the colour of one pixel of the canvas.
    pub fn set(&mut self, x: usize, y: usize, [r, g, b]: Rgb) {
        let at = y * self.width() + x;
        if let Some(colour) = PremultipliedColorU8::from_rgba(r, g, b, 255) {
            self.pixmap.pixels_mut()[at] = colour;
        }
    }

    /// Fills the interior of rings, by the even-odd rule.
    pub fn fill<'a>(&mut self, rings: impl IntoIterator<Item = &'a Vec<Pixel>>, colour: Rgb) {
        let mut path = PathBuilder::new();
        for ring in rings {
            let Some((first, rest)) = ring.split_first() else { continue };
            path.move_to(first[0] as f32, first[1] as f32);
            rest.iter().for_each(|point| path.line_to(point[0] as f32, point[1] as f32));
            path.close();
        }
        if let Some(path) = path.finish() {
            self.fill_path(&path, FillRule::EvenOdd, Transform::identity(), colour);
        }
    }

    /// Blends a colour into the pixels of a rectangle, given as left, top, right and bottom. The
    /// share of the colour is from 0 to 1.
    pub fn shade(&mut self, [left, top, right, bottom]: [f64; 4], colour: Rgb, share: f64) {
        let rect = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32);
        if let Some(rect) = rect {
            let mut paint = paint(colour, (share * 255.0).round() as u8);
            paint.anti_alias = false;
            self.pixmap.fill_rect(rect, &paint, Transform::identity(), None);
        }
    }

    /// Fills a circle.
    pub fn dot(&mut self, [x, y]: Pixel, diameter: f64, colour: Rgb) {
        if let Some(circle) = PathBuilder::from_circle(x as f32, y as f32, (diameter / 2.0) as f32) {
            self.fill_path(&circle, FillRule::Winding, Transform::identity(), colour);
        }
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: &[Pixel], stroke: Stroke) {
        let mut path = PathBuilder::new();
        let mut last = None;
        for pair in points.windows(2) {
            let Some([a, b]) = self.clipped([pair[0], pair[1]]) else { continue };
            if last != Some(a) {
                path.move_to(a[0] as f32, a[1] as f32);
            }
            path.line_to(b[0] as f32, b[1] as f32);
            last = Some(b);
        }
        if let Some(path) = path.finish() {
            let dash =
                stroke.dash.and_then(|(dash, gap)| StrokeDash::new(vec![dash as f32, gap as f32], 0.0));
            self.stroke_path(&path, stroke.width as f32, dash, Transform::identity(), stroke.colour);
        }
    }

    /// Returns the part of a segment on the canvas or near it.
    fn clipped(&self, [a, b]: [Pixel; 2]) -> Option<[Pixel; 2]> {
        let size = [self.width() as f64, self.height() as f64];
        // Shares of the segment at which it enters and leaves (Liang and Barsky).
        let (mut from, mut to) = (0f64, 1f64);
        for axis in 0..2 {
            let (start, step) = (a[axis], b[axis] - a[axis]);
            let (low, high) = ((-MARGIN - start) / step, (size[axis] + MARGIN - start) / step);
            if step == 0.0 {
                if start < -MARGIN || start > size[axis] + MARGIN {
                    return None;
                }
            } else {
                from = from.max(low.min(high));
                to = to.min(low.max(high));
            }
        }
        let at = |share: f64| match share {
            0.0 => a,
            1.0 => b,
            _ => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])],
        };
        (from <= to).then(|| [at(from), at(to)])
    }

    /// Draws a text with capitals of the given height, its baseline starting at a point, with a
    /// halo in the second colour.
    pub fn text(&mut self, [x, y]: Pixel, text: &str, height: f64, colour: Rgb, halo: Rgb) {
        if let Some(path) = font::outline(text, height) {
            let place = Transform::from_translate(x as f32, y as f32);
            self.stroke_path(&path, 2.0 * HALO, None, place, halo);
            self.fill_path(&path, FillRule::Winding, place, colour);
        }
    }

    fn fill_path(&mut self, path: &Path, rule: FillRule, place: Transform, colour: Rgb) {
        self.pixmap.fill_path(path, &paint(colour, 255), rule, place, None);
    }

    fn stroke_path(
        &mut self,
        path: &Path,
        width: f32,
        dash: Option<StrokeDash>,
        place: Transform,
        colour: Rgb,
    ) {
        let (line_cap, line_join) = (LineCap::Round, LineJoin::Round);
        let stroke = tiny_skia::Stroke { width, dash, line_cap, line_join, ..Default::default() };
        self.pixmap.stroke_path(path, &paint(colour, 255), &stroke, place, None);
    }

    /// Returns the pixels, row by row.
    pub fn pixels(&self) -> impl Iterator<Item = Rgb> + '_ {
        self.pixmap.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
    }

    /// Returns the picture.
    pub fn into_image(self) -> DynamicImage {
        let (width, height) = (self.pixmap.width(), self.pixmap.height());
        let image = RgbImage::from_raw(width, height, self.pixels().flatten().collect());
        DynamicImage::ImageRgb8(image.unwrap_or_else(|| RgbImage::new(width, height)))
    }
}

fn paint([r, g, b]: Rgb, alpha: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, alpha);
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red(canvas: &Canvas, x: usize, y: usize) -> u8 {
        canvas.pixels().nth(y * canvas.width() + x).unwrap()[0]
    }

    fn rectangle([left, top, right, bottom]: [f64; 4]) -> Vec<Pixel> {
        vec![[left, top], [right, top], [right, bottom], [left, bottom]]
    }

    #[test]
    fn shapes_are_filled_with_holes() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let square = |from: f64, to: f64| rectangle([from, from, to, to]);
        canvas.fill(&[square(2.0, 18.0), square(6.0, 14.0)], [200; 3]);
        assert_eq!([red(&canvas, 3, 3), red(&canvas, 10, 10), red(&canvas, 0, 0)], [200, 0, 0]);
        // Shapes far outside change nothing.
        canvas.fill(&[square(-1e9, -1e8), square(1e8, 1e9)], [9; 3]);
        assert_eq!([red(&canvas, 3, 3), red(&canvas, 10, 10)], [200, 0]);
    }

    #[test]
    fn cells_that_touch_have_no_seam() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let cells = [rectangle([2.0, 2.0, 10.3, 18.0]), rectangle([10.3, 2.0, 18.0, 18.0])];
        canvas.fill(&cells, [200; 3]);
        assert!((9..12).all(|x| red(&canvas, x, 10) >= 195), "{}", red(&canvas, 10, 10));
    }

    #[test]
    fn lines_are_smooth_and_clipped_to_the_canvas() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let stroke = Stroke { width: 2.0, colour: [255; 3], dash: None };
        canvas.line(&[[-1e6, 10.0], [1e6, 10.0]], stroke);
        assert!(red(&canvas, 5, 10) > 250 && red(&canvas, 5, 9) > 250 && red(&canvas, 5, 6) == 0);
        canvas.line(&[[0.0, 0.0], [20.0, 20.0]], Stroke { dash: Some((3.0, 6.0)), ..stroke });
        assert!(red(&canvas, 1, 1) > 200 && red(&canvas, 4, 4) < 100);
        canvas.line(&[[-1e9, -1e9], [-1e8, 1e9]], stroke);
    }

    #[test]
    fn a_text_has_a_halo() {
        let mut canvas = Canvas::new(60, 40, [100; 3]);
        canvas.text([10.0, 30.0], "Hi", 20.0, [255; 3], [0; 3]);
        let count = |colour: u8| canvas.pixels().filter(|pixel| *pixel == [colour; 3]).count();
        assert!(count(255) > 60 && count(0) > 60, "{} and {}", count(255), count(0));
        // The capital is 20 pixels tall.
        let column = |x: usize| (0..40).filter(|&y| red(&canvas, x, y) == 255).count();
        assert!((10..20).any(|x| (19..=21).contains(&column(x))));
    }
}
