//! Placement of north-up pictures with a collar of nodata around the scene.
//!
//! The bounding box is only approximately right for them: some are padded to a square, and a
//! picture in UTM or a polar projection is rotated against the meridians. Therefore the scene is
//! located in the picture, and of several candidates the one that matches the footprint best is
//! used.

use geo::{LineString, MultiPolygon, Polygon};
use image::{DynamicImage, GenericImageView};

use super::homography::{Homography, Quad};
use super::orientation::{is_in_polar_grid, is_north_up, is_rectangle, sharpened};
use super::placement::{Georeference, corners, is_small};
use crate::picture::scanline::spans;

/// Largest number of rows and columns of the grid on which scene and footprint are compared.
const FINEST: usize = 512;

/// Smallest intersection over union of scene and footprint that counts as a match.
const MIN_IOU: f64 = 0.8;

/// Kinds of nodata in a collar: transparent, black or white, with a tolerance for JPEG.
pub const NODATA: [fn([u8; 4]) -> bool; 3] = [
    |[.., alpha]| alpha < 128,
    |[r, g, b, alpha]| alpha >= 128 && r.max(g).max(b) <= 20,
    |[r, g, b, alpha]| alpha >= 128 && r.min(g).min(b) >= 241,
];

/// Returns the georeference of a picture with a collar; `None` if there is no collar, or if the scene
/// in it does not match the footprint.
pub fn georeference(footprint: &MultiPolygon, around: &Quad, image: &DynamicImage) -> Option<Georeference> {
    let scene = SceneMask::find(image)?;
    // JPEG leaves noise in a collar: a few consecutive cells may not belong to the scene.
    let edges = [1, 2, 3, 5].map(|run| scene.edges(run));
    let boxed = edges.iter().map(|edges| scene.boxed(edges, around)).map(|quad| (quad, false));
    let cornered = edges.iter().map(|edges| scene.cornered(edges, footprint)).map(|quad| (quad, true));
    let candidates = std::iter::once((Some(*around), false)).chain(boxed).chain(cornered);
    // A simpler candidate is kept unless a later one is clearly better.
    let mut best: Option<(f64, Georeference)> = None;
    for (quad, flat) in candidates {
        let Some(quad) = quad else { continue };
        let georeference = Georeference { quad, flat, clip: true };
        let fit = scene.fit(footprint, &georeference).unwrap_or(0.0);
        let is_better = |(so_far, before): &(f64, Georeference)| {
            fit > so_far + if before.flat == flat { 5e-4 } else { 2e-3 }
        };
        if best.as_ref().is_none_or(is_better) {
            best = Some((fit, georeference));
        }
    }
    best.filter(|(fit, _)| *fit >= MIN_IOU).map(|(_, georeference)| georeference)
}

/// Grid over a picture; `shown` marks the cells that are not collar.
struct SceneMask {
    columns: usize,
    rows: usize,
    shown: Vec<bool>,
}

