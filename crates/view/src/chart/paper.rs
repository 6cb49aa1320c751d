//! Layout that all charts share: width, colours, and the heading.

use super::pen::{Anchor, Pen, width};
use crate::picture::canvas::Rgb;
use up42_core::sanitize::sanitize;

/// Width of a chart, in pixels.
pub const WIDTH: i32 = 760;
/// Right edge of the drawing, in pixels.
pub const RIGHT: i32 = 744;

pub const INK: Rgb = [0x1f, 0x2a, 0x33];
pub const QUIET: Rgb = [0x55, 0x62, 0x6c];
pub const GRID: Rgb = [0xe1, 0xe5, 0xe8];

/// Draws the title, and below it the unit and the legend.
pub fn head<'a>(
    pen: &mut dyn Pen,
    title: &str,
    unit: &str,
    colours: impl IntoIterator<Item = (&'a str, Rgb)>,
) {
    pen.text((16, 20), &sanitize(title, 80), 15, Anchor::Left, INK);
    pen.text((16, 44), &sanitize(unit, 60), 12, Anchor::Left, QUIET);
    let names: Vec<_> = colours.into_iter().map(|(name, colour)| (sanitize(name, 24), colour)).collect();
    let mut left = RIGHT - names.iter().map(|(name, _)| width(name, 12) + 26).sum::<i32>();
    for (name, colour) in &names {
        pen.rect((left + 8, 39), (left + 18, 49), *colour);
        pen.text((left + 24, 44), name, 12, Anchor::Left, INK);
        left += width(name, 12) + 26;
    }
}
