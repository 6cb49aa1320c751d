//! Labels on a still picture, without overlaps.

use crate::picture::canvas::{Canvas, Pixel, Rgb};
use crate::picture::font;

pub const INK: Rgb = [0x1f, 0x2a, 0x33];
pub const PAPER: Rgb = [0xff; 3];

/// Rectangle: left, top, right and bottom, in pixels.
pub type Rect = [f64; 4];

/// Rectangles that are already occupied.
#[derive(Default)]
pub struct Labels {
    taken: Vec<Rect>,
}

impl Labels {
    /// Occupies a rectangle if all of it is free. Returns whether it was free.
    pub fn take(&mut self, rect: Rect) -> bool {
        let is_free = !self.taken.iter().any(|other| overlap(&rect, other));
        if is_free {
            self.taken.push(rect);
        }
        is_free
    }

    /// Writes a text with a halo at the first free position of its baseline. Returns whether there
    /// was one.
    pub fn write(
        &mut self,
        canvas: &mut Canvas,
        places: impl IntoIterator<Item = Pixel>,
        text: &str,
        height: f64,
        colour: Rgb,
    ) -> bool {
        let width = font::width(text, height);
        let is_within = |[x, y]: &Pixel| {
            *x >= 6.0
                && x + width <= canvas.width() as f64 - 6.0
                && *y >= height + 6.0
                && *y <= canvas.height() as f64 - 6.0
        };
        for place in places.into_iter().filter(is_within).collect::<Vec<_>>() {
            if self.take(around(place, width, height)) {
                canvas.text(place, text, height, colour, PAPER);
                return true;
            }
        }
        false
    }

    /// Writes a text on a light background.
    pub fn text_on_background(
        &mut self,
        canvas: &mut Canvas,
        place: Pixel,
        text: &str,
        height: f64,
        colour: Rgb,
    ) {
        let rect = around(place, font::width(text, height), height);
        canvas.shade(rect, PAPER, 0.82);
        canvas.text(place, text, height, colour, PAPER);
        self.taken.push(rect);
    }
}

fn around([x, y]: Pixel, width: f64, height: f64) -> Rect {
    let margin = height * 0.6;
    [x - margin, y - height - margin, x + width + margin, y + margin]
}

pub fn overlap(a: &Rect, b: &Rect) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_do_not_overlap_each_other_and_the_edges() {
        let mut canvas = Canvas::new(200, 100, [0; 3]);
        let mut labels = Labels::default();
        assert!(labels.write(&mut canvas, [[20.0, 50.0]], "Dakar", 10.0, INK));
        assert!(!labels.write(&mut canvas, [[22.0, 52.0], [190.0, 90.0]], "Dakar", 10.0, INK));
        assert!(labels.write(&mut canvas, [[22.0, 52.0], [22.0, 90.0]], "Dakar", 10.0, INK));
    }
}
