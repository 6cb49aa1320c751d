//! Line charts: values over time, as lines between points or as steps.

mod draw;
mod frame;
mod text;

use jiff::Timestamp;

use super::axis::Axis;
use crate::picture::canvas::Rgb;

pub use draw::draw;

/// Largest number of lines with a colour each. More lines are drawn pale, and their median over
/// them.
const NAMED: usize = 7;
/// Legend entries per row.
const ENTRIES_PER_ROW: usize = 4;

/// Colours distinguishable with any colour vision (Okabe and Ito, 2008), the darker ones first.
const COLOURS: [Rgb; NAMED] = [
    [0x00, 0x5a, 0x9c],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xe6, 0x9f, 0x00],
    [0x56, 0xb4, 0xe9],
    [0x3b, 0x3b, 0x3b],
];
const PALE: Rgb = [0xb9, 0xc8, 0xd4];

/// Lines on a common time axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Curves, in the order of the legend.
    pub curves: Vec<Curve>,
    /// Reference level: label and value.
    pub level: Option<(String, f64)>,
    /// Whether each value holds until the next one; the vertical axis then includes 0.
    pub is_steps: bool,
}

/// Line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name in the legend.
    pub name: String,
    /// Points in order of time; all values are finite.
    pub points: Vec<(Timestamp, f64)>,
}

impl Curves {
    /// Returns whether each line has its own colour and name.
    fn is_named(&self) -> bool {
        self.curves.len() <= NAMED
    }

    fn points(&self) -> impl Iterator<Item = (Timestamp, f64)> + '_ {
        self.curves.iter().flat_map(|curve| curve.points.iter().copied())
    }

    /// Returns the range of the vertical axis: the smallest and largest value, extended to 0 for
    /// steps, and if the smallest value is positive and less than half of the largest.
    fn range(&self) -> (f64, f64) {
        let shown = self.level.iter().map(|level| level.1).filter(|level| self.shows(*level));
        let values = || self.points().map(|(_, value)| value);
        let high = values().chain(shown).fold(f64::NEG_INFINITY, f64::max);
        let low = values().fold(f64::INFINITY, f64::min);
        match low <= high {
            false => (0.0, 1.0),
            true if self.is_steps || (low > 0.0 && low < high / 2.0) => (low.min(0.0), high.max(0.0)),
            true => (low, high),
        }
    }

    /// Returns whether the reference level is drawn: not above three times the largest value, since
    /// it would flatten the lines.
    fn shows(&self, level: f64) -> bool {
        let highest = self.points().map(|(_, value)| value).fold(0.0, f64::max);
        level.is_finite() && level <= 3.0 * highest
    }

    fn axis(&self, ends: (i32, i32)) -> Axis {
        let times = || self.points().map(|(at, _)| at);
        Axis::new(times().min().zip(times().max()), ends, 0)
    }

    /// Returns the median of all values in each of `parts` equal time intervals.
    fn median(&self, parts: usize) -> Vec<(Timestamp, f64)> {
        let mut points: Vec<_> = self.points().collect();
        points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let Some((first, last)) = points.first().zip(points.last()).map(|(a, b)| (a.0, b.0)) else {
            return Vec::new();
        };
        let span = (last.as_second() - first.as_second()).max(1);
        let part = |at: Timestamp| (at.as_second() - first.as_second()) * parts as i64 / (span + 1);
        let of_part = |chunk: &[(Timestamp, f64)]| {
            let mut values: Vec<f64> = chunk.iter().map(|point| point.1).collect();
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            let median = if values.len() % 2 == 1 {
                values[middle]
            } else {
                (values[middle - 1] + values[middle]) / 2.0
            };
            (chunk[chunk.len() / 2].0, median)
        };
        points.chunk_by(|a, b| part(a.0) == part(b.0)).map(of_part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chart;
    use super::*;

    pub fn curve(name: &str, values: &[f64]) -> Curve {
        let at = |month: usize| Timestamp::from_second(1_577_836_800 + month as i64 * 2_630_000).unwrap();
        let points = values.iter().enumerate().map(|(month, value)| (at(month), *value)).collect();
        Curve { name: name.into(), points }
    }

    #[test]
    fn a_level_far_above_is_named_but_not_drawn() {
        let mut curves =
            Curves { curves: vec![curve("paid", &[0.0, 120.0, 300.0])], is_steps: true, ..Curves::default() };
        curves.level = Some(("budget 800".into(), 800.0));
        assert_eq!(curves.range(), (0.0, 800.0));
        curves.level = Some(("budget 100,000".into(), 1e5));
        assert_eq!(curves.range(), (0.0, 300.0));
        let chart = Chart::curves("Credits", "credits", curves);
        assert!(chart.to_svg().contains("budget 100,000"), "{}", chart.to_svg());
    }

    #[test]
    fn many_lines_have_a_median() {
        let mut curves: Vec<Curve> = (0..9).map(|nth| curve("x", &[f64::from(nth), 10.0])).collect();
        curves.push(curve("far off", &[1e6, 10.0]));
        let curves = Curves { curves, ..Curves::default() };
        assert!(!curves.is_named());
        let median: Vec<f64> = curves.median(12).into_iter().map(|point| point.1).collect();
        assert_eq!(median, [4.5, 10.0]);
        assert!(Chart::curves("x", "y", curves).to_svg().contains("median of 10"));
    }

    #[test]
    fn empty_and_single_point_series_are_drawn() {
        for curves in [vec![], vec![curve("x", &[])], vec![curve("x", &[3.0])], vec![curve("x", &[0.0, 0.0])]]
        {
            let chart = Chart::curves("", "", Curves { curves, ..Curves::default() });
            assert!(chart.to_svg().ends_with("</svg>\n"));
            chart.bundle();
        }
    }
}
