//! Where things stand on a chart.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

use super::Chart;
use super::pen::{Anchor, Pen, width};
use crate::display::canvas::Rgb;
use crate::plain::plain;

/// Width and height in pixels.
pub(super) const SIZE: (u32, u32) = (760, 320);

const LEFT: i32 = 64;
const RIGHT: i32 = 744;
const TOP: i32 = 66;
const BOTTOM: i32 = 284;
/// Figures beside the grid, at most.
const FIGURES: usize = 6;

const INK: Rgb = [0x1f, 0x2a, 0x33];
const QUIET: Rgb = [0x55, 0x62, 0x6c];
const GRID: Rgb = [0xe1, 0xe5, 0xe8];

pub(super) fn chart(chart: &Chart, pen: &mut dyn Pen) {
    pen.text((16, 20), &plain(&chart.title, 80), 15, Anchor::Left, INK);
    legend(chart, pen);
    let highest = (0..chart.labels.len()).map(|bar| height(chart, bar)).fold(0.0, f64::max);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let ticks = RangedCoordf64::from(0.0..highest).key_points(FIGURES);
    let step = ticks.get(1).copied().filter(|step| *step > 0.0).unwrap_or(highest);
    // There is no half of what is counted.
    let step = if is_counted(chart) { step.ceil() } else { step };
    // The scale ends at a line of the grid.
    let scale = RangedCoordf64::from(0.0..(highest / step).ceil() * step);
    let at = |value: f64| scale.map(&value, (BOTTOM, TOP));
    let mut line = 0.0;
    while line <= scale.range().end + step / 2.0 {
        pen.line((LEFT, at(line)), (RIGHT, at(line)), GRID);
        pen.text((LEFT - 8, at(line)), &figure(line, step), 12, Anchor::Right, QUIET);
        line += step;
    }
    bars(chart, pen, at);
    pen.line((LEFT, BOTTOM), (RIGHT, BOTTOM), QUIET);
}

/// What the figures are, and what the colours stand for where there are several.
fn legend(chart: &Chart, pen: &mut dyn Pen) {
    let unit = plain(&chart.unit, 40);
    pen.text((16, 44), &unit, 12, Anchor::Left, QUIET);
    if chart.series.len() < 2 {
        return;
    }
    let names: Vec<String> = chart.series.iter().map(|series| plain(&series.name, 24)).collect();
    let mut left = RIGHT - names.iter().map(|name| width(name, 12) + 26).sum::<i32>();
    for (series, name) in chart.series.iter().zip(&names) {
        pen.rect((left + 8, 39), (left + 18, 49), series.colour(0));
        pen.text((left + 24, 44), name, 12, Anchor::Left, INK);
        left += width(name, 12) + 26;
    }
}

fn bars(chart: &Chart, pen: &mut dyn Pen, at: impl Fn(f64) -> i32) {
    let count = chart.labels.len().max(1) as f64;
    let slot = f64::from(RIGHT - LEFT) / count;
    let gap = (slot * 0.12).clamp(0.0, 12.0);
    let x = |place: f64| LEFT + (place * slot).round() as i32;
    // Every label, or every so many, so that none touches the next.
    let longest = chart.labels.iter().map(|label| width(&plain(label, 16), 12)).max().unwrap_or(0);
    let every = (f64::from(longest + 10) / slot).ceil().max(1.0) as usize;
    for (bar, label) in chart.labels.iter().enumerate() {
        let (left, right) = (x(bar as f64) + gap as i32, x(bar as f64 + 1.0) - gap as i32);
        let mut below = 0.0;
        for series in &chart.series {
            let above = below + series.value(bar);
            if at(below) > at(above) {
                pen.rect((left, at(above)), (right.max(left + 1), at(below)), series.colour(bar));
            }
            below = above;
        }
        let middle = x(bar as f64 + 0.5);
        // The last one may have no room.
        let fits = bar == 0 || middle + longest / 2 <= SIZE.0 as i32;
        if bar % every == 0 && fits {
            pen.text((middle, BOTTOM + 16), &plain(label, 16), 12, Anchor::Middle, QUIET);
        }
    }
}

pub(super) fn height(chart: &Chart, bar: usize) -> f64 {
    chart.series.iter().map(|series| series.value(bar)).sum()
}

fn is_counted(chart: &Chart) -> bool {
    let bars = 0..chart.labels.len();
    chart.series.iter().all(|series| bars.clone().all(|bar| series.value(bar).fract() == 0.0))
}

/// As many decimals as the steps between figures need.
fn figure(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    crate::display::grouped(value, decimals)
}
