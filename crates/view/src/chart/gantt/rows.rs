//! Which row a bar stands in.

use jiff::Timestamp;

use super::{Bar, Gantt, Span};
use crate::chart::pen::width;
use crate::display::Tone;
use up42_core::sanitize::sanitize;

/// Rows that each have their name.
const NAMED: usize = 36;
/// Rows that one can still tell apart. More are packed into lanes.
const THIN: usize = 180;
/// Size of the names, and the most room they have, in pixels.
pub const NAME: i32 = 11;
const WIDEST: i32 = 270;
/// Lanes that are drawn.
const LANES: usize = 400;

/// Where bars and names stand.
pub struct Rows {
    /// The bar of each row, where each has its own; `None` for what has no time.
    pub spans: Vec<(usize, Option<usize>)>,
    /// The row of each bar.
    pub of_bar: Vec<usize>,
    pub count: usize,
    /// Pixels from a row to the next.
    pub pitch: f64,
    /// Where the bars begin.
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
        // Where rows are thin, only what failed has its name.
        let is_shown = |span: &&Span| count <= NAMED || span.tone == Tone::Failed;
        let labels = gantt.spans.iter().filter(is_shown).map(|span| width(&sanitize(&span.label, 200), NAME));
        let left = labels.max().unwrap_or(0).clamp(46, WIDEST) + 26;
        Self { spans, of_bar, count, pitch, left, is_packed: false }
    }

    /// A label as far as there is room for it.
    pub fn name(&self, label: &str) -> String {
        let label = sanitize(label, 200);
        let most = (self.left - 26) / width("m", NAME);
        match label.chars().count() as i32 > most {
            false => label,
            true => label.chars().take(most.max(1) as usize - 1).chain(['…']).collect(),
        }
    }

    pub fn is_named(&self) -> bool {
        !self.is_packed && self.count <= NAMED
    }
}

/// The lane of each bar, and how many there are: as few as can be, since each bar takes the
/// first that is free.
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
