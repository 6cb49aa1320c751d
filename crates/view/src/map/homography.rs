//! Projective transformation between a picture and the ground.
//!
//! The picture of a sensor is flat: its straight lines are approximately great circles on the
//! ground, and not straight in degrees (a parallel at 85° deviates by 6 pixels over a scene of 20
//! km). A picture resampled to a grid of degrees is straight in degrees. Both transformations are
//! linear in three coordinates: the direction from the centre of the Earth for a flat picture;
//! longitude, latitude and 1 for the other.

/// Longitude and latitude of the upper left, upper right, lower right and lower left corner of a
/// picture.
pub type Quad = [[f64; 2]; 4];

type Vector = [f64; 3];

/// Projective transformation between the ground and the unit square of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Homography {
    flat: bool,
    /// Position that is subtracted from all others: it keeps precision, and longitudes may continue
    /// beyond 180°.
    origin: [f64; 2],
    /// Vectors of the upper left, upper right and lower left corner, scaled so that the lower right
    /// one is the second plus the third minus the first.
    corners: [Vector; 3],
    /// Inverse matrix, up to a factor.
    back: [Vector; 3],
}

impl Homography {
    /// Returns the transformation that maps the corners of a quad to (0,0), (1,0), (1,1) and (0,1);
    /// `None` if the quad has no area.
    pub fn to_unit_square(quad: &Quad, flat: bool) -> Option<Self> {
        let origin = quad[0];
        let [a, b, c, d] = quad.map(|corner| lifted(corner, origin, flat));
        let whole = dot(a, cross(b, d));
        // `c` as a linear combination of the others, by Cramer's rule.
        let lengths = [-dot(c, cross(b, d)), dot(a, cross(c, d)), dot(a, cross(b, c))];
        let sized = |point: Vector, length: f64| point.map(|value| value * length / whole);
        let corners = [sized(a, lengths[0]), sized(b, lengths[1]), sized(d, lengths[2])];
        let [a, b, d] = corners;
        let sign = dot(a, cross(b, d)).signum();
        let back = [cross(b, d), cross(d, a), cross(a, b)].map(|row| row.map(|value| value * sign));
        let all = corners.iter().chain(&back).flatten();
        let is_proper = whole != 0.0 && lengths.iter().all(|length| *length != 0.0);
        (is_proper && all.into_iter().all(|value| value.is_finite())).then_some(Self {
            flat,
            origin,
            corners,
            back,
        })
    }

    /// Returns the numerators of u and v and their denominator, which is positive inside the
    /// picture. They are linear along a row of pixels if the picture is not flat.
    pub fn terms(&self, lon: f64, lat: f64) -> [f64; 3] {
        let point = lifted([lon, lat], self.origin, self.flat);
        let [first, u, v] = self.back.map(|row| dot(row, point));
        [u, v, first + u + v]
    }

    /// Maps u and v to longitude and latitude (the inverse transformation).
    pub fn ground(&self, u: f64, v: f64) -> [f64; 2] {
        let [a, b, d] = self.corners;
        let [x, y, z]: Vector = std::array::from_fn(|i| (1.0 - u - v) * a[i] + u * b[i] + v * d[i]);
        let [lon, lat] = self.origin;
        match self.flat {
            true => [lon + y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()],
            false => [lon + x / z, lat + y / z],
        }
    }
}

fn lifted([lon, lat]: [f64; 2], [west, south]: [f64; 2], flat: bool) -> Vector {
    if !flat {
        return [lon - west, lat - south, 1.0];
    }
    let ((east, north), (sine, cosine)) = ((lon - west).to_radians().sin_cos(), lat.to_radians().sin_cos());
    [cosine * north, cosine * east, sine]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUAD: Quad = [[119.95, 14.78], [120.09, 14.81], [120.08, 14.6], [119.9, 14.63]];
    const SQUARE: [[f64; 2]; 4] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];

    fn at(map: &Homography, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let [u, v, w] = map.terms(lon, lat);
        [u / w, v / w]
    }

    fn near(a: [f64; 2], b: [f64; 2]) -> bool {
        (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9
    }

    #[test]
    fn a_homography_maps_corners_to_corners_and_back() {
        for flat in [false, true] {
            for turns in 0..4 {
                let mut quad = QUAD;
                quad.rotate_left(turns);
                let map = Homography::to_unit_square(&quad, flat).unwrap();
                for (corner, truth) in quad.into_iter().zip(SQUARE) {
                    let found = at(&map, corner);
                    assert!(near(found, truth), "{found:?}");
                    assert!(map.terms(corner[0], corner[1])[2] > 0.0);
                    assert!(near(map.ground(truth[0], truth[1]), corner));
                }
            }
            assert!(Homography::to_unit_square(&[[1.0, 1.0]; 4], flat).is_none());
        }
    }

    #[test]
    fn straight_lines_are_mapped_to_straight_lines() {
        // The diagonals meet in the middle.
        let map = Homography::to_unit_square(&QUAD, false).unwrap();
        let [a, b, c, d] = QUAD;
        let (p, q) = ([c[0] - a[0], c[1] - a[1]], [d[0] - b[0], d[1] - b[1]]);
        let t = ((b[0] - a[0]) * q[1] - (b[1] - a[1]) * q[0]) / (p[0] * q[1] - p[1] * q[0]);
        assert!(near(at(&map, [a[0] + t * p[0], a[1] + t * p[1]]), [0.5, 0.5]));
        // On the ground, a meridian is straight in a flat picture and a parallel is not.
        let polar = [[-2.0, 85.0], [2.0, 85.0], [2.0, 84.0], [-2.0, 84.0]];
        let map = Homography::to_unit_square(&polar, true).unwrap();
        assert!((at(&map, [0.0, 84.3])[0] - 0.5).abs() < 1e-9);
        assert!(at(&map, [0.0, 84.0])[1] > 1.001);
    }
}
