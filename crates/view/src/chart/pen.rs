//! Output of charts: the same rectangles, lines and texts as SVG and as pixels.

use image::DynamicImage;

use crate::picture::canvas::{Canvas, Pixel, Rgb, Stroke};
use crate::picture::font;

/// Background colour.
pub const PAPER: Rgb = [0xff; 3];

/// Pixels of the raster per pixel of the chart, in each direction, for screens of high density.
const SCALE: usize = 2;

/// Position in pixels from the upper left corner.
pub type Point = (i32, i32);

/// Horizontal alignment of a text at its point, which is at half the height of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

/// Output on which later shapes cover earlier ones.
pub trait Pen {
    fn rect(&mut self, upper_left: Point, lower_right: Point, colour: Rgb);
    /// Draws a line through points, `width` pixels wide.
    fn path(&mut self, points: &[Point], width: u32, colour: Rgb);
    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb);
}

impl dyn Pen + '_ {
    /// Draws a straight line, one pixel wide.
    pub fn line(&mut self, from: Point, to: Point, colour: Rgb) {
        self.path(&[from, to], 1, colour);
    }

    /// Draws a dashed horizontal line.
    pub fn dashes(&mut self, (left, y): Point, right: i32, colour: Rgb) {
        for start in (left..right).step_by(9) {
            self.rect((start, y - 1), ((start + 5).min(right), y + 1), colour);
        }
    }
}

/// Ratio by which the font of a viewer may be wider than the embedded one.
const WIDER: f64 = 1.1;

/// Returns the width to reserve for a text, in pixels. Viewers draw the SVG with their own font,
/// which may be wider than the embedded one.
pub fn width(text: &str, size: i32) -> i32 {
    (font::width(text, f64::from(size) * font::CAPITALS) * WIDER).ceil() as i32
}

/// Cuts a text to at most `most` pixels, with an ellipsis.
pub fn shortened(text: &str, size: i32, most: i32) -> String {
    font::shortened(text, f64::from(size) * font::CAPITALS, f64::from(most) / WIDER)
}

/// Returns the drawing as an SVG document.
pub fn svg((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> String {
    let mut pen = Svg::default();
    pen.rect((0, 0), (width as i32, height as i32), PAPER);
    draw(&mut pen);
    pen.flush();
    let head = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n"
    );
    head + &pen.document + "</svg>\n"
}

/// Returns the drawing as pixels.
pub fn raster((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> DynamicImage {
    let mut canvas = Canvas::new(width as usize * SCALE, height as usize * SCALE, PAPER);
    draw(&mut canvas);
    canvas.into_image()
}

/// An SVG document under construction.
#[derive(Default)]
struct Svg {
    document: String,
    /// Consecutive rectangles of one colour, which are written as one path: a chart may have
    /// thousands, and all of them are stored in the notebook.
    rectangles: Vec<[i32; 4]>,
    colour: Rgb,
}

impl Svg {
    /// Writes the rectangles that are not written yet.
    fn flush(&mut self) {
        let path: String =
            self.rectangles.drain(..).map(|[x, y, w, h]| format!("M{x} {y}h{w}v{h}h-{w}z")).collect();
        if !path.is_empty() {
            self.document += &format!("<path fill=\"{}\" d=\"{path}\"/>\n", hex(self.colour));
        }
    }
}

impl Pen for Svg {
    fn rect(&mut self, (left, top): Point, (right, bottom): Point, colour: Rgb) {
        if colour != self.colour {
            self.flush();
            self.colour = colour;
        }
        if right > left && bottom > top {
            self.rectangles.push([left, top, right - left, bottom - top]);
        }
    }

    fn path(&mut self, points: &[Point], width: u32, colour: Rgb) {
        self.flush();
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let (points, colour) = (points.join(" "), hex(colour));
        self.document += &format!(
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" points=\"{points}\"/>\n"
        );
    }

    fn text(&mut self, (x, y): Point, text: &str, size: i32, anchor: Anchor, colour: Rgb) {
        self.flush();
        let anchor = match anchor {
            Anchor::Left => "start",
            Anchor::Middle => "middle",
            Anchor::Right => "end",
        };
        let text = maud::html! {
            text x=(x) y=(y) dy="0.36em" text-anchor=(anchor) font-family="sans-serif" font-size=(size)
                fill=(hex(colour)) { (text) }
        };
        self.document += &text.into_string();
        self.document.push('\n');
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

impl Pen for Canvas {
    fn rect(&mut self, (left, top): Point, (right, bottom): Point, colour: Rgb) {
        let ([left, top], [right, bottom]) = (pixel((left, top)), pixel((right, bottom)));
        self.shade([left, top, right, bottom], colour, 1.0);
    }

    fn path(&mut self, points: &[Point], width: u32, colour: Rgb) {
        let stroke = Stroke { width: f64::from(width) * SCALE as f64, colour, dash: None };
        Canvas::line(self, &points.iter().copied().map(pixel).collect::<Vec<_>>(), stroke);
    }

    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb) {
        let height = f64::from(size) * font::CAPITALS * SCALE as f64;
        let [x, y] = pixel(at);
        let start = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - font::width(text, height) / 2.0,
            Anchor::Right => x - font::width(text, height),
        };
        Canvas::text(self, [start, y + height / 2.0], text, height, colour, PAPER);
    }
}

fn pixel((x, y): Point) -> Pixel {
    [f64::from(x) * SCALE as f64, f64::from(y) * SCALE as f64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_of_one_colour_are_one_path() {
        let svg = svg((60, 40), |pen| {
            for x in [2, 9] {
                pen.rect((x, 3), (x + 5, 8), [0, 0x5a, 0x9c]);
            }
            pen.text((4, 20), "<rect x=\"1\" stroke=\"none\"/>", 12, Anchor::Left, [0; 3]);
            pen.rect((1, 1), (1, 9), [1, 2, 3]);
        });
        assert!(svg.contains("<path fill=\"#005A9C\" d=\"M2 3h5v5h-5zM9 3h5v5h-5z\"/>"), "{svg}");
        assert!(!svg.contains("<rect ") && svg.contains("&lt;rect x=&quot;1&quot;"), "{svg}");
    }

    #[test]
    fn a_rectangle_beyond_the_raster_is_cut() {
        let image = raster((4, 3), |pen| pen.rect((-5, 1), (99, 99), [0; 3])).into_rgb8();
        let dark = image.pixels().filter(|pixel| pixel.0 == [0; 3]).count();
        assert_eq!(dark, 4 * 2 * SCALE * SCALE);
    }
}
