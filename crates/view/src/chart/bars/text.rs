use super::Bars;
use crate::elements::grouped;
use crate::elements::text::width;
use up42_core::sanitize::sanitize;

/// Length of the longest bar, in characters.
const LONGEST: f64 = 40.0;
/// Largest number of bars shown.
const SHOWN: usize = 72;
/// Characters of the series.
const INKS: [char; 4] = ['█', '▒', '░', '·'];

impl Bars {
    /// Returns the chart as text for a terminal, one line per bar.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let ink = |series: usize| INKS[series.min(INKS.len() - 1)];
        if self.series.len() > 1 {
            let names = self.series.iter().enumerate();
            let names: Vec<_> =
                names.map(|(nth, one)| format!("{} {}", ink(nth), sanitize(&one.name, 24))).collect();
            text.push_str(&format!("{}\n", names.join("  ")));
        }
        let labels: Vec<String> = self.labels.iter().map(|label| sanitize(label, 24)).collect();
        let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
        let highest = self.highest();
        for (bar, label) in labels.iter().enumerate().take(SHOWN) {
            let letters = |value: f64| if highest > 0.0 { (value / highest * LONGEST).round() } else { 0.0 };
            let (mut line, mut so_far) = (String::new(), 0.0);
            for (nth, series) in self.series.iter().enumerate() {
                let before = letters(so_far);
                so_far += series.value(bar);
                line.extend(std::iter::repeat_n(ink(nth), (letters(so_far) - before) as usize));
            }
            let gap = " ".repeat(widest - width(label));
            let decimals = if so_far.fract() == 0.0 { 0 } else { 1 };
            line.extend((!line.is_empty()).then_some(' '));
            text.push_str(&format!("{label}{gap}  {line}{}\n", grouped(so_far, decimals)));
        }
        if labels.len() > SHOWN {
            text.push_str(&format!("… and {} more\n", labels.len() - SHOWN));
        }
        text
    }
}
