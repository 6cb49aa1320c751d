//! Rows of a timeline.

use jiff::Timestamp;

use super::{Bar, Gantt, Span};
use crate::chart::pen::{shortened, width};
use crate::elements::StatusKind;
use up42_core::sanitize::sanitize;

/// Largest number of labels whose widths are measured.
const MEASURED: usize = 200;
/// Largest number of rows that are all named.
const NAMED: usize = 36;
/// Largest number of separate rows; more are packed into lanes.
const THIN: usize = 180;
/// Font size of the names, in pixels. `WIDEST` is their largest width.
pub const NAME: i32 = 11;
const WIDEST: i32 = 270;
/// Largest number of lanes drawn.
const LANES: usize = 400;

/// Positions of bars and names.
pub struct Rows {
    /// Span and bar of each row, unless rows are packed; no bar for a span without times.
    pub spans: Vec<(usize, Option<usize>)>,
    /// Row of each bar.
    pub of_bar: Vec<usize>,
    pub count: usize,
    /// Distance between rows, in pixels.
    pub pitch: f64,
    /// Left edge of the bars, in pixels.
    pub left: i32,
    pub is_packed: bool,
}

impl Rows {
    pub fn of(gantt: &Gantt, bars: &[Bar]) -> Self {
        let count = gantt.spans.len();
        if count > THIN {
            let (of_bar, lanes) = packed(bars);
            let count = lanes.min(LANES);
            let pitch = (440.0 / count.max(1) as f64).clamp(1.0, 20.0);
            return Self { spans: Vec::new(), of_bar, count, pitch, left: 72, is_packed: true };
        }
        let mut spans: Vec<(usize, Option<usize>)> =
            bars.iter().enumerate().map(|(nth, bar)| (bar.span, Some(nth))).collect();
        let mut has_bar = vec![false; count];
        bars.iter().for_each(|bar| has_bar[bar.span] = true);
        spans.extend((0..count).filter(|span| !has_bar[*span]).map(|span| (span, None)));
        let pitch = if count <= NAMED { 17.0 } else { (600.0 / count as f64).clamp(3.0, 14.0) };
        let of_bar = (0..bars.len()).collect();
        // If rows are thin, only failed ones are named.
        let is_shown = |span: &&Span| count <= NAMED || span.kind == StatusKind::Failed;
        let labels = gantt.spans.iter().filter(is_shown).take(MEASURED);
        let labels = labels.map(|span| width(&sanitize(&span.label, 200), NAME));
        let left = labels.max().unwrap_or(0).clamp(46, WIDEST) + 26;
        Self { spans, of_bar, count, pitch, left, is_packed: false }
    }

    /// Returns a label, cut to the available width.
    pub fn name(&self, label: &str) -> String {
        let label = sanitize(label, 200);
        shortened(&label, NAME, self.left - 26)
    }

    pub fn is_named(&self) -> bool {
        !self.is_packed && self.count <= NAMED
    }
}

/// Returns the lane of each bar and the number of lanes. Each bar takes the first free lane, which
/// gives the smallest possible number.
pub fn packed(bars: &[Bar]) -> (Vec<usize>, usize) {
    let mut ends: Vec<Timestamp> = Vec::new();
    let lane = |bar: &Bar| {
        let free = ends.iter().position(|end| *end <= bar.begin);
        match free {
            Some(lane) => ends[lane] = bar.end,
            None => ends.push(bar.end),
        }
        free.unwrap_or(ends.len() - 1)
    };
    let lanes = bars.iter().map(lane).collect();
    (lanes, ends.len())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{large, small};
    use super::*;

    #[test]
    fn rows_shrink_and_then_become_lanes() {
        let rows = |gantt: &Gantt| Rows::of(gantt, &gantt.bars());
        let named = rows(&small());
        assert!(named.is_named() && named.spans.last() == Some(&(4, None)), "what has no time comes last");
        let thin = rows(&large(120));
        assert!(!thin.is_named() && !thin.is_packed && (3.0..17.0).contains(&thin.pitch));
        let lanes = rows(&large(2_000));
        assert_eq!((lanes.is_packed, lanes.count, lanes.of_bar.len()), (true, 10, 2_000));
    }

    #[test]
    fn no_two_bars_of_a_lane_overlap() {
        let bars = large(500).bars();
        let (lanes, count) = packed(&bars);
        assert_eq!(count, Gantt::peak(&bars));
        for lane in 0..count {
            let own = bars.iter().zip(&lanes).filter(|(_, of)| **of == lane).map(|(bar, _)| bar);
            assert!(own.collect::<Vec<_>>().windows(2).all(|pair| pair[0].end <= pair[1].begin));
        }
    }
}
