//! Rectangles of pixels, and the values in them.

/// Rectangle in pixels of one [`Level`](crate::Level), counted from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
}

impl Rect {
    /// Returns the number of pixels.
    pub fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// Returns the common part of two rectangles; `None` if there is none.
    pub fn intersection(&self, other: &Rect) -> Option<Rect> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        (x < right && y < bottom).then(|| Rect { x, y, width: right - x, height: bottom - y })
    }
}

/// Values of bands in a rectangle.
///
/// Values are as stored: [`Band::scale`](crate::Band::scale) and
/// [`Band::offset`](crate::Band::offset) are not applied. NaN is no data: the nodata value, a
/// masked pixel, or an alpha of 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Position in the level.
    pub rect: Rect,
    /// Values of each requested band in the requested order, row by row:
    /// `bands[band][row * rect.width + column]`.
    pub bands: Vec<Vec<f64>>,
}

impl Window {
    /// Copies the values of a part of this window, which must lie inside of it.
    pub(crate) fn paste(&mut self, part: &Window) {
        let (x, y) = (part.rect.x - self.rect.x, part.rect.y - self.rect.y);
        let (width, all) = (part.rect.width, self.rect.width);
        for (target, values) in self.bands.iter_mut().zip(&part.bands) {
            for (row, values) in values.chunks_exact(width).enumerate() {
                target[(y + row) * all + x..][..width].copy_from_slice(values);
            }
        }
    }
}
