//! The projective map between a picture and the ground.

/// Longitude and latitude of the picture's upper left, upper right, lower right
/// and lower left corner.
pub(super) type Quad = [[f64; 2]; 4];

/// A projective map from longitude and latitude to the unit square of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Homography {
    /// Kept apart, because degrees with a large offset lose digits.
    origin: [f64; 2],
    matrix: [f64; 9],
}

impl Homography {
    /// The map that sends the corners of a quad to (0,0), (1,0), (1,1), (0,1);
    /// `None` when the quad encloses nothing.
    pub(super) fn to_unit_square(quad: &Quad) -> Option<Self> {
        let origin = quad[0];
        let [_, [x1, y1], [x2, y2], [x3, y3]] = quad.map(|[x, y]| [x - origin[0], y - origin[1]]);
        // Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989),
        // 2.2.3: square to quad, with the first corner at 0; then its adjoint.
        let (dx1, dy1, dx2, dy2) = (x1 - x2, y1 - y2, x3 - x2, y3 - y2);
        let (sx, sy) = (x2 - x1 - x3, y2 - y1 - y3);
        let det = dx1 * dy2 - dx2 * dy1;
        if det == 0.0 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / det;
        let h = (dx1 * sy - sx * dy1) / det;
        let (a, b, d, e) = (x1 + g * x1, x3 + h * x3, y1 + g * y1, y3 + h * y3);
        let matrix = [e, -b, 0.0, -d, a, 0.0, d * h - e * g, b * g - a * h, a * e - b * d];
        matrix.iter().all(|value| value.is_finite()).then_some(Self { origin, matrix })
    }

    /// Numerators of u and v and their denominator: linear along a row of
    /// pixels, so a caller may step instead of calling again.
    pub(super) fn terms(&self, lon: f64, lat: f64) -> [f64; 3] {
        let (x, y) = (lon - self.origin[0], lat - self.origin[1]);
        let m = &self.matrix;
        std::array::from_fn(|i| m[3 * i] * x + m[3 * i + 1] * y + m[3 * i + 2])
    }
}

/// The way back: from u and v to longitude and latitude.
pub(super) fn forward(quad: &Quad) -> Option<impl Fn(f64, f64) -> [f64; 2] + use<>> {
    let [e, b, _, d, a, _, ..] = Homography::to_unit_square(quad)?.matrix;
    let origin = quad[0];
    let (b, d) = (-b, -d);
    // g and h from where (1, 0) and (0, 1) go.
    let [[x1, y1], [x3, y3]] = [quad[1], quad[3]].map(|[x, y]| [x - origin[0], y - origin[1]]);
    let ratio = |x: f64, y: f64, p: f64, q: f64| if x.abs() > y.abs() { p / x } else { q / y };
    let (g, h) = (ratio(x1, y1, a, d) - 1.0, ratio(x3, y3, b, e) - 1.0);
    Some(move |u: f64, v: f64| {
        let w = g * u + h * v + 1.0;
        [origin[0] + (a * u + b * v) / w, origin[1] + (d * u + e * v) / w]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_homography_sends_corners_to_corners() {
        let quad = [[119.95, 14.78], [120.09, 14.81], [120.08, 14.6], [119.9, 14.63]];
        let to_square = Homography::to_unit_square(&quad).unwrap();
        let at = |[lon, lat]: [f64; 2]| {
            let [u, v, w] = to_square.terms(lon, lat);
            [u / w, v / w]
        };
        for (corner, truth) in quad.into_iter().zip([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) {
            let found = at(corner);
            assert!((found[0] - truth[0]).abs() < 1e-9 && (found[1] - truth[1]).abs() < 1e-9, "{found:?}");
        }
        // Straight lines stay straight: the diagonals meet in the middle.
        let cross = {
            let [a, b, c, d] = quad;
            let (p, q) = ([c[0] - a[0], c[1] - a[1]], [d[0] - b[0], d[1] - b[1]]);
            let t = ((b[0] - a[0]) * q[1] - (b[1] - a[1]) * q[0]) / (p[0] * q[1] - p[1] * q[0]);
            [a[0] + t * p[0], a[1] + t * p[1]]
        };
        let middle = at(cross);
        assert!((middle[0] - 0.5).abs() < 1e-9 && (middle[1] - 0.5).abs() < 1e-9, "{middle:?}");
        assert!(Homography::to_unit_square(&[[1.0, 1.0]; 4]).is_none());
    }
}
