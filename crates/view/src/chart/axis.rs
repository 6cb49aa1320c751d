//! Horizontal time axis, which leaves out long pauses.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::paper::{GRID, QUIET};
use super::pen::{Anchor, Pen, width};
use up42_core::time::format_duration;

/// Largest number of pauses left out, the longest first.
const PAUSES: usize = 6;
/// Share of the total busy time above which a pause is left out.
const LONG: f64 = 0.25;
/// Smallest distance between two ticks, in pixels.
const TICK_SPACING: f64 = 76.0;

const DAY: i64 = 86_400;
/// Steps between ticks, in seconds; [`MONTHS`] has the longer ones, in months.
const SECONDS: [i64; 21] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];
const MONTHS: [i32; 11] = [1, 2, 3, 6, 12, 24, 60, 120, 600, 1_200, 12_000];

/// Mapping from times to horizontal positions, in pixels.
pub struct Axis {
    /// Busy periods in order of time, at least one.
    pieces: Vec<Piece>,
}

/// Busy period: start and end in seconds since the Unix epoch, left and right in pixels.
#[derive(Clone, Copy)]
struct Piece {
    start: f64,
    end: f64,
    left: f64,
    right: f64,
}

impl Axis {
    /// Makes an axis of the busy times from `left` to `right`. Each pause left out takes `gap`
    /// pixels.
    pub fn new(
        busy: impl IntoIterator<Item = (Timestamp, Timestamp)>,
        (left, right): (i32, i32),
        gap: i32,
    ) -> Self {
        let mut busy: Vec<[f64; 2]> =
            busy.into_iter().map(|(start, end)| [seconds(start), seconds(end.max(start))]).collect();
        busy.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut merged: Vec<[f64; 2]> = Vec::new();
        for [start, end] in busy {
            match merged.last_mut() {
                Some(last) if start <= last[1] => last[1] = last[1].max(end),
                _ => merged.push([start, end]),
            }
        }
        let work: f64 = merged.iter().map(|[start, end]| end - start).sum();
        let mut pauses: Vec<f64> = merged.windows(2).map(|pair| pair[1][0] - pair[0][1]).collect();
        pauses.sort_by(|a, b| b.total_cmp(a));
        let least = pauses.get(PAUSES).copied().unwrap_or(0.0).max(work * LONG).max(1.0);
        let mut parts: Vec<[f64; 2]> = Vec::new();
        for [start, end] in merged {
            match parts.last_mut() {
                Some(last) if start - last[1] <= least => last[1] = end,
                _ => parts.push([start, end]),
            }
        }
        let mut parts = if parts.is_empty() { vec![[0.0, 1.0]] } else { parts };
        if let [only] = parts.as_mut_slice() {
            only[1] = only[1].max(only[0] + 1.0);
        }
        let whole: f64 = parts.iter().map(|[start, end]| end - start).sum();
        let room = f64::from(right - left) - f64::from(gap) * (parts.len() - 1) as f64;
        let mut from = f64::from(left);
        let piece = |[start, end]: [f64; 2]| {
            let to = from + (end - start) / whole.max(f64::MIN_POSITIVE) * room;
            let piece = Piece { start, end, left: from, right: to };
            from = to + f64::from(gap);
            piece
        };
        Self { pieces: parts.into_iter().map(piece).collect() }
    }

    pub fn at(&self, moment: Timestamp) -> i32 {
        let moment = seconds(moment);
        let nth = self.pieces.partition_point(|piece| piece.start <= moment).saturating_sub(1);
        let Some(piece) = self.pieces.get(nth) else { return 0 };
        let part = (moment - piece.start) / (piece.end - piece.start).max(f64::MIN_POSITIVE);
        (piece.left + part.clamp(0.0, 1.0) * (piece.right - piece.left)).round() as i32
    }

    /// Draws ticks at round times with their labels, and hatches the pauses left out.
    pub fn draw(&self, pen: &mut dyn Pen, (top, bottom): (i32, i32)) {
        let mut free = i32::MIN;
        for pair in self.pieces.windows(2) {
            let (left, right) = (pair[0].right.round() as i32, pair[1].left.round() as i32);
            for y in (top..bottom - 6).step_by(12) {
                pen.path(&[(left + 6, y + 6), (right - 6, y)], 1, GRID);
            }
            let length = format_duration(pair[1].start - pair[0].end);
            pen.text(((left + right) / 2, bottom + 32), &length, 11, Anchor::Middle, QUIET);
        }
        for (place, label) in self.ticks() {
            pen.line((place, top), (place, bottom), GRID);
            let half = width(&label, 12) / 2;
            if place - half > free && place + half <= super::paper::WIDTH {
                pen.text((place, bottom + 16), &label, 12, Anchor::Middle, QUIET);
                free = place + half + 8;
            }
        }
    }

    /// Returns whether a pause is left out; its length takes an extra line below the labels.
    pub fn has_pauses(&self) -> bool {
        self.pieces.len() > 1
    }

