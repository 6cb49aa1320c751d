//! Tests of the accuracy of georeferenced pictures, measured on the drawn map.

use std::path::Path;

use geo::{LineString, MultiPolygon, Polygon};
use image::{DynamicImage, Rgb, RgbImage};

use proj4rs::Proj;
use proj4rs::transform::transform;

use super::homography::{Homography, Quad};
use super::placement::Placement;
use super::still::Still;

/// Side of a test picture in pixels; it covers 20 km.
const SIDE: f64 = 500.0;
const METRES: f64 = 40.0;

/// Positions of coloured marks in the picture, in pixels: near the corners, at the middle of the
/// edges, and in the middle.
const MARKS: [([f64; 2], [u8; 3]); 9] = [
    ([20.0, 20.0], [255, 0, 0]),
    ([480.0, 20.0], [0, 255, 0]),
    ([480.0, 480.0], [0, 0, 255]),
    ([20.0, 480.0], [255, 255, 0]),
    ([250.0, 20.0], [255, 0, 255]),
    ([480.0, 250.0], [0, 255, 255]),
    ([250.0, 480.0], [255, 128, 0]),
    ([20.0, 250.0], [128, 0, 255]),
    ([250.0, 250.0], [0, 0, 0]),
];

/// View of a sensor: a plane that touches the Earth in the middle of the scene.
#[derive(Clone, Copy)]
struct Truth {
    lon: f64,
    lat: f64,
    /// Rotation, clockwise.
    degrees: f64,
    /// Shortening of the upper edge on each side, as a share of half its length.
    taper: f64,
}

impl Truth {
    /// Returns longitude and latitude of a position in the picture, from (0, 0) at the upper left
    /// to (1, 1).
    fn ground(self, u: f64, v: f64) -> [f64; 2] {
        let top = 1.0 - self.taper;
        let plane = [[-top, 1.0], [top, 1.0], [1.0, -1.0], [-1.0, -1.0]];
        let plane = Homography::to_unit_square(&plane, false).unwrap();
        let [x, y] = plane.ground(u, v).map(|value| value * SIDE / 2.0 * METRES);
        let turn = self.degrees.to_radians();
        let (east, north) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
        let (far, azimuth) = (east.hypot(north) / 6_371_000.0, east.atan2(north));
        let lat = self.lat.to_radians();
        let there = (lat.sin() * far.cos() + lat.cos() * far.sin() * azimuth.cos()).asin();
        let aside = (azimuth.sin() * far.sin() * lat.cos()).atan2(far.cos() - lat.sin() * there.sin());
        [self.lon + aside.to_degrees(), there.to_degrees()]
    }

    fn corners(self) -> Quad {
        [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[u, v]| self.ground(u, v))
    }

    /// Returns the footprint as a catalog may give it: from any corner, in either direction.
    fn footprint(self, first: usize, reversed: bool) -> MultiPolygon {
        let corners = self.corners();
        let mut ring: Vec<[f64; 2]> = (0..4).map(|i| corners[(first + i) % 4]).collect();
        if reversed {
            ring.reverse();
        }
        Polygon::new(LineString::from(ring), vec![]).into()
    }
}

fn pixels(a: [f64; 2], b: [f64; 2]) -> f64 {
    let metre = 111_194.9;
    let east = (a[0] - b[0]) * a[1].to_radians().cos();
    east.hypot(a[1] - b[1]) * metre / METRES
}

fn truths() -> impl Iterator<Item = Truth> {
    let places = [(-17.4, 14.7), (179.97, -17.0), (10.0, 52.0), (25.0, 80.0), (-40.0, 84.8), (120.0, -84.8)];
    let turns = (-44..=45).step_by(3).chain([45]).map(f64::from);
    let turned = move |(lon, lat)| turns.clone().map(move |degrees| Truth { lon, lat, degrees, taper: 0.0 });
    places
        .into_iter()
        .flat_map(turned)
        .flat_map(|truth| [0.0, 0.03, 0.08].map(|taper| Truth { taper, ..truth }))
}

#[test]
fn corners_are_accurate_to_a_tenth_of_a_pixel_everywhere() {
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(64, 64, Rgb([90, 100, 80])));
    for (i, truth) in truths().enumerate() {
        let footprint = truth.footprint(i % 4, i % 3 == 0);
        let georeference = Placement::Auto.georeference(&footprint, &picture).unwrap();
        for (found, corner) in georeference.quad.iter().zip(truth.corners()) {
            let off = pixels(*found, corner);
            assert!(off <= 0.1, "{off} px at {}, {}, turned by {}°", truth.lon, truth.lat, truth.degrees);
        }
    }
}

