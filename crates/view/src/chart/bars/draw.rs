use super::Bars;
use crate::chart::Chart;
use crate::chart::paper::{QUIET, RIGHT, WIDTH, head};
use crate::chart::pen::{Anchor, Pen, width};
use crate::chart::scale::Scale;
use up42_core::sanitize::sanitize;

/// Height of the chart, in pixels.
pub const HEIGHT: i32 = 320;

const LEFT: i32 = 64;
const TOP: i32 = 66;
const BOTTOM: i32 = 284;
/// Largest width per bar, in pixels.
const WIDEST: f64 = 136.0;

pub fn draw(chart: &Chart, bars: &Bars, pen: &mut dyn Pen) {
    let has_names = bars.series.len() > 1;
    let colours = bars.series.iter().filter(|_| has_names);
    head(pen, &chart.title, &chart.unit, colours.map(|series| (series.name.as_str(), series.colour(0))));
    let scale = Scale::new((0.0, bars.highest()), bars.is_counted(), (TOP, BOTTOM));
    scale.grid(pen, LEFT);
    stacks(bars, pen, &scale);
    pen.line((LEFT, BOTTOM), (RIGHT, BOTTOM), QUIET);
}

fn stacks(bars: &Bars, pen: &mut dyn Pen, scale: &Scale) {
    let count = bars.labels.len().max(1) as f64;
    let slot = (f64::from(RIGHT - LEFT) / count).min(WIDEST);
    let gap = (slot * 0.12).clamp(0.0, 12.0);
    let x = |place: f64| LEFT + (place * slot).round() as i32;
    // Every label, or every n-th one if they would touch.
    let longest = bars.labels.iter().map(|label| width(&sanitize(label, 16), 12)).max().unwrap_or(0);
    let every = (f64::from(longest + 10) / slot).ceil().max(1.0) as usize;
    for (bar, label) in bars.labels.iter().enumerate() {
        let (left, right) = (x(bar as f64) + gap as i32, x(bar as f64 + 1.0) - gap as i32);
        let mut below = 0.0;
        for series in &bars.series {
            let above = below + series.value(bar);
            if scale.at(below) > scale.at(above) {
                let corners = ((left, scale.at(above)), (right.max(left + 1), scale.at(below)));
                pen.rect(corners.0, corners.1, series.colour(bar));
            }
            below = above;
        }
        let middle = x(bar as f64 + 0.5);
        // The last label may not fit.
        let fits = bar == 0 || middle + longest / 2 <= WIDTH;
        if bar % every == 0 && fits {
            pen.text((middle, BOTTOM + 16), &sanitize(label, 16), 12, Anchor::Middle, QUIET);
        }
    }
}
