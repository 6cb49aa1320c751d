//! Vertical axis of values.

use super::paper::{GRID, QUIET, RIGHT};
use super::pen::{Anchor, Pen};

/// Largest number of ticks for which the step of the grid is chosen.
const FIGURES: usize = 6;

/// Mapping from values to vertical positions, in pixels.
pub struct Scale {
    start: f64,
    end: f64,
    step: f64,
    top: i32,
    bottom: i32,
}

impl Scale {
    /// Makes a scale that begins and ends at a grid line and contains both values. Counts get steps
    /// of whole numbers.
    pub fn new((low, high): (f64, f64), is_counted: bool, (top, bottom): (i32, i32)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let power = 10_f64.powf(((high - low) / FIGURES as f64).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter();
        let step = step.filter(|step| (high - low) / step <= FIGURES as f64).fold(high - low, f64::min);
        let step = if is_counted { step.ceil() } else { step };
        let (start, end) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { start, end, step, top, bottom }
    }

    /// Returns the vertical position of a value.
    pub fn at(&self, value: f64) -> i32 {
        let share = (value - self.start) / (self.end - self.start);
        self.bottom - (share * f64::from(self.bottom - self.top)).round() as i32
    }

    /// Draws the horizontal grid lines, with their values on the left.
    pub fn grid(&self, pen: &mut dyn Pen, left: i32) {
        let lines = ((self.end - self.start) / self.step).round() as usize;
        for line in 0..=lines.min(3 * FIGURES) {
            let value = self.start + line as f64 * self.step;
            pen.line((left, self.at(value)), (RIGHT, self.at(value)), GRID);
            pen.text((left - 8, self.at(value)), &figure(value, self.step), 12, Anchor::Right, QUIET);
        }
    }
}

/// Formats a value with the decimals that the step needs.
fn figure(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    crate::elements::grouped(value, decimals)
}