#[test]
fn marks_in_the_still_picture_are_accurate_to_a_pixel() {
    let picture = RgbImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        let near = |at: f64, of: u32| (f64::from(of) + 0.5 - at).abs() < 5.0;
        let mark = MARKS.iter().find(|([u, v], _)| near(*u, x) && near(*v, y));
        Rgb(mark.map_or([128; 3], |(_, colour)| *colour))
    });
    let picture = DynamicImage::ImageRgb8(picture);
    for truth in truths().step_by(29) {
        let footprint = truth.footprint(0, false);
        let georeference = Placement::Auto.georeference(&footprint, &picture).unwrap();
        let bbox = up42_core::geo::Bbox::around(&footprint).unwrap().to_array();
        let mut still = Still::new(bbox);
        still.paint(&picture, &georeference, &footprint);
        for ([x, y], colour) in MARKS {
            let found = still.middle_of(colour).unwrap();
            let off = pixels(found, truth.ground(x / SIDE, y / SIDE));
            assert!(off <= 0.6, "{off} px at {}, {}, turned by {}°", truth.lon, truth.lat, truth.degrees);
        }
    }
}

/// Returns the four corners of a scene on black, from lines fitted to its edges, independently of
/// the code under test.
fn shown_corners(image: &DynamicImage) -> Quad {
    let image = image.to_rgb8();
    let (width, height) = image.dimensions();
    let lit = |x: u32, y: u32| image.get_pixel(x, y).0.iter().map(|&v| u32::from(v)).sum::<u32>() > 60;
    let solid = |x: u32, y: u32, dx: i64, dy: i64| {
        (0..6).all(|i| {
            let (x, y) = (i64::from(x) + i * dx, i64::from(y) + i * dy);
            x >= 0 && y >= 0 && x < width.into() && y < height.into() && lit(x as u32, y as u32)
        })
    };
    let column = |x: u32| {
        let top = (0..height).find(|&y| solid(x, y, 0, 1))?;
        let bottom = (0..height).rev().find(|&y| solid(x, y, 0, -1))?;
        Some((f64::from(x) + 0.5, f64::from(top), f64::from(bottom) + 1.0))
    };
    let row = |y: u32| {
        let left = (0..width).find(|&x| solid(x, y, 1, 0))?;
        let right = (0..width).rev().find(|&x| solid(x, y, -1, 0))?;
        Some((f64::from(y) + 0.5, f64::from(left), f64::from(right) + 1.0))
    };
    let columns: Vec<_> = (0..width).filter_map(column).collect();
    let rows: Vec<_> = (0..height).filter_map(row).collect();
    // The outermost points divide the outline into four edges.
    let top = columns.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let bottom = columns.iter().max_by(|a, b| a.2.total_cmp(&b.2)).unwrap();
    let left = rows.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let right = rows.iter().max_by(|a, b| a.2.total_cmp(&b.2)).unwrap();
    let ends = [[top.0, top.1], [right.2, right.0], [bottom.0, bottom.2], [left.1, left.0]];
    // Theil-Sen line through the points of an edge.
    let edge = |a: [f64; 2], b: [f64; 2], upper: bool, leftmost: bool| {
        let steep = (b[1] - a[1]).abs() > (b[0] - a[0]).abs();
        let (from, to) =
            if steep { (a[1].min(b[1]), a[1].max(b[1])) } else { (a[0].min(b[0]), a[0].max(b[0])) };
        let (from, to) = (from + 0.15 * (to - from), to - 0.15 * (to - from));
        let points: Vec<(f64, f64)> = if steep {
            rows.iter().map(|row| (row.0, if leftmost { row.1 } else { row.2 })).collect()
        } else {
            columns.iter().map(|column| (column.0, if upper { column.1 } else { column.2 })).collect()
        };
        let points: Vec<_> = points.into_iter().filter(|point| point.0 > from && point.0 < to).collect();
        let half = points.len() / 2;
        let median = |mut values: Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let slope = median(
            (0..half)
                .map(|i| (points[i + half].1 - points[i].1) / (points[i + half].0 - points[i].0))
                .collect(),
        );
        let offset = median(points.iter().map(|(t, s)| s - slope * t).collect());
        // As a x + b y = c.
        if steep { [1.0, -slope, offset] } else { [-slope, 1.0, offset] }
    };
    let edges = [
        edge(ends[0], ends[1], true, false),
        edge(ends[1], ends[2], false, false),
        edge(ends[2], ends[3], false, true),
        edge(ends[3], ends[0], true, true),
    ];
    std::array::from_fn(|i| {
        let ([a, b, c], [d, e, f]) = (edges[(i + 3) % 4], edges[i]);
        let det = a * e - b * d;
        [(c * e - b * f) / det, (a * f - c * d) / det]
    })
}