    fn ticks(&self) -> Vec<(i32, String)> {
        let (room, time) = self.pieces.iter().fold((0.0, 0.0), |(room, time), piece| {
            (room + piece.right - piece.left, time + piece.end - piece.start)
        });
        let fits = |seconds: f64| seconds / time * room >= TICK_SPACING;
        let mut ticks = Vec::new();
        let mut day = None;
        for piece in &self.pieces {
            let moments = match SECONDS.into_iter().find(|step| fits(*step as f64)) {
                Some(step) => rounded(piece, step),
                None => {
                    let month = |months: &i32| fits(f64::from(*months) * 30.4 * DAY as f64);
                    months(piece, MONTHS.into_iter().find(month).unwrap_or(MONTHS[MONTHS.len() - 1]))
                }
            };
            let step = moments.windows(2).map(|pair| seconds(pair[1]) - seconds(pair[0])).next();
            for moment in moments {
                let today = moment.to_zoned(TimeZone::UTC).date();
                let is_new = day.replace(today).is_some_and(|before| before != today);
                ticks.push((self.at(moment), label(moment, step.unwrap_or(60.0), is_new)));
            }
        }
        ticks
    }
}

fn rounded(piece: &Piece, step: i64) -> Vec<Timestamp> {
    let first = (piece.start / step as f64).ceil() as i64;
    let last = (piece.end / step as f64).floor() as i64;
    (first..=last).filter_map(|nth| Timestamp::from_second(nth.checked_mul(step)?).ok()).collect()
}

fn months(piece: &Piece, step: i32) -> Vec<Timestamp> {
    let day = |second: f64| Some(Timestamp::from_second(second as i64).ok()?.to_zoned(TimeZone::UTC).date());
    let number = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    let Some((first, last)) = day(piece.start).zip(day(piece.end)) else { return Vec::new() };
    let start = first.first_of_month();
    let begin = start.checked_add((-number(first).rem_euclid(step)).months()).unwrap_or(start);
    let steps = std::iter::successors(Some(begin), |date| date.checked_add(step.months()).ok());
    let moments = steps.take_while(|date| *date <= last).filter_map(|date| date.to_zoned(TimeZone::UTC).ok());
    moments.map(|zoned| zoned.timestamp()).filter(|moment| seconds(*moment) >= piece.start).collect()
}

fn label(moment: Timestamp, step: f64, is_new_day: bool) -> String {
    let format = match step as i64 {
        step if step >= 330 * DAY => "%Y",
        step if step >= 28 * DAY => "%Y-%m",
        DAY.. => "%m-%d",
        _ if is_new_day => "%m-%d %H:%M",
        60.. => "%H:%M",
        _ => "%H:%M:%S",
    };
    moment.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

fn seconds(moment: Timestamp) -> f64 {
    moment.as_millisecond() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(busy: &[(&str, &str)]) -> Axis {
        let busy = busy.iter().map(|(start, end)| (start.parse().unwrap(), end.parse().unwrap()));
        Axis::new(busy, (100, 740), 24)
    }

    fn ticks_text(axis: &Axis) -> String {
        axis.ticks().iter().map(|(place, label)| format!("{label}@{place} ")).collect()
    }

    #[test]
    fn labels_are_round_times() {
        let hour = axis(&[("2020-06-01T11:34:10Z", "2020-06-01T12:40:00Z")]);
        insta::assert_snapshot!(ticks_text(&hour), @"11:40@157 11:50@254 12:00@351 12:10@448 12:20@546 12:30@643 12:40@740");
        let night = axis(&[("2020-06-01T20:00:00Z", "2020-06-02T03:00:00Z")]);
        insta::assert_snapshot!(ticks_text(&night), @"20:00@100 21:00@191 22:00@283 23:00@374 06-02 00:00@466 01:00@557 02:00@649 03:00@740");
        let years = axis(&[("2018-03-02T00:00:00Z", "2020-11-30T00:00:00Z")]);
        insta::assert_snapshot!(ticks_text(&years), @"2018-07@177 2019-01@294 2019-07@410 2020-01@527 2020-07@643");
    }

    #[test]
    fn a_gap_without_work_is_shortened() {
        let axis = axis(&[
            ("2020-06-01T17:00:00Z", "2020-06-01T17:40:00Z"),
            ("2020-06-01T17:38:00Z", "2020-06-01T18:00:00Z"),
            ("2020-06-02T08:00:00Z", "2020-06-02T08:30:00Z"),
        ]);
        let at = |text: &str| axis.at(text.parse().unwrap());
        assert_eq!(at("2020-06-01T18:00:00Z") + 24, at("2020-06-02T08:00:00Z"));
        assert_eq!((at("2020-06-01T17:00:00Z"), at("2020-06-02T08:30:00Z")), (100, 740));
        assert_eq!(at("2020-06-01T23:00:00Z"), at("2020-06-01T18:00:00Z"), "in the pause");
        assert!(axis.has_pauses());
        insta::assert_snapshot!(ticks_text(&axis), @"17:00@100 17:15@203 17:30@305 17:45@408 18:00@511 06-02 08:00@535 08:15@637 08:30@740");
    }

    proptest! {
        #[test]
        fn any_times_have_a_position_on_the_axis(times in prop::collection::vec((-377705023201i64..253402207200, 0i64..1 << 33), 0..12)) {
            let moment = |second: i64| Timestamp::from_second(second.min(253402207200)).unwrap();
            let busy: Vec<_> = times.iter().map(|(start, time)| (moment(*start), moment(start + time))).collect();
            let axis = Axis::new(busy.clone(), (0, 640), 24);
            for (start, end) in busy {
                prop_assert!(0 <= axis.at(start) && axis.at(start) <= axis.at(end) && axis.at(end) <= 640);
            }
            let ticks = axis.ticks();
            prop_assert!(ticks.len() <= 48 && ticks.is_sorted_by_key(|tick| tick.0), "{:?}", ticks);
        }
    }
}
