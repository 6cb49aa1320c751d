//! Georeferencing of quicklooks.
//!
//! A quicklook is usually the view of the sensor: its corners are the corners of the footprint,
//! rotated like the orbit. Stretched over the bounding box it would be kilometres off. Some
//! providers rotate their pictures north-up instead, with a collar of nodata around the scene; for
//! those the bounding box is right.

use geo::{ConvexHull, MultiPolygon};
use image::{DynamicImage, GenericImageView};

use super::collar;
use super::homography::Quad;
use crate::picture::scanline::spans;

/// Georeferencing of a quicklook on its footprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Detection from the picture. A scene in a collar of nodata gets the placement that matches
    /// the footprint best; if none matches, although more than 90 % of the picture outside the
    /// footprint is nodata, [`Bbox`](Self::Bbox). Both are clipped to the footprint. Without a
    /// collar, [`Corners`](Self::Corners) is used.
    #[default]
    Auto,
    /// Corners of the picture on the corners of the footprint.
    Corners,
    /// North-up, on the bounding box of the footprint.
    Bbox,
}

/// Corners of one picture on the Earth, and how it is drawn between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Georeference {
    pub quad: Quad,
    /// Whether it is the view of a sensor: lines are straight on the ground, not in degrees.
    pub flat: bool,
    /// Whether the picture is clipped to the outline shown: it has a collar, or only a part is
    /// shown.
    pub clip: bool,
}

impl Placement {
    pub(super) fn georeference(self, footprint: &MultiPolygon, image: &DynamicImage) -> Option<Georeference> {
        let around = bbox_quad(footprint)?;
        Some(match self {
            Self::Bbox => Georeference { quad: around, flat: false, clip: false },
            Self::Auto if let Some(georeference) = collar::georeference(footprint, &around, image) => {
                georeference
            }
            Self::Auto if has_collar(footprint, &around, image) => {
                Georeference { quad: around, flat: false, clip: true }
            }
            _ => match corners(footprint) {
                Some(quad) => Georeference { quad, flat: is_small(&quad), clip: false },
                None => Georeference { quad: around, flat: false, clip: false },
            },
        })
    }
}

/// Returns whether all corners are within 40° of the first one, so that one viewpoint sees all of
/// the scene.
pub fn is_small(quad: &Quad) -> bool {
    let squeeze = quad[0][1].to_radians().cos();
    quad.iter().all(|[lon, lat]| ((lon - quad[0][0]) * squeeze).hypot(lat - quad[0][1]) < 40.0)
}

fn bbox_quad(footprint: &MultiPolygon) -> Option<Quad> {
    let bbox = up42_core::geo::Bbox::around(footprint)?;
    let [west, south, east, north] = bbox.to_array();
    Some([[west, north], [east, north], [east, south], [west, south]])
}

/// Returns the four corners of a footprint, from the upper left clockwise. The start, the direction
/// and the number of points of its ring do not matter. `None` for fewer than four corners.
pub fn corners(footprint: &MultiPolygon) -> Option<Quad> {
    let hull = footprint.convex_hull();
    let mut ring: Vec<[f64; 2]> = hull.exterior().coords().map(|point| [point.x, point.y]).collect();
    ring.pop();
    if ring.len() < 4 {
        return None;
    }
    // Compare directions on the ground, not in degrees.
    let middle = ring.iter().map(|point| point[1]).sum::<f64>() / ring.len() as f64;
    let squeeze = middle.to_radians().cos().max(0.01);
    while ring.len() > 4 {
        simplify(&mut ring);
    }
    // The hull is counterclockwise, the corners of a picture are clockwise.
    ring.reverse();
    // The upper and lower edges point east within 45°.
    let east = |first: usize| {
        let [a, b, c, d] = std::array::from_fn(|i| ring[(first + i) % 4]);
        let (x, y) = ((b[0] - a[0] + c[0] - d[0]) * squeeze, b[1] - a[1] + c[1] - d[1]);
        x / x.hypot(y).max(f64::MIN_POSITIVE)
    };
    let best = (0..4).map(east).fold(f64::MIN, f64::max);
    // At 45° two choices are equally good. The orbits of daylight satellites rotate pictures
    // clockwise, so the one that begins with the northern corner is taken.
    let near = |&first: &usize| best - east(first) < 1e-3;
    let first = (0..4).filter(near).max_by(|&i, &j| ring[i][1].total_cmp(&ring[j][1]))?;
    Some(std::array::from_fn(|i| ring[(first + i) % 4]))
}