#[test]
fn real_scenes_in_a_collar_match_their_footprint() {
    let Some(quicklooks) = real_quicklooks(|name| name.starts_with("landsat_")) else { return };
    for (name, footprint, image) in &quicklooks {
        let georeference = Placement::Auto.georeference(footprint, image).unwrap();
        let to_square = Homography::to_unit_square(&georeference.quad, georeference.flat).unwrap();
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let corners: Vec<[f64; 2]> = footprint.0[0].exterior().coords().take(4).map(|p| [p.x, p.y]).collect();
        let truth = in_grid(&corners, &shown_corners(image));
        for (corner, truth) in corners.iter().zip(truth) {
            let [u, v, w] = to_square.terms(corner[0], corner[1]);
            let at = [u / w * width, v / w * height];
            let off = (truth[0] - at[0]).hypot(truth[1] - at[1]) / (width / SIDE).max(1.0);
            assert!(off <= 1.0, "{name}: {at:?} instead of {truth:?}, {off:.2} px of 500");
        }
    }
    assert!(quicklooks.len() >= 8, "{} quicklooks with a collar", quicklooks.len());
}

/// Returns real quicklooks, selected by name, with their footprints. If the data is missing, prints
/// a message and returns `None`.
pub fn real_quicklooks(
    is_wanted: impl Fn(&str) -> bool,
) -> Option<Vec<(String, MultiPolygon, DynamicImage)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/quicklooks");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{} is missing", folder.display());
        eprintln!("skipped: {} is missing", folder.display());
        return None;
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let wanted = names.filter(|name| is_wanted(name) && !name.ends_with(".json"));
    let read = |name: String| {
        let item = std::fs::read_to_string(folder.join(format!("{name}.item.json"))).unwrap();
        let item: serde_json::Value = serde_json::from_str(&item).unwrap();
        let shape = up42_core::geo::geometry_from_json(&item["geometry"]).unwrap();
        let footprint = up42_core::geo::polygons(&shape).unwrap();
        let image = crate::picture::decode(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        (name, footprint, image)
    };
    Some(wanted.map(read).collect())
}

/// Returns the positions of the corners of a footprint in a picture that is north-up in the grid of
/// its product (UTM, or polar stereographic in the far south). Only the scale and the origin are
/// taken from the picture itself.
fn in_grid(footprint: &[[f64; 2]], shown: &Quad) -> Vec<[f64; 2]> {
    let [lon, lat] = footprint[0];
    let zone = ((lon + 180.0) / 6.0).floor() + 1.0;
    let grid = match lat {
        ..-63.0 => {
            "+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
                .to_owned()
        }
        _ => format!("+proj=utm +zone={zone} +datum=WGS84 +units=m +no_defs"),
    };
    let from = Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").unwrap();
    let to = Proj::from_proj_string(&grid).unwrap();
    let metres = |&[lon, lat]: &[f64; 2]| {
        let mut point = (lon.to_radians(), lat.to_radians(), 0.0);
        transform(&from, &to, &mut point).unwrap();
        [point.0, -point.1]
    };
    let grid: Vec<[f64; 2]> = footprint.iter().map(metres).collect();
    // The northernmost corner in the grid is the uppermost one in the picture.
    let uppermost =
        |points: &[[f64; 2]]| (0..4).min_by(|&i, &j| points[i][1].total_cmp(&points[j][1])).unwrap();
    let middle = |points: &[[f64; 2]], axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / 4.0;
    // Orientation: the sign of a cross product.
    let turn = |p: &[[f64; 2]]| {
        (p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[1][1] - p[0][1]) * (p[2][0] - p[0][0])
    };
    let (first, start) = (uppermost(&grid), uppermost(shown));
    let matching: Vec<[f64; 2]> = (0..4)
        .map(|i| {
            let ahead = (i + 4 - first) % 4;
            let ahead = if (turn(&grid) > 0.0) == (turn(shown) > 0.0) { ahead } else { 4 - ahead };
            shown[(start + ahead) % 4]
        })
        .collect();
    let axis = |axis: usize| {
        let (a, b) = (middle(&grid, axis), middle(&matching, axis));
        let both: f64 = (0..4).map(|i| (grid[i][axis] - a) * (matching[i][axis] - b)).sum();
        let one: f64 = (0..4).map(|i| (grid[i][axis] - a).powi(2)).sum();
        (both / one, b - both / one * a)
    };
    let (x, y) = (axis(0), axis(1));
    let fitted: Vec<[f64; 2]> = grid.iter().map(|p| [x.0 * p[0] + x.1, y.0 * p[1] + y.1]).collect();
    for (a, b) in fitted.iter().zip(&matching) {
        // A larger difference means a different grid.
        assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 2.0, "{a:?} and {b:?}");
    }
    fitted
}
