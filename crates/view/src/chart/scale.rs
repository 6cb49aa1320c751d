//! Figures up and down.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

use super::paper::{GRID, QUIET, RIGHT};
use super::pen::{Anchor, Pen};

/// Figures beside the grid, at most.
const FIGURES: usize = 6;

/// From a value to its height on the chart.
pub struct Scale {
    values: RangedCoordf64,
    step: f64,
    top: i32,
    bottom: i32,
}

impl Scale {
    /// From a line of the grid to another, so that both values are between them. There is no
    /// half of what is counted.
    pub fn new((low, high): (f64, f64), is_counted: bool, (top, bottom): (i32, i32)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let ticks = RangedCoordf64::from(low..high).key_points(FIGURES);
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).next();
        let step = step.filter(|step| *step > 0.0).unwrap_or(high - low);
        let step = if is_counted { step.ceil() } else { step };
        let values = RangedCoordf64::from((low / step).floor() * step..(high / step).ceil() * step);
        Self { values, step, top, bottom }
    }

    pub fn at(&self, value: f64) -> i32 {
        self.values.map(&value, (self.bottom, self.top))
    }

    /// Lines across, with their figures on the left.
    pub fn grid(&self, pen: &mut dyn Pen, left: i32) {
        let range = self.values.range();
        let lines = ((range.end - range.start) / self.step).round() as usize;
        for line in 0..=lines.min(3 * FIGURES) {
            let value = range.start + line as f64 * self.step;
            pen.line((left, self.at(value)), (RIGHT, self.at(value)), GRID);
            pen.text((left - 8, self.at(value)), &figure(value, self.step), 12, Anchor::Right, QUIET);
        }
    }
}

/// As many decimals as the steps between figures need.
fn figure(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    crate::display::grouped(value, decimals)
}