/// Removes one point from a convex ring with the smallest change of its area: drops a point that is
/// not a corner, or, where a corner was cut off, extends the neighbours of the short edge to their
/// intersection.
fn simplify(ring: &mut Vec<[f64; 2]>) {
    let count = ring.len();
    let at = |i: usize| ring[i % count];
    let cross = |a: [f64; 2], b: [f64; 2]| a[0] * b[1] - a[1] * b[0];
    let side = |from: [f64; 2], to: [f64; 2]| [to[0] - from[0], to[1] - from[1]];
    let mut best = (f64::INFINITY, 0, None);
    for i in 0..count {
        let [a, b, c, d] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
        let dropped = cross(side(a, b), side(a, c)).abs();
        if dropped < best.0 {
            best = (dropped, (i + 1) % count, None);
        }
        // Intersection of the lines a-b and d-c, beyond b and c.
        let (u, v) = (side(a, b), side(d, c));
        let turn = cross(u, v);
        let (t, s) = (cross(side(a, d), v) / turn, cross(side(a, d), u) / turn);
        let meeting = [a[0] + t * u[0], a[1] + t * u[1]];
        let added = cross(side(b, meeting), side(b, c)).abs();
        if t > 1.0 && s > 1.0 && added < best.0 {
            best = (added, (i + 1) % count, Some(meeting));
        }
    }
    let (_, index, meeting) = best;
    if let Some(meeting) = meeting {
        let next = (index + 1) % count;
        ring[next] = meeting;
    }
    ring.remove(index);
}

/// Returns whether more than 90 % of the picture outside the footprint is one kind of nodata
/// (black, white or transparent), but less than 50 % of the inside.
fn has_collar(footprint: &MultiPolygon, around: &Quad, image: &DynamicImage) -> bool {
    const STEPS: usize = 48;
    let [[west, north], [east, _], [_, south], _] = *around;
    let (width, height) = (image.width(), image.height());
    // Rasterize the footprint on a coarse grid over the picture.
    let steps = STEPS as f64;
    let grid = |point: &geo::Coord| {
        [(point.x - west) / (east - west) * steps, (point.y - north) / (south - north) * steps]
    };
    let rings: Vec<Vec<[f64; 2]>> =
        footprint.iter().map(|part| part.exterior().coords().map(grid).collect()).collect();
    let mut inside = [[false; STEPS]; STEPS];
    for (row, line) in inside.iter_mut().zip(spans(&rings, STEPS)) {
        for pair in line.chunks_exact(2) {
            let [from, to] = [pair[0], pair[1]].map(|x| (x - 0.5).ceil().clamp(0.0, steps) as usize);
            row[from..to].fill(true);
        }
    }
    let (mut outer, mut inner) = ([0usize; 4], [0usize; 4]);
    for row in 0..STEPS {
        for column in 0..STEPS {
            let here = inside[row][column];
            // Skip cells at the edge: JPEG blurs the scene into the collar, and footprints are not
            // exact.
            let around = [
                (row + 1, column),
                (row, column + 1),
                (row.wrapping_sub(1), column),
                (row, column.wrapping_sub(1)),
            ];
            let differs = |&(y, x): &(usize, usize)| {
                inside.get(y).and_then(|line| line.get(x)).is_some_and(|is| *is != here)
            };
            if around.iter().any(differs) {
                continue;
            }
            let counts = if here { &mut inner } else { &mut outer };
            let x = ((column as f64 + 0.5) / steps * f64::from(width)) as u32;
            let y = ((row as f64 + 0.5) / steps * f64::from(height)) as u32;
            let pixel = image.get_pixel(x.min(width - 1), y.min(height - 1)).0;
            counts[3] += 1;
            for (count, is_nodata) in counts.iter_mut().zip(collar::NODATA) {
                *count += usize::from(is_nodata(pixel));
            }
        }
    }
    let share = |counts: [usize; 4], kind: usize| counts[kind] as f64 / counts[3].max(1) as f64;
    // With fewer cells outside, the footprint is nearly its bounding box.
    outer[3] >= STEPS * STEPS / 200 && (0..3).any(|kind| share(outer, kind) > 0.9 && share(inner, kind) < 0.5)
}

