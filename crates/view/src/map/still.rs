//! Still picture of a map, with the layers and the georeferencing of the viewer.

use geo::MultiPolygon;
use image::DynamicImage;

use super::backdrop::{backdrop, graticule, locator};
use super::homography::Homography;
use super::labels::{INK, Labels, PAPER, overlap};
use super::mercator::View;
use super::placement::Georeference;
use crate::picture::canvas::{Canvas, Pixel, Rgb, Stroke};
use crate::picture::font;
use crate::picture::scanline::spans;
use crate::picture::shrunk;

pub const WIDTH: usize = 960;
pub const HEIGHT: usize = 600;

/// Pixels of a row between which the warp is interpolated linearly.
const RUN: usize = 16;

/// Largest number of scenes with a label.
const NAMED: usize = 24;

const FOOTPRINT: Rgb = [0x00, 0x72, 0xb2];
const AOI: Rgb = [0xd5, 0x3e, 0x00];
const QUIET: Rgb = [0x51, 0x62, 0x6e];

/// Still picture under construction: pictures from the top layer down, then outlines, then labels.
pub struct Still {
    canvas: Canvas,
    pub view: View,
    /// Pixels covered by an upper picture. Drawing from the top down warps each pixel once, however
    /// many scenes overlap.
    covered: Vec<bool>,
}

impl Still {
    pub fn new(bbox: [f64; 4]) -> Self {
        let view = View::around(bbox, WIDTH, HEIGHT, 0.09);
        let canvas = backdrop(&view);
        Self { canvas, view, covered: vec![false; WIDTH * HEIGHT] }
    }

    fn pixels(&self, shape: &MultiPolygon) -> Vec<Vec<Pixel>> {
        let ring = |polygon: &geo::Polygon| {
            polygon.exterior().coords().map(|point| self.view.pixel([point.x, point.y])).collect()
        };
        shape.iter().map(ring).collect()
    }

    /// Warps a picture onto the map, below the pictures painted before.
    pub fn paint(&mut self, image: &DynamicImage, georeference: &Georeference, footprint: &MultiPolygon) {
        let Some(to_square) = Homography::to_unit_square(&georeference.quad, georeference.flat) else {
            return;
        };
        let quad: Vec<Pixel> = georeference.quad.iter().map(|&corner| self.view.pixel(corner)).collect();
        let shape = if georeference.clip { self.pixels(footprint) } else { vec![quad.clone()] };
        let small = shrunk(image, side(&self.view, georeference)).to_rgba8();
        let (columns, rows) = (small.width() as usize, small.height() as usize);
        let raw = small.as_raw();
        let at = |x: f64, lat: f64| {
            let [u, v, w] = to_square.terms(self.view.lon(x), lat);
            [u / w * columns as f64 - 0.5, v / w * rows as f64 - 0.5]
        };
        for (y, line) in spans(&shape, HEIGHT).into_iter().enumerate() {
            let lat = if line.is_empty() { 0.0 } else { self.view.lat(y as f64 + 0.5) };
            for pair in line.chunks_exact(2) {
                let from = (pair[0] - 0.5).ceil().clamp(0.0, WIDTH as f64) as usize;
                let to = (pair[1] - 0.5).ceil().clamp(0.0, WIDTH as f64) as usize;
                // A few pixels at a time are as good as on a straight line.
                for start in (from..to).step_by(RUN) {
                    let end = (start + RUN).min(to);
                    if self.covered[y * WIDTH + start..y * WIDTH + end].iter().all(|covered| *covered) {
                        continue;
                    }
                    let (first, last) = (at(start as f64 + 0.5, lat), at(end as f64 + 0.5, lat));
                    let step = [0, 1].map(|i| (last[i] - first[i]) / (end - start) as f64);
                    for x in start..end {
                        let along = (x - start) as f64;
                        let (u, v) = (first[0] + along * step[0], first[1] + along * step[1]);
                        let covered = &mut self.covered[y * WIDTH + x];
                        if let Some(colour) = (!*covered).then(|| sample(raw, columns, rows, u, v)).flatten()
                        {
                            *covered = true;
                            self.canvas.set(x, y, colour);
                        }
                    }
                }
            }
        }
    }

