use super::Curves;
use crate::elements::text::width;
use crate::elements::{counted, grouped};
use up42_core::sanitize::sanitize;

/// Characters from the smallest to the largest value.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Width of the time axis, in characters.
const LONG: usize = 48;
/// Largest number of lines shown.
const SHOWN: usize = 48;

impl Curves {
    /// Returns the chart as text for a terminal: a row of small bars for each curve, all on one
    /// scale.
    pub fn to_text(&self) -> String {
        let (low, high) = self.range();
        let axis = self.axis((0, LONG as i32 - 1));
        let names: Vec<String> = self.curves.iter().map(|curve| sanitize(&curve.name, 24)).collect();
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let mut text = String::new();
        for (curve, name) in self.curves.iter().zip(&names).take(SHOWN) {
            let mut letters = [' '; LONG];
            for (at, value) in &curve.points {
                let level = ((value - low) / (high - low).max(f64::MIN_POSITIVE) * 7.0).round();
                let place = axis.at(*at).clamp(0, LONG as i32 - 1) as usize;
                // A step holds until the next one.
                let end = if self.is_steps { LONG } else { place + 1 };
                letters[place..end].fill(LEVELS[level.clamp(0.0, 7.0) as usize]);
            }
            let gap = " ".repeat(widest - width(name));
            let figure = |value: f64| grouped(value, if value.fract() == 0.0 { 0 } else { 2 });
            let last = curve.points.last().map_or("nothing".to_owned(), |(_, value)| figure(*value));
            text += &format!("{name}{gap}  {}  {last}\n", letters.iter().collect::<String>());
        }
        if self.curves.len() > SHOWN {
            text += &format!("… and {} more\n", counted(self.curves.len() - SHOWN, "line"));
        }
        if let Some((name, _)) = &self.level {
            text += &format!("{}\n", sanitize(name, 80));
        }
        let times = || self.curves.iter().flat_map(|curve| &curve.points).map(|point| point.0);
        if let Some((first, last)) = times().min().zip(times().max()) {
            text += &format!("{} to {} UTC, the last value on the right\n", minute(first), minute(last));
        }
        text
    }
}

fn minute(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::curve;
    use super::*;

    #[test]
    fn a_terminal_gets_small_bars() {
        let curves = vec![curve("Dakar", &[1.0, 4.0, 2.5]), curve("Thiès", &[2.0, 3.0])];
        insta::assert_snapshot!(Curves { curves, ..Curves::default() }.to_text(), @r"
        Dakar  ▃                       █                      ▅  2.50
        Thiès  ▅                       ▆                         3
        2020-01-01 00:00 to 2020-03-01 21:06 UTC, the last value on the right
        ");
        let paid = vec![curve("paid", &[0.0, 300.0, 600.0])];
        let level = Some(("budget 1,000".to_owned(), 1_000.0));
        insta::assert_snapshot!(Curves { curves: paid, level, is_steps: true }.to_text(), @r"
        paid  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▅  600
        budget 1,000
        2020-01-01 00:00 to 2020-03-01 21:06 UTC, the last value on the right
        ");
    }
}
