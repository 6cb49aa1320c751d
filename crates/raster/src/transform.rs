//! Affine transformation from pixels to coordinates.

/// Affine transformation from pixels to coordinates, with the six numbers in the order of GDAL:
/// `x = t[0] + column * t[1] + row * t[2]` and `y = t[3] + column * t[4] + row * t[5]`.
///
/// Column and row 0 are the upper left corner of the first pixel, also in files whose pixels are
/// points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoTransform(pub [f64; 6]);

impl GeoTransform {
    /// Returns the coordinates of a position in pixels.
    pub fn apply(&self, column: f64, row: f64) -> (f64, f64) {
        let t = &self.0;
        (t[0] + column * t[1] + row * t[2], t[3] + column * t[4] + row * t[5])
    }

    /// Returns the transformation of the same area with another number of columns and rows.
    pub fn resized(&self, from: (usize, usize), to: (usize, usize)) -> Self {
        let [x, a, b, y, d, e] = self.0;
        let (width, height) = (from.0 as f64 / to.0 as f64, from.1 as f64 / to.1 as f64);
        Self([x, a * width, b * height, y, d * width, e * height])
    }

    /// Returns the inverse transformation, from coordinates to pixels; `None` if the transformation
    /// maps all pixels to one line.
    pub fn inverse(&self) -> Option<Self> {
        let [x, a, b, y, c, d] = self.0;
        let determinant = a * d - b * c;
        let inverse = [
            (b * y - d * x) / determinant,
            d / determinant,
            -b / determinant,
            (c * x - a * y) / determinant,
            -c / determinant,
            a / determinant,
        ];
        inverse.iter().all(|number| number.is_finite()).then_some(Self(inverse))
    }
}
