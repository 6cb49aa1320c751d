use super::{COLOURS, Curve, Curves, ENTRIES_PER_ROW, PALE};
use crate::chart::Chart;
use crate::chart::axis::Axis;
use crate::chart::paper::{INK, QUIET, RIGHT, head};
use crate::chart::pen::{Anchor, PAPER, Pen, Point, width};
use crate::chart::scale::Scale;
use crate::elements::{counted, grouped};
use crate::picture::canvas::Rgb;
use up42_core::sanitize::sanitize;

const LEFT: i32 = 72;
const TOP: i32 = 66;
const BOTTOM: i32 = 284;
/// Largest number of points that are marked; more marks would hide the lines.
const MAX_MARKERS: usize = 400;
/// Number of time intervals with a median each: odd, so that the middle is not a boundary.
const PARTS: usize = 23;

impl Curves {
    /// Returns the height in pixels.
    pub fn height(&self) -> i32 {
        BOTTOM + 36 + self.names().len().div_ceil(ENTRIES_PER_ROW) as i32 * 20
    }

    /// Returns the legend; a single line has none.
    fn names(&self) -> Vec<(String, Rgb)> {
        let count = self.curves.len();
        match self.is_named() {
            true if count < 2 => Vec::new(),
            true => self
                .curves
                .iter()
                .zip(COLOURS)
                .map(|(curve, colour)| (sanitize(&curve.name, 22), colour))
                .collect(),
            false => vec![
                (format!("median of {}", grouped(count as f64, 0)), COLOURS[0]),
                (counted(count, "line"), PALE),
            ],
        }
    }
}

pub fn draw(chart: &Chart, curves: &Curves, pen: &mut dyn Pen) {
    head(pen, &chart.title, &chart.unit, None::<(&str, Rgb)>);
    let axis = curves.axis((LEFT, RIGHT - 4));
    let is_counted = curves.points().all(|(_, value)| value.fract() == 0.0);
    let scale = Scale::new(curves.range(), is_counted, (TOP, BOTTOM));
    scale.grid(pen, LEFT);
    if curves.points().next().is_some() {
        axis.draw(pen, (TOP, BOTTOM));
    }
    pen.line((LEFT, BOTTOM), (RIGHT, BOTTOM), QUIET);
    let is_marked = !curves.is_steps && curves.points().count() <= MAX_MARKERS;
    let colours = COLOURS.iter().copied().chain(std::iter::repeat(PALE));
    for (curve, colour) in curves.curves.iter().zip(colours) {
        let colour = if curves.is_named() { colour } else { PALE };
        line(curve, curves.is_steps, (&axis, &scale), (if curves.is_named() { 2 } else { 1 }, colour), pen);
        if is_marked {
            marks(curve, (&axis, &scale), colour, pen);
        }
    }
    if !curves.is_named() {
        let median = Curve { name: String::new(), points: curves.median(PARTS) };
        line(&median, false, (&axis, &scale), (3, COLOURS[0]), pen);
        marks(&median, (&axis, &scale), COLOURS[0], pen);
    }
    if let Some((name, level)) = &curves.level {
        level_line(name, curves.shows(*level).then(|| scale.at(*level)), pen);
    }
    for (nth, (name, colour)) in curves.names().iter().enumerate() {
        let left = LEFT + (nth % ENTRIES_PER_ROW) as i32 * ((RIGHT - LEFT) / ENTRIES_PER_ROW as i32);
        let middle = BOTTOM + 42 + (nth / ENTRIES_PER_ROW) as i32 * 20;
        pen.rect((left, middle - 5), (left + 10, middle + 5), *colour);
        pen.text((left + 16, middle), name, 12, Anchor::Left, INK);
    }
}

/// Draws a dashed line with its label; only the label, at the top, if the level is above the chart.
fn level_line(label: &str, at: Option<i32>, pen: &mut dyn Pen) {
    let (label, y) = match at {
        Some(y) => {
            pen.dashes((LEFT, y), RIGHT, INK);
            (sanitize(label, 60), y + 11)
        }
        None => (format!("{}, above the chart", sanitize(label, 60)), TOP + 11),
    };
    pen.rect((LEFT + 4, y - 7), (LEFT + 12 + width(&label, 12), y + 7), PAPER);
    pen.text((LEFT + 8, y), &label, 12, Anchor::Left, INK);
}

fn line(curve: &Curve, is_steps: bool, to: (&Axis, &Scale), (width, colour): (u32, Rgb), pen: &mut dyn Pen) {
    let mut points: Vec<Point> = Vec::new();
    for (at, value) in &curve.points {
        let (x, y) = (to.0.at(*at), to.1.at(*value));
        if let Some((_, before)) = points.last().copied().filter(|_| is_steps) {
            points.push((x, before));
        }
        points.push((x, y));
    }
    points.dedup();
    if points.len() > 1 {
        pen.path(&points, width, colour);
    }
}

fn marks(curve: &Curve, to: (&Axis, &Scale), colour: Rgb, pen: &mut dyn Pen) {
    for (at, value) in &curve.points {
        let (x, y) = (to.0.at(*at), to.1.at(*value));
        pen.rect((x - 3, y - 3), (x + 3, y + 3), colour);
    }
}