    /// Outlines a scene, one of `among`. If there are hundreds, the lines are thin, so that they do not
    /// cover the map.
    pub fn footprint(&mut self, shape: &MultiPolygon, among: usize) {
        let width = if among > 60 { 0.4 } else { 1.2 };
        for ring in self.pixels(shape) {
            self.canvas.line(&ring, Stroke { width, colour: FOOTPRINT, dash: None });
        }
    }

    pub fn aoi(&mut self, shape: &MultiPolygon) {
        for line in shape.iter().flat_map(|polygon| edges(polygon.exterior())) {
            let line: Vec<Pixel> = line.into_iter().map(|point| self.view.pixel(point)).collect();
            self.canvas.line(&line, Stroke { width: 4.5, colour: PAPER, dash: None });
            self.canvas.line(&line, Stroke { width: 2.4, colour: AOI, dash: Some((9.0, 5.0)) });
        }
    }

    /// Writes the title, the names of areas and of scenes (from the lowest up), the scale bar, the
    /// graticule, the locator map and the source of the coast.
    pub fn label<'a>(
        &mut self,
        title: &str,
        aois: impl Iterator<Item = (&'a str, &'a MultiPolygon)>,
        scenes: impl Iterator<Item = (&'a str, &'a MultiPolygon)>,
    ) {
        let mut labels = Labels::default();
        if let Some(title) = font::drawable(title) {
            let title = font::shortened(&title, 14.0, WIDTH as f64 * 0.72);
            labels.text_on_background(&mut self.canvas, [20.0, 34.0], &title, 14.0, INK);
        }
        self.scale(&mut labels);
        let source = "Natural Earth";
        let place = [WIDTH as f64 - 16.0 - font::width(source, 7.0), HEIGHT as f64 - 14.0];
        labels.text_on_background(&mut self.canvas, place, source, 7.0, QUIET);
        let aois: Vec<_> = aois.map(|(name, shape)| (name, self.pixels(shape))).collect();
        let scenes: Vec<_> = scenes.map(|(name, shape)| (name, self.pixels(shape))).collect();
        let outlines = aois.iter().chain(&scenes).flat_map(|(_, rings)| rings).collect::<Vec<_>>();
        self.locate(&mut labels, &outlines);
        for (name, rings) in &aois {
            let Some(name) = font::drawable(name) else { continue };
            let [left, top, right, bottom] = extent(rings);
            let name = font::shortened(&name, 10.0, 300.0);
            let width = font::width(&name, 10.0);
            let middle = (left + right - width) / 2.0;
            let places =
                [[left, top - 9.0], [left, bottom + 19.0], [middle, top + 22.0], [middle, bottom - 12.0]];
            labels.write(&mut self.canvas, places, &name, 10.0, AOI);
        }
        self.name_scenes(&mut labels, &scenes);
        for (horizontal, name, at) in graticule(&self.view) {
            let place = match horizontal {
                true => [8.0, at + 3.0],
                false => [at - font::width(&name, 6.5) / 2.0, HEIGHT as f64 - 9.0],
            };
            labels.write(&mut self.canvas, [place], &name, 6.5, QUIET);
        }
    }

    /// Writes dates or titles of scenes inside their footprints, where no upper scene covers them.
    fn name_scenes(&mut self, labels: &mut Labels, scenes: &[(&str, Vec<Vec<Pixel>>)]) {
        let boxes: Vec<_> = scenes.iter().map(|(_, rings)| extent(rings)).collect();
        let mut named = 0;
        for (i, (name, rings)) in scenes.iter().enumerate().rev() {
            let [left, top, right, bottom] = boxes[i];
            if right - left <= 40.0 || bottom - top <= 18.0 {
                continue;
            }
            let Some(name) = font::drawable(name) else { continue };
            let name = font::shortened(&name, 8.0, right - left);
            let (width, middle) = (font::width(&name, 8.0), (left + right) / 2.0);
            let is_above =
                |j: usize, point: Pixel| contains(&scenes[j].1, point) && overlap(&boxes[i], &boxes[j]);
            let is_seen = |&[x, y]: &Pixel| {
                let ends =
                    [[x, y], [x + width, y], [x + width / 2.0, y - 4.0], [x, y - 8.0], [x + width, y - 8.0]];
                ends.iter()
                    .all(|&end| contains(rings, end) && !(i + 1..scenes.len()).any(|j| is_above(j, end)))
            };
            let places = [0.88, 0.16, 0.5, 0.7, 0.3]
                .map(|share| [middle - width / 2.0, top + share * (bottom - top) + 4.0])
                .into_iter()
                .filter(is_seen);
            named += usize::from(labels.write(&mut self.canvas, places, &name, 8.0, INK));
            if named == NAMED {
                break;
            }
        }
    }

    /// Draws the scale bar.
    fn scale(&mut self, labels: &mut Labels) {
        let (metres, label) = round_length(self.view.metres_per_pixel() * 150.0);
        let (length, y) = (metres / self.view.metres_per_pixel(), HEIGHT as f64 - 16.0);
        let rect = [10.0, y - 26.0, (26.0 + font::width(&label, 9.0)).max(20.0 + length) + 10.0, y + 6.0];
        self.canvas.shade(rect, PAPER, 0.82);
        labels.take(rect);
        let bar = [[20.0, y - 6.0], [20.0, y], [20.0 + length, y], [20.0 + length, y - 6.0]];
        self.canvas.line(&bar, Stroke { width: 2.0, colour: INK, dash: None });
        self.canvas.text([26.0, y - 7.0], &label, 9.0, INK, PAPER);
    }

    /// Draws the locator map in a corner without scenes or areas, unless the map is wider than 40°.
    fn locate(&mut self, labels: &mut Labels, outlines: &[&Vec<Pixel>]) {
        let [west, south, east, north] = self.view.bbox();
        if east - west > 40.0 {
            return;
        }
        let (width, height, edge) = (170.0, 78.0, 12.0);
        let (right, low) = (WIDTH as f64 - edge, HEIGHT as f64 - 34.0);
        let corners = [[right - width, edge], [right - width, low - height], [edge, low - height - 20.0]];
        for [left, top] in corners {
            let rect = [left, top, left + width, top + height];
            let touches = |ring: &&Vec<Pixel>| ring.windows(2).any(|pair| overlap(&extent_of(pair), &rect));
            let is_empty =
                !outlines.iter().any(touches) && !self.covered[top as usize * WIDTH + left as usize];
            if is_empty && labels.take(rect) {
                let middle = [(west + east) / 2.0, (south + north) / 2.0];
                return locator(&mut self.canvas, rect, middle);
            }
        }
    }

    /// Returns the mean position of all pixels that are nearly of a colour.
    #[cfg(test)]
    pub fn middle_of(&self, colour: Rgb) -> Option<[f64; 2]> {
        let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
        for (i, pixel) in self.canvas.pixels().enumerate() {
            if pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 48) {
                x += (i % WIDTH) as f64 + 0.5;
                y += (i / WIDTH) as f64 + 0.5;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| [self.view.lon(x / count), self.view.lat(y / count)])
    }

    pub fn into_image(self) -> DynamicImage {
        self.canvas.into_image()
    }
}

