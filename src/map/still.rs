//! The still picture of a map, drawn from the same layers with the same
//! placement as the viewer's.

use geo::MultiPolygon;
use image::{DynamicImage, RgbImage};

use super::homography::Homography;
use super::mercator::View;
use super::placement::Placed;
use crate::display::canvas::{Canvas, Pixel, Rgb, Stroke, spans};
use crate::display::font;
use crate::display::picture::shrunk;
use crate::geo::{Detail, land};

pub(super) const WIDTH: usize = 960;
pub(super) const HEIGHT: usize = 600;

/// The viewer's colours for light pages (`assets/viewer.css`).
const SEA: Rgb = [0xdc, 0xe8, 0xee];
const LAND: Rgb = [0xf5, 0xf3, 0xec];
const COAST: Rgb = [0x8f, 0xa3, 0xaf];
const BORDER: Rgb = [0xc3, 0xbd, 0xae];
const FOOTPRINT: Rgb = [0x00, 0x72, 0xb2];
const AOI: Rgb = [0xd5, 0x3e, 0x00];
const INK: Rgb = [0x1f, 0x2a, 0x33];
const PAPER: Rgb = [0xff, 0xff, 0xff];

/// A picture under construction: pictures from the top layer down, then
/// outlines, then labels.
pub(super) struct Still {
    canvas: Canvas,
    view: View,
    /// Pixels that a picture above already shows: drawing from the top down,
    /// each pixel is warped once however many scenes lie over each other.
    covered: Vec<bool>,
}

impl Still {
    pub(super) fn new(bbox: [f64; 4]) -> Self {
        let view = View::around(bbox, WIDTH, HEIGHT, 0.09);
        let mut canvas = Canvas::new(WIDTH, HEIGHT, SEA);
        let shown = view.bbox();
        let around = land(Detail::for_span((shown[2] - shown[0]).max(shown[3] - shown[1])), shown);
        let pixels = |line: &Vec<[f64; 2]>| -> Vec<Pixel> { line.iter().map(|&p| view.pixel(p)).collect() };
        let rings: Vec<_> = around.rings.iter().map(pixels).collect();
        canvas.fill(&rings, LAND);
        for coast in &around.coasts {
            canvas.line(&pixels(coast), Stroke { width: 1.0, colour: COAST, dash: None });
        }
        for border in &around.borders {
            canvas.line(&pixels(border), Stroke { width: 1.0, colour: BORDER, dash: Some((5.0, 3.0)) });
        }
        Self { canvas, view, covered: vec![false; WIDTH * HEIGHT] }
    }

    fn pixels(&self, shape: &MultiPolygon) -> Vec<Vec<Pixel>> {
        let ring = |polygon: &geo::Polygon| {
            polygon.exterior().coords().map(|point| self.view.pixel([point.x, point.y])).collect()
        };
        shape.iter().map(ring).collect()
    }

    /// The longest side that a picture needs to be painted well: shrinking first is both
    /// quicker and smoother than skipping pixels.
    pub(super) fn side(&self, placed: &Placed) -> u32 {
        let quad: Vec<Pixel> = placed.quad.iter().map(|&corner| self.view.pixel(corner)).collect();
        let longest = (0..4).map(|i| distance(quad[i], quad[(i + 1) % 4])).fold(0.0, f64::max);
        ((longest.min(4.0 * WIDTH as f64) * 1.3) as u32).max(16)
    }

    /// Warps a picture onto the ground, under those painted before.
    pub(super) fn paint(&mut self, image: &DynamicImage, placed: &Placed, footprint: &MultiPolygon) {
        let Some(to_square) = Homography::to_unit_square(&placed.quad) else { return };
        let quad: Vec<Pixel> = placed.quad.iter().map(|&corner| self.view.pixel(corner)).collect();
        let shape = if placed.clip { self.pixels(footprint) } else { vec![quad.clone()] };
        let small = shrunk(image, self.side(placed)).to_rgba8();
        let (columns, rows) = (small.width() as usize, small.height() as usize);
        let raw = small.as_raw();
        for (y, line) in spans(&shape, HEIGHT).into_iter().enumerate() {
            let lat = self.view.lat(y as f64 + 0.5);
            let first = to_square.terms(self.view.lon(0.5), lat);
            let second = to_square.terms(self.view.lon(1.5), lat);
            let step: [f64; 3] = std::array::from_fn(|i| second[i] - first[i]);
            for pair in line.chunks_exact(2) {
                let from = (pair[0] - 0.5).ceil().clamp(0.0, WIDTH as f64) as usize;
                let to = (pair[1] - 0.5).ceil().clamp(0.0, WIDTH as f64) as usize;
                for x in from..to {
                    let at = y * WIDTH + x;
                    if self.covered[at] {
                        continue;
                    }
                    let along = x as f64;
                    let w = first[2] + along * step[2];
                    let u = (first[0] + along * step[0]) / w * columns as f64 - 0.5;
                    let v = (first[1] + along * step[1]) / w * rows as f64 - 0.5;
                    if let Some(colour) = sample(raw, columns, rows, u, v) {
                        self.covered[at] = true;
                        self.canvas.pixels[at * 3..at * 3 + 3].copy_from_slice(&colour);
                    }
                }
            }
        }
    }

