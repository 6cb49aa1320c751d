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
pub(super) const PAPER: Rgb = [0xff; 3];

/// Pixels of the raster for one of the chart's, each way: sharp on a dense screen.
const SCALE: usize = 2;

/// From the upper left.
pub(super) type Point = (i32, i32);

/// Where a text stands from its point, at half its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// Draws marks over those before.
pub(super) trait Pen {
    fn rect(&mut self, upper_left: Point, lower_right: Point, colour: Rgb);
    fn line(&mut self, from: Point, to: Point, colour: Rgb);
    fn text(&mut self, at: Point, text: &str, size: i32, anchor: Anchor, colour: Rgb);
}

/// At most how wide a text is, in either form.
pub(super) fn width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.62).ceil() as i32
}

/// What is drawn, as an SVG document.
pub(super) fn svg((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> String {
    let mut document = String::new();
    {
        let root = SVGBackend::with_string(&mut document, (width, height)).into_drawing_area();
        let mut pen = Svg { root };
        pen.rect((0, 0), (width as i32, height as i32), PAPER);
        draw(&mut pen);
        // Writing to memory does not fail, here and below.
        let _ = pen.root.present();
    }
    document
}

/// What is drawn, as pixels.
pub(super) fn raster((width, height): (u32, u32), draw: impl FnOnce(&mut dyn Pen)) -> DynamicImage {
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

    fn line(&mut self, from: Point, to: Point, colour: Rgb) {
        let _ = self.root.draw(&PathElement::new(vec![from, to], rgb(colour).stroke_width(1)));
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
        let ring = [(left, top), (right, top), (right, bottom), (left, bottom)].map(pixel).to_vec();
        self.fill([&ring], colour);
    }

    fn line(&mut self, from: Point, to: Point, colour: Rgb) {
        let stroke = Stroke { width: SCALE as f64, colour, dash: None };
        Canvas::line(self, &[pixel(from), pixel(to)], stroke);
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