/// Returns the edges of an outline. Of an outline around the whole Earth, those along 180° and along
/// the poles are left out.
fn edges(ring: &geo::LineString) -> Vec<Vec<[f64; 2]>> {
    let (west, east) =
        ring.coords().fold((f64::MAX, f64::MIN), |(a, b), point| (a.min(point.x), b.max(point.x)));
    let is_cut = |a: geo::Coord, b: geo::Coord| {
        let along = a.x == b.x && (a.x == west || a.x == east);
        east - west >= 360.0 && (along || (a.y == b.y && a.y.abs() > 89.99))
    };
    let mut lines = vec![Vec::new()];
    for line in ring.lines() {
        let last = lines.last_mut().filter(|last| !last.is_empty());
        match (is_cut(line.start, line.end), last) {
            (true, _) => lines.push(Vec::new()),
            (false, Some(last)) => last.push([line.end.x, line.end.y]),
            (false, None) => lines.push(vec![[line.start.x, line.start.y], [line.end.x, line.end.y]]),
        }
    }
    lines
}

fn extent(rings: &[Vec<Pixel>]) -> [f64; 4] {
    let boxes = rings.iter().map(|ring| extent_of(ring));
    boxes.fold(extent_of(&[]), |a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

fn extent_of(points: &[Pixel]) -> [f64; 4] {
    let none = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    points.iter().fold(none, |[a, b, c, d], &[x, y]| [a.min(x), b.min(y), c.max(x), d.max(y)])
}

/// Returns whether a point lies in rings, by the even-odd rule.
fn contains(rings: &[Vec<Pixel>], [x, y]: Pixel) -> bool {
    let crosses = |pair: &[Pixel]| {
        let (a, b) = (pair[0], pair[1]);
        (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
    };
    rings.iter().flat_map(|ring| ring.windows(2)).filter(|pair| crosses(pair)).count() % 2 == 1
}

/// Returns the longest side to which a picture is reduced before the warp. Reducing first is faster
/// and smoother than skipping pixels.
pub fn side(view: &View, georeference: &Georeference) -> u32 {
    let quad: Vec<Pixel> = georeference.quad.iter().map(|&corner| view.pixel(corner)).collect();
    let longest = (0..4).map(|i| distance(quad[i], quad[(i + 1) % 4])).fold(0.0, f64::max);
    ((longest.min(4.0 * WIDTH as f64) * 1.3) as u32).max(16)
}

fn distance(a: Pixel, b: Pixel) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Returns the bilinear interpolation at a position, in integer arithmetic; `None` if the picture is
/// transparent there.
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

/// Returns the largest of 1, 2, 5, 10, … metres that is at most `most`, and its label.
fn round_length(most: f64) -> (f64, String) {
    let power = 10f64.powf(most.max(1.0).log10().floor());
    let metres = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|&length| length <= most);
    let metres = metres.unwrap_or(power);
    let label = if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") };
    (metres, label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;
    use up42_core::geo::Bbox;

    #[test]
    fn the_scale_bar_has_a_round_length() {
        let labels: Vec<_> = [3.0, 740.0, 1999.0, 26_000.0, 4e6].map(|most| round_length(most).1).into();
        assert_eq!(labels, ["2 m", "500 m", "1 km", "20 km", "2000 km"]);
    }

    #[test]
    fn pictures_are_drawn_on_their_corners_the_upper_on_top() {
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
        still.paint(&image, &Georeference { quad, flat: true, clip: false }, &shape);
        let black = DynamicImage::ImageRgb8(RgbImage::new(8, 8));
        still.paint(&black, &Georeference { quad, flat: true, clip: false }, &shape);
        let at = |[lon, lat]: [f64; 2]| {
            let [x, y] = still.view.pixel([lon, lat]);
            still.canvas.pixels().nth(y as usize * WIDTH + x as usize).unwrap()
        };
        assert_eq!(at([10.25, 40.93]), [255, 0, 0]);
        assert_eq!(at([10.92, 40.77]), [0, 255, 0]);
        assert_eq!(at([10.75, 40.07]), [255; 3]);
        assert_eq!(at([10.08, 40.23]), [0, 0, 255]);
    }
}
