//! Corners and orientation of a scene, from its outline in the picture.

use super::homography::Quad;

/// Returns the corners as intersections of lines fitted to the middle of each edge, because the
/// ends of a scene are often ragged or cut off.
pub fn sharpened(quad: &Quad, outline: &[[f64; 2]]) -> Quad {
    let side = |i: usize| {
        let (from, to) = (quad[i], quad[(i + 1) % 4]);
        let (x, y) = (to[0] - from[0], to[1] - from[1]);
        let length = x.hypot(y);
        // Positions along and across the edge, relative to its length.
        let seen = |point: &[f64; 2]| {
            let (dx, dy) = ((point[0] - from[0]) / length, (point[1] - from[1]) / length);
            ((dx * x + dy * y) / length, (dy * x - dx * y) / length)
        };
        let is_of_edge = |(along, across): &(f64, f64)| (0.1..0.9).contains(along) && across.abs() < 0.03;
        let mut points: Vec<_> = outline.iter().map(seen).filter(is_of_edge).collect();
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let half = points.len() / 2;
        // Theil-Sen line from pairs of points; a third of the points may be outliers.
        let slopes = points.iter().zip(&points[half..]).filter(|(a, b)| b.0 - a.0 > 0.2);
        let slope = median(slopes.map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect()).unwrap_or(0.0);
        let start =
            median(points.iter().map(|(along, across)| across - slope * along).collect()).unwrap_or(0.0);
        // A point on the line, and its direction.
        ([from[0] - start * y, from[1] + start * x], [x - slope * y, y + slope * x])
    };
    let sides = [0, 1, 2, 3].map(side);
    std::array::from_fn(|i| {
        let ((p, u), (q, v)) = (sides[(i + 3) % 4], sides[i]);
        let turn = u[0] * v[1] - u[1] * v[0];
        let t = ((q[0] - p[0]) * v[1] - (q[1] - p[1]) * v[0]) / turn;
        let corner = [p[0] + t * u[0], p[1] + t * u[1]];
        if corner.iter().all(|value| value.is_finite()) { corner } else { quad[i] }
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Returns whether the corners are right angles on the ground, within 10° for the distortion of a
/// projection. A footprint that is only a box around a slanted scene would shear the picture.
pub fn is_rectangle(quad: &Quad) -> bool {
    let seen = from_above(quad);
    (0..4).all(|i| {
        let side = |a: [f64; 2], b: [f64; 2]| [b[0] - a[0], b[1] - a[1]];
        let (a, b) = (side(seen[i], seen[(i + 1) % 4]), side(seen[i], seen[(i + 3) % 4]));
        let cosine = (a[0] * b[0] + a[1] * b[1]) / (a[0].hypot(a[1]) * b[0].hypot(b[1]));
        cosine.abs() < 10f64.to_radians().sin()
    })
}

/// Returns whether the upper edge is to the north, within 10° for the rotation of UTM.
pub fn is_north_up(quad: &Quad) -> bool {
    up(quad).abs() < 10.0
}

/// Returns whether a picture has the orientation of a polar stereographic grid, within 5°. The
/// meridian that points up (in the north: down) is 0°, or 45° W in the north (EPSG:3031, 3995,
/// 3413).
pub fn is_in_polar_grid(quad: &Quad) -> bool {
    let [lon, lat] = middle(quad);
    let fits = |turn: f64| (up(quad) - turn + 540.0).rem_euclid(360.0) - 180.0;
    match lat {
        ..-60.0 => fits(-lon).abs() < 5.0,
        60.0.. => [0.0, -45.0].into_iter().any(|from| fits(lon - from).abs() < 5.0),
        _ => false,
    }
}

/// Returns the direction of the upper edge, seen from the middle of the picture, in degrees
/// clockwise from north.
fn up(quad: &Quad) -> f64 {
    let [a, b, c, d] = from_above(quad);
    (a[0] + b[0] - c[0] - d[0]).atan2(a[1] + b[1] - c[1] - d[1]).to_degrees()
}

fn middle(quad: &Quad) -> [f64; 2] {
    [0, 1].map(|axis| quad.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0)
}

/// Projects the corners to east and north, seen from above the middle: near a pole, degrees do not
/// show angles.
fn from_above(quad: &Quad) -> Quad {
    let middle = middle(quad).map(f64::to_radians);
    quad.map(|corner| {
        let [lon, lat] = corner.map(f64::to_radians);
        let east = lat.cos() * (lon - middle[0]).sin();
        let north = middle[1].cos() * lat.sin() - middle[1].sin() * lat.cos() * (lon - middle[0]).cos();
        [east, north]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_and_dented_edges_do_not_move_a_corner() {
        let truth = [[100.0, 400.0], [400.0, 350.0], [350.0, 50.0], [50.0, 100.0]];
        let mut outline = Vec::new();
        for i in 0..4 {
            let (a, b) = (truth[i], truth[(i + 1) % 4]);
            let along = |t: f64| [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
            // The edge is cut off at its ends and has a dent in the middle.
            let dent = |t: f64| if (0.4..0.6).contains(&t) { 3.0 } else { 0.0 };
            outline.extend((4..97).map(|step| f64::from(step) / 100.0).map(|t| {
                let [x, y] = along(t);
                [x, y + dent(t)]
            }));
        }
        let blunt = [[104.0, 396.0], [396.0, 347.0], [346.0, 54.0], [54.0, 103.0]];
        for (found, corner) in sharpened(&blunt, &outline).iter().zip(truth) {
            assert!((found[0] - corner[0]).hypot(found[1] - corner[1]) < 0.5, "{found:?}");
        }
    }

    #[test]
    fn a_polar_picture_may_be_rotated_by_90_degrees() {
        // At 90° E in the grid of Antarctica, north is to the right.
        let quad = [[88.0, -80.4], [88.0, -79.6], [92.0, -79.6], [92.0, -80.4]];
        assert!(!is_north_up(&quad) && is_in_polar_grid(&quad) && is_rectangle(&quad));
        let upright = [[88.0, -79.6], [92.0, -79.6], [92.0, -80.4], [88.0, -80.4]];
        assert!(is_north_up(&upright) && !is_in_polar_grid(&upright));
    }
}
