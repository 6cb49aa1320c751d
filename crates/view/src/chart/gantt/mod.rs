//! Timelines (Gantt charts): one row per job, or, for many jobs, as few lanes as possible. The
//! numbers of queued and running jobs are shown below.

mod draw;
mod hints;
mod rows;
mod text;

use jiff::Timestamp;

use self::rows::Rows;
use super::axis::Axis;
use super::paper::RIGHT;
use crate::elements::{StatusKind, grouped};
use crate::picture::canvas::Rgb;

pub use draw::draw;

/// Timeline of jobs or similar.
#[derive(Clone, Debug, PartialEq)]
pub struct Gantt {
    /// Rows, from the top.
    pub spans: Vec<Span>,
    /// Limit of unfinished jobs.
    pub limit: Option<usize>,
    /// End of the bars of unfinished jobs.
    pub until: Timestamp,
}

/// Row of a timeline: waiting time, then running time.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Label of the row.
    pub label: String,
    /// Kind of the state, which sets the colour.
    pub kind: StatusKind,
    /// State, in a word.
    pub word: String,
    /// Tooltip.
    pub hint: String,
    /// Creation of the job.
    pub created: Option<Timestamp>,
    /// Start of the work.
    pub started: Option<Timestamp>,
    /// End of the work.
    pub finished: Option<Timestamp>,
}

/// Span with known times, in order.
#[derive(Clone, Copy, Debug)]
struct Bar {
    /// Index of the span.
    span: usize,
    begin: Timestamp,
    /// Change from waiting to running.
    turn: Timestamp,
    end: Timestamp,
}

impl Gantt {
    /// Returns the bars in order of their beginning. Unfinished ones end at `until`.
    fn bars(&self) -> Vec<Bar> {
        let bar = |(span, it): (usize, &Span)| {
            let begin = it.created.or(it.started).or(it.finished)?;
            let end = it.finished.unwrap_or(self.until).max(begin);
            let turn = it.started.unwrap_or(end).clamp(begin, end);
            Some(Bar { span, begin, turn, end })
        };
        let mut bars: Vec<Bar> = self.spans.iter().enumerate().filter_map(bar).collect();
        bars.sort_by_key(|bar| (bar.begin, bar.span));
        bars
    }

    fn axis(bars: &[Bar], left: i32) -> Axis {
        Axis::new(bars.iter().map(|bar| (bar.begin, bar.end)), (left, RIGHT), 30)
    }

    /// Returns the legend: states with their number of rows, and colours.
    fn key(&self, bars: &[Bar]) -> Vec<(String, Rgb)> {
        let mut key = Vec::new();
        if bars.iter().any(|bar| bar.begin < bar.turn) {
            key.push(("queued".to_owned(), StatusKind::Waiting.solid()));
        }
        for kind in [StatusKind::Ok, StatusKind::Running, StatusKind::Failed, StatusKind::Neutral] {
            let mut words: Vec<&str> = Vec::new();
            let spans = bars.iter().map(|bar| &self.spans[bar.span]).filter(|span| span.kind == kind);
            let count = spans.inspect(|span| words.push(&span.word)).count();
            words.sort_unstable();
            words.dedup();
            if count > 0 {
                key.push((format!("{} {}", words.join("/"), grouped(count as f64, 0)), kind.solid()));
            }
        }
        key
    }

    fn peak(bars: &[Bar]) -> usize {
        peak_overlap(bars.iter().map(|bar| (bar.begin, bar.end)))
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> i32 {
        let bars = self.bars();
        let rows = Rows::of(self, &bars);
        draw::bottom(&rows) + if Self::axis(&bars, rows.left).has_pauses() { 44 } else { 28 }
    }
}

/// Returns the largest number of periods that overlap.
pub fn peak_overlap(times: impl Iterator<Item = (Timestamp, Timestamp)>) -> usize {
    let mut ends: Vec<(Timestamp, i64)> =
        times.flat_map(|(begin, end)| [(begin, 1), (end.max(begin), -1)]).collect();
    // At the same time, an end counts before a beginning.
    ends.sort_unstable();
    let counts = ends.iter().scan(0, |count, (_, change)| {
        *count += change;
        Some(*count)
    });
    counts.max().unwrap_or(0).max(0) as usize
}

#[cfg(test)]
mod tests {
    use super::super::Chart;
    use super::*;

    fn at(minute: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(1_591_011_240 + minute * 60).unwrap())
    }

    fn span(label: &str, kind: StatusKind, word: &str, times: [Option<i64>; 3]) -> Span {
        let [created, started, finished] = times.map(|minute| minute.and_then(at));
        let (label, word, hint) = (label.to_owned(), word.to_owned(), String::new());
        Span { label, kind, word, hint, created, started, finished }
    }

    pub fn small() -> Gantt {
        let spans = vec![
            span("Dakar", StatusKind::Ok, "succeeded", [Some(0), Some(2), Some(9)]),
            span("Thiès", StatusKind::Failed, "failed", [Some(0), Some(3), Some(5)]),
            span("Mbour", StatusKind::Running, "running", [Some(5), Some(8), None]),
            span("Kaolack", StatusKind::Waiting, "queued", [Some(9), None, None]),
            span("Touba", StatusKind::Waiting, "to come", [None; 3]),
        ];
        Gantt { spans, limit: Some(2), until: at(14).unwrap() }
    }

    /// Returns a timeline of `count` jobs, ten at a time.
    pub fn large(count: i64) -> Gantt {
        let job = |nth: i64| {
            let start = nth / 10 * 7;
            let (kind, word) =
                if nth % 17 == 3 { (StatusKind::Failed, "failed") } else { (StatusKind::Ok, "succeeded") };
            span(&format!("place {nth}"), kind, word, [Some(start), Some(start + 2), Some(start + 7)])
        };
        Gantt { spans: (0..count).map(job).collect(), limit: Some(10), until: at(0).unwrap() }
    }

    #[test]
    fn queued_time_is_pale_and_unfinished_bars_end_now() {
        let gantt = small();
        let bars = gantt.bars();
        assert_eq!(bars.len(), 4, "Touba has no time yet");
        assert_eq!((bars[2].end, bars[3].turn), (gantt.until, gantt.until));
        assert_eq!(Gantt::peak(&bars), 2, "one that ends makes room");
        let key: Vec<_> = gantt.key(&bars).into_iter().map(|(name, _)| name).collect();
        assert_eq!(key, ["queued", "succeeded 1", "running 1", "failed 1"]);
        let svg = Chart::gantt("Jobs", "UTC", gantt).to_svg();
        for text in ["Dakar", "Touba", "to come", "failed", "limit 2"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
    }

    #[test]
    fn times_in_the_wrong_order_are_drawn() {
        let odd = [
            span("a", StatusKind::Ok, "succeeded", [Some(9), Some(3), Some(1)]),
            span("b", StatusKind::Ok, "succeeded", [None, None, Some(1)]),
            span("c", StatusKind::Running, "running", [Some(99), Some(98), None]),
        ];
        for count in 0..=odd.len() {
            let gantt = Gantt { spans: odd[..count].to_vec(), limit: None, until: at(5).unwrap() };
            assert!(gantt.bars().iter().all(|bar| bar.begin <= bar.turn && bar.turn <= bar.end));
            let chart = Chart::gantt("Jobs", "UTC", gantt);
            assert!(chart.to_svg().ends_with("</svg>\n"));
            chart.bundle();
        }
    }
}