    pub(super) fn footprint(&mut self, shape: &MultiPolygon) {
        for ring in self.pixels(shape) {
            self.canvas.line(&ring, Stroke { width: 1.2, colour: FOOTPRINT, dash: None });
        }
    }

    pub(super) fn aoi(&mut self, shape: &MultiPolygon) {
        for ring in self.pixels(shape) {
            self.canvas.line(&ring, Stroke { width: 4.5, colour: PAPER, dash: None });
            self.canvas.line(&ring, Stroke { width: 2.4, colour: AOI, dash: Some((9.0, 5.0)) });
        }
    }

    /// Title, scale bar and where the coast comes from.
    pub(super) fn label(&mut self, title: &str) {
        let title: String = title.chars().take(60).collect();
        self.canvas.text([20.0, 36.0], &title, 13.0, INK, PAPER);
        let (width, height) = (WIDTH as f64, HEIGHT as f64);
        let (metres, told) = round_length(self.view.metres_per_pixel() * 150.0);
        let length = metres / self.view.metres_per_pixel();
        let y = height - 22.0;
        let bar = [[20.0, y - 6.0], [20.0, y], [20.0 + length, y], [20.0 + length, y - 6.0]];
        for (width, colour) in [(5.0, PAPER), (2.0, INK)] {
            self.canvas.line(&bar, Stroke { width, colour, dash: None });
        }
        self.canvas.text([26.0, y - 7.0], &told, 9.0, INK, PAPER);
        let source = "Natural Earth";
        let x = width - 20.0 - font::width(source, 7.0);
        self.canvas.text([x, y], source, 7.0, [0x5a, 0x68, 0x72], PAPER);
    }

    pub(super) fn into_image(self) -> DynamicImage {
        let (width, height) = (self.canvas.width as u32, self.canvas.height as u32);
        let image = RgbImage::from_raw(width, height, self.canvas.pixels);
        DynamicImage::ImageRgb8(image.unwrap_or_else(|| RgbImage::new(width, height)))
    }
}

fn distance(a: Pixel, b: Pixel) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Bilinear, in whole numbers; `None` where the picture is transparent.
fn sample(raw: &[u8], columns: usize, rows: usize, u: f64, v: f64) -> Option<Rgb> {
    let (u, v) = (u.clamp(0.0, (columns - 1) as f64), v.clamp(0.0, (rows - 1) as f64));
    let (x, y) = (u as usize, v as usize);
    let (fx, fy) = (((u - x as f64) * 16.0) as u32, ((v - y as f64) * 16.0) as u32);
    let right = if x + 1 < columns { 4 } else { 0 };
    let below = if y + 1 < rows { columns * 4 } else { 0 };
    let at = (y * columns + x) * 4;
    if raw[at + 3] < 128 {
        return None;
    }
    let mut colour = [0; 3];
    for (i, value) in colour.iter_mut().enumerate() {
        let at = at + i;
        let top = u32::from(raw[at]) * (16 - fx) + u32::from(raw[at + right]) * fx;
        let bottom = u32::from(raw[at + below]) * (16 - fx) + u32::from(raw[at + below + right]) * fx;
        *value = ((top * (16 - fy) + bottom * fy) >> 8) as u8;
    }
    Some(colour)
}

/// The largest of 1, 2, 5, 10, … metres that is not longer than the length.
fn round_length(most: f64) -> (f64, String) {
    let power = 10f64.powf(most.max(1.0).log10().floor());
    let metres = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|&length| length <= most);
    let metres = metres.unwrap_or(power);
    let told = if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") };
    (metres, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Bbox;

    #[test]
    fn lengths_are_round() {
        let told: Vec<_> = [3.0, 740.0, 1999.0, 26_000.0, 4e6].map(|most| round_length(most).1).into();
        assert_eq!(told, ["2 m", "500 m", "1 km", "20 km", "2000 km"]);
    }

    #[test]
    fn pictures_lie_on_their_corners_and_the_upper_one_wins() {
        // A quadrant picture: red, green over blue, white.
        let image = DynamicImage::ImageRgb8(RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb(match (x < 32, y < 32) {
                (true, true) => [255, 0, 0],
                (false, true) => [0, 255, 0],
                (true, false) => [0, 0, 255],
                (false, false) => [255; 3],
            })
        }));
        let mut still = Still::new([10.0, 40.0, 11.0, 41.0]);
        let quad = [[10.2, 41.0], [11.0, 40.8], [10.8, 40.0], [10.0, 40.2]];
        let shape = Bbox::new(10.0, 40.0, 11.0, 41.0).unwrap().to_polygon();
        still.paint(&image, &Placed { quad, clip: false }, &shape);
        let black = DynamicImage::ImageRgb8(RgbImage::new(8, 8));
        still.paint(&black, &Placed { quad, clip: false }, &shape);
        let at = |[lon, lat]: [f64; 2]| {
            let [x, y] = still.view.pixel([lon, lat]);
            let at = (y as usize * WIDTH + x as usize) * 3;
            [still.canvas.pixels[at], still.canvas.pixels[at + 1], still.canvas.pixels[at + 2]]
        };
        assert_eq!(at([10.25, 40.93]), [255, 0, 0]);
        assert_eq!(at([10.92, 40.77]), [0, 255, 0]);
        assert_eq!(at([10.75, 40.07]), [255; 3]);
        assert_eq!(at([10.08, 40.23]), [0, 0, 255]);
    }
}
