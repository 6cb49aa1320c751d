//! What draws a chart: the same marks as SVG and as pixels.

use image::{DynamicImage, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::{
    Color, DrawingArea, IntoDrawingArea, IntoFont, PathElement, RGBColor, Rectangle, SVGBackend,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::display::canvas::{Canvas, Pixel, Rgb, Stroke};
use crate::display::font;

/// White, behind everything.
pub const PAPER: Rgb = [0xff; 3];

/// Pixels of the raster for one of the chart's, each way: sharp on a dense screen.
const SCALE: usize = 2;

/// From the upper left.
pub type Point = (i32, i32);

/// Where a text stands from its point, at half its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

/// Draws marks over those before.
pub trait Pen {
    fn rect(&mut self, upper_left: Point, lower_right: Point, colour: Rgb);
    /// A line through points, so many pixels wide.
    fn path(&mut self, points: &[Point], width: u32, colour: Rgb);
    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb);
}

impl dyn Pen + '_ {
    /// A thin straight line.
    pub fn line(&mut self, from: Point, to: Point, colour: Rgb) {
        self.path(&[from, to], 1, colour);
    }

    /// A level line that is no part of the grid.
    pub fn dashes(&mut self, (left, y): Point, right: i32, colour: Rgb) {
        for start in (left..right).step_by(9) {
            self.rect((start, y - 1), ((start + 5).min(right), y + 1), colour);
        }
    }
}

/// At most how wide a text is, in either form.
pub fn width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.62).ceil() as i32
}

/// What is drawn, as an SVG document.
pub fn svg((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> String {
    let mut document = String::new();
    {
        let root = SVGBackend::with_string(&mut document, (width, height)).into_drawing_area();
        let mut pen = Svg { root };
        pen.rect((0, 0), (width as i32, height as i32), PAPER);
        draw(&mut pen);
        // Writing to memory does not fail, here and below.
        let _ = pen.root.present();
    }
    joined(&document)
}

/// Rectangles of one colour that follow each other, as one path: plotters takes a hundred
/// bytes for each of them, and a notebook keeps them all.
fn joined(document: &str) -> String {
    let lines: Vec<&str> = document.lines().collect();
    let mut joined = String::with_capacity(document.len());
    for run in lines.chunk_by(|a, b| rect(a).is_some() && rect(b).is_some() && colour(a) == colour(b)) {
        match run {
            [line] => joined += line,
            run => {
                let moves = run.iter().filter_map(|line| rect(line));
                let moves: String = moves.map(|[x, y, w, h]| format!("M{x} {y}h{w}v{h}h-{w}z")).collect();
                joined += &format!("<path fill=\"{}\" d=\"{moves}\"/>", colour(run[0]).unwrap_or_default());
            }
        }
        joined.push('\n');
    }
    joined
}

fn colour(line: &str) -> Option<&str> {
    line.split("fill=\"").nth(1)?.split('"').next()
}

/// Left, top, width and height as plotters writes them. No text reads so: it is escaped.
fn rect(line: &str) -> Option<[i32; 4]> {
    let line = line.strip_prefix("<rect ")?.strip_suffix("stroke=\"none\"/>")?;
    let side = |name: &str| line.split(name).nth(1)?.split('"').next()?.parse().ok();
    let rect = [side("x=\"")?, side("y=\"")?, side("width=\"")?, side("height=\"")?];
    (line.contains("opacity=\"1\"") && rect[2] > 0 && rect[3] > 0).then_some(rect)
}

/// What is drawn, as pixels.
pub fn raster((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> DynamicImage {
    let mut canvas = Canvas::new(width as usize * SCALE, height as usize * SCALE, PAPER);
    draw(&mut canvas);
    let (width, height) = (canvas.width as u32, canvas.height as u32);
    let image = RgbImage::from_raw(width, height, canvas.pixels);
    DynamicImage::ImageRgb8(image.unwrap_or_else(|| RgbImage::new(width, height)))
}

struct Svg<'a> {
    root: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Pen for Svg<'_> {
    fn rect(&mut self, upper_left: Point, lower_right: Point, colour: Rgb) {
        let _ = self.root.draw(&Rectangle::new([upper_left, lower_right], rgb(colour).filled()));
    }

    fn path(&mut self, points: &[Point], width: u32, colour: Rgb) {
        let _ = self.root.draw(&PathElement::new(points.to_vec(), rgb(colour).stroke_width(width)));
    }

    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb) {
        let side = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        // plotters divides sizes by this.
        let font = ("sans-serif", f64::from(size) * 1.24).into_font();
        let style = font.color(&rgb(colour)).pos(Pos::new(side, VPos::Center));
        let _ = self.root.draw_text(text, &style, at);
    }
}

fn rgb([r, g, b]: Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

impl Pen for Canvas {
    fn rect(&mut self, (left, top): Point, (right, bottom): Point, colour: Rgb) {
        let within = |place: i32, most: usize| (place.max(0) as usize * SCALE).min(most);
        let (left, right) = (within(left, self.width), within(right, self.width));
        for y in within(top, self.height)..within(bottom, self.height) {
            let row = &mut self.pixels[y * self.width * 3..][..self.width * 3];
            // Whole pixels: a chart has thousands of rectangles, and most are small.
            let run = row.get_mut(left * 3..right * 3).unwrap_or_default();
            run.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }

    fn path(&mut self, points: &[Point], width: u32, colour: Rgb) {
        let stroke = Stroke { width: f64::from(width) * SCALE as f64, colour, dash: None };
        Canvas::line(self, &points.iter().copied().map(pixel).collect::<Vec<_>>(), stroke);
    }

    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb) {
        let height = f64::from(size) * 0.6 * SCALE as f64;
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
        assert_eq!(svg.matches("<rect ").count(), 2, "the paper, and one that has no width: {svg}");
    }

    #[test]
    fn a_rectangle_beyond_the_raster_is_cut() {
        let image = raster((4, 3), |pen| pen.rect((-5, 1), (99, 99), [0; 3])).into_rgb8();
        let dark = image.pixels().filter(|pixel| pixel.0 == [0; 3]).count();
        assert_eq!(dark, 4 * 2 * SCALE * SCALE);
    }
}