impl SceneMask {
    fn find(image: &DynamicImage) -> Option<Self> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (columns, rows) = (width.min(FINEST), height.min(FINEST));
        let spot = |column: usize, row: usize| {
            ((2 * column + 1) * width / (2 * columns), (2 * row + 1) * height / (2 * rows))
        };
        let ends = [(0, 0), (columns - 1, 0), (columns - 1, rows - 1), (0, rows - 1)];
        let end = |(column, row): (usize, usize)| {
            let (x, y) = spot(column, row);
            image.get_pixel(x as u32, y as u32).0
        };
        let nodata = NODATA.into_iter().find(|nodata| ends.iter().all(|&at| nodata(end(at))))?;
        // Converted only here: most pictures have no collar and have returned above.
        let rgba = image.to_rgba8();
        let raw = rgba.as_raw();
        let at = |column: usize, row: usize| {
            let (x, y) = spot(column, row);
            let at = (y * width + x) * 4;
            [raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]
        };
        let mut shown = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            shown.extend((0..columns).map(|column| !nodata(at(column, row))));
        }
        Some(Self { columns, rows, shown })
    }

    /// Returns row, first and last cell for each row of the grid with at least `run` consecutive
    /// cells of the scene.
    fn edges(&self, run: usize) -> Vec<(usize, usize, usize)> {
        let solid = |cells: &[bool]| cells.iter().all(|cell| *cell);
        let ends = |(row, line): (usize, &[bool])| {
            let first = line.windows(run).position(solid)?;
            let last = line.windows(run).rposition(solid)?;
            Some((row, first, last + run - 1))
        };
        self.shown.chunks(self.columns).enumerate().filter_map(ends).collect()
    }

    /// Maps the bounding box of the scene to the bounding box of the footprint.
    fn boxed(&self, edges: &[(usize, usize, usize)], around: &Quad) -> Option<Quad> {
        let [[west, north], [east, _], [_, south], _] = *around;
        let left = edges.iter().map(|edge| edge.1).min()? as f64 / self.columns as f64;
        let right = (edges.iter().map(|edge| edge.2).max()? + 1) as f64 / self.columns as f64;
        let top = edges.first()?.0 as f64 / self.rows as f64;
        let bottom = (edges.last()?.0 + 1) as f64 / self.rows as f64;
        let lon = |u: f64| west + (u - left) / (right - left) * (east - west);
        let lat = |v: f64| north + (v - top) / (bottom - top) * (south - north);
        let (west, east, north, south) = (lon(0.0), lon(1.0), lat(0.0), lat(1.0));
        Some([[west, north], [east, north], [east, south], [west, south]])
    }

    /// Maps the corners of the scene to the corners of the footprint.
    fn cornered(&self, edges: &[(usize, usize, usize)], footprint: &MultiPolygon) -> Option<Quad> {
        // Upwards like latitudes, and as small as degrees near the equator, where `corners` has no
        // distortion.
        let small = 1e-4;
        let point = |x: usize, y: usize| [x as f64 * small, -(y as f64 + 0.5) * small];
        let ends = |&(row, first, last): &(usize, usize, usize)| [point(first, row), point(last + 1, row)];
        let outline: Vec<[f64; 2]> = edges.iter().flat_map(ends).collect();
        let scene = corners(&Polygon::new(LineString::from(outline.clone()), Vec::new()).into())?;
        let scene = sharpened(&scene, &outline);
        let to_square = Homography::to_unit_square(&scene, false)?;
        let truth = corners(footprint).filter(is_small)?;
        let (right, bottom) = (self.columns as f64 * small, -(self.rows as f64) * small);
        let ends = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
        let mapped = |first: usize| {
            let mut truth = truth;
            truth.rotate_left(first);
            let ground = Homography::to_unit_square(&truth, true)?;
            let quad = ends.map(|[x, y]| {
                let [u, v, w] = to_square.terms(x, y);
                ground.ground(u / w, v / w)
            });
            (quad.iter().flatten().all(|value| value.is_finite()) && is_rectangle(&quad)).then_some(quad)
        };
        let upright = mapped(0)?;
        let polar = || (1..4).filter_map(mapped).find(is_in_polar_grid);
        if is_north_up(&upright) { Some(upright) } else { polar().or(Some(upright)) }
    }

    /// Returns the intersection over union of scene and footprint for a georeference.
    fn fit(&self, footprint: &MultiPolygon, georeference: &Georeference) -> Option<f64> {
        let to_square = Homography::to_unit_square(&georeference.quad, georeference.flat)?;
        let cell = |point: &geo::Coord| {
            let [u, v, w] = to_square.terms(point.x, point.y);
            [u / w * self.columns as f64, v / w * self.rows as f64]
        };
        let rings: Vec<Vec<[f64; 2]>> =
            footprint.iter().map(|part| part.exterior().coords().map(cell).collect()).collect();
        let (mut both, mut inside) = (0usize, 0usize);
        for (row, line) in spans(&rings, self.rows).into_iter().enumerate() {
            for pair in line.chunks_exact(2) {
                let [from, to] =
                    [pair[0], pair[1]].map(|x| (x - 0.5).ceil().clamp(0.0, self.columns as f64) as usize);
                let cells = &self.shown[row * self.columns + from..row * self.columns + to];
                inside += cells.len();
                both += cells.iter().filter(|shown| **shown).count();
            }
        }
        let shown = self.shown.iter().filter(|shown| **shown).count();
        Some(both as f64 / (inside + shown - both).max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    /// Returns a padded picture of a tapered scene, rotated by `degrees`, its footprint, and the
    /// true corners of the picture.
    fn turned(degrees: f64, background: [u8; 4]) -> (DynamicImage, MultiPolygon, Quad) {
        let scene = [[120.0, 90.0], [400.0, 150.0], [360.0, 420.0], [80.0, 350.0]];
        let image = RgbaImage::from_fn(480, 560, |x, y| {
            let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            let inside = (0..4).all(|i| {
                let ([ax, ay], [bx, by]): ([f64; 2], [f64; 2]) = (scene[i], scene[(i + 1) % 4]);
                (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0
            });
            Rgba(if inside { [90, (x / 2.0) as u8, 70, 255] } else { background })
        });
        let (sin, cos) = degrees.to_radians().sin_cos();
        let ground = |[x, y]: [f64; 2]| {
            let (x, y) = ((x - 240.0) * 2e-4, (280.0 - y) * 2e-4);
            [10.0 + x * cos + y * sin, y * cos - x * sin]
        };
        let ring: Vec<(f64, f64)> = scene.map(ground).map(|[x, y]| (x, y)).to_vec();
        let corners = [[0.0, 0.0], [480.0, 0.0], [480.0, 560.0], [0.0, 560.0]].map(ground);
        (DynamicImage::ImageRgba8(image), Polygon::new(LineString::from(ring), vec![]).into(), corners)
    }

    #[test]
    fn a_scene_in_a_collar_is_located_to_a_few_pixels() {
        for degrees in [-6.0, 0.0, 3.0, 12.0] {
            for background in [[0, 0, 0, 255], [0, 0, 0, 0], [255, 255, 255, 255]] {
                let (image, footprint, truth) = turned(degrees, background);
                let bbox = up42_core::geo::Bbox::around(&footprint).unwrap();
                let [west, south, east, north] = bbox.to_array();
                let around = [[west, north], [east, north], [east, south], [west, south]];
                let found = georeference(&footprint, &around, &image).expect("a collar");
                // Compares the corners of the scene, since those of the picture are extrapolated.
                let to_square = Homography::to_unit_square(&found.quad, found.flat).unwrap();
                let exact = Homography::to_unit_square(&truth, false).unwrap();
                for point in footprint.0[0].exterior().coords() {
                    let at = |map: &Homography| {
                        let [u, v, w] = map.terms(point.x, point.y);
                        [u / w * 480.0, v / w * 560.0]
                    };
                    let (a, b) = (at(&to_square), at(&exact));
                    let off = (a[0] - b[0]).hypot(a[1] - b[1]);
                    let most = if background[3] == 0 { 1.0 } else { 1.5 };
                    assert!(off <= most, "{degrees}° on {background:?}: {off} px");
                }
            }
        }
    }

    #[test]
    fn a_picture_that_fills_its_corners_has_no_collar() {
        let (image, footprint, around) = turned(0.0, [90, 90, 90, 255]);
        assert_eq!(georeference(&footprint, &around, &image), None);
    }
}