#[cfg(test)]
mod tests {
    use super::super::accuracy::real_quicklooks;
    use super::*;
    use geo::{Contains, LineString, Point, Polygon};

    /// Returns the corners of a 20 km scene of 500 pixels at 14.7° N, rotated and tapered.
    fn scene(degrees: f64, taper: f64, lon: f64) -> Quad {
        let (lat, half) = (14.7_f64, 10_000.0 / 111_000.0);
        let (sin, cos) = degrees.to_radians().sin_cos();
        [(-1.0 + taper, 1.0), (1.0 - taper, 1.0), (1.0, -1.0), (-1.0, -1.0)].map(|(x, y)| {
            let (east, north) = (x * cos + y * sin, -x * sin + y * cos);
            [lon + east * half / lat.to_radians().cos(), lat + north * half]
        })
    }

    fn ring(points: &[[f64; 2]]) -> MultiPolygon {
        Polygon::new(LineString::from(points.to_vec()), vec![]).into()
    }

    fn pixels_between(a: [f64; 2], b: [f64; 2]) -> f64 {
        let metres = |d: f64| d * 111_000.0;
        metres(a[0] - b[0]).hypot(metres(a[1] - b[1])) / 20_000.0 * 500.0
    }

    #[test]
    fn corners_are_found_within_a_pixel_at_every_rotation() {
        for degrees in 0..=45 {
            for taper in [0.0, 0.03, 0.08] {
                let truth = scene(f64::from(degrees), taper, -17.4);
                // Any first point, both directions, and points along the edges.
                for start in 0..4 {
                    let mut points = Vec::new();
                    for i in 0..4 {
                        let (a, b) = (truth[(start + i) % 4], truth[(start + i + 1) % 4]);
                        points.push(a);
                        points.push([a[0] * 0.7 + b[0] * 0.3, a[1] * 0.7 + b[1] * 0.3 + 1e-6]);
                    }
                    if start % 2 == 1 {
                        points.reverse();
                    }
                    let found = corners(&ring(&points)).unwrap();
                    for (a, b) in found.iter().zip(truth) {
                        let error = pixels_between(*a, b);
                        assert!(error <= 1.0, "{degrees}°, taper {taper}, start {start}: {error} px");
                    }
                }
            }
        }
    }

    #[test]
    fn a_picture_with_a_collar_is_north_up() {
        let footprint = ring(&scene(14.0, 0.0, 10.0));
        let around = bbox_quad(&footprint).unwrap();
        let [[west, north], [east, _], [_, south], _] = around;
        let picture = |collar: [u8; 3], inside: [u8; 3]| {
            DynamicImage::ImageRgb8(image::RgbImage::from_fn(80, 80, |x, y| {
                let (u, v) = ((f64::from(x) + 0.5) / 80.0, (f64::from(y) + 0.5) / 80.0);
                let point = Point::new(west + u * (east - west), north + v * (south - north));
                image::Rgb(if footprint.contains(&point) { inside } else { collar })
            }))
        };
        let place = |image: &DynamicImage| Placement::Auto.georeference(&footprint, image).unwrap();
        for collar in [[0, 0, 0], [255, 255, 255]] {
            let georeference = place(&picture(collar, [80, 100, 60]));
            let off = georeference.quad.iter().zip(around).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
            assert!(georeference.clip && off.fold(0.0, f64::max) < 0.02 * (east - west));
        }
        assert!(!place(&picture([90, 90, 70], [80, 100, 60])).clip, "land up to the corners");
        assert!(!place(&picture([255; 3], [255; 3])).clip, "a scene full of cloud is no evidence");
        let forced = Placement::Corners.georeference(&footprint, &picture([0; 3], [80; 3])).unwrap();
        assert_ne!(forced.quad, around);
    }

    #[test]
    fn real_quicklooks_with_a_collar_are_north_up() {
        let has_collar = |name: &str| {
            name.starts_with("landsat_") || name.contains("_101c_") || name.contains("PortArthur")
        };
        let Some(quicklooks) = real_quicklooks(has_collar) else { return };
        for (name, footprint, image) in &quicklooks {
            assert!(Placement::Auto.georeference(footprint, image).unwrap().clip, "{name}");
        }
        assert!(!quicklooks.is_empty());
    }
}
