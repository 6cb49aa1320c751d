//! Notebook display of a timeline: a bar for each period.

use super::{Timeline, TimelinePeriod};
use up42_view::MimeBundle;
use up42_view::chart::{Chart, Series};
use up42_view::impl_mime_bundle;
use up42_view::picture::canvas::Rgb;

type Count = fn(&TimelinePeriod) -> usize;

/// Colours from blue (clear) to grey (cloudy); ochre for unknown.
const COLOURS: [Rgb; 4] = [[0x00, 0x5a, 0x9c], [0x7f, 0xb8, 0xda], [0xb8, 0xbd, 0xc2], [0xd9, 0xa4, 0x41]];

impl Timeline {
    /// Returns a chart of the number of scenes in each period, by cloud cover.
    pub fn chart(&self) -> Chart {
        let series: [(&str, Count); 4] = [
            ("clear (to 10 %)", |period| period.clear),
            ("partly (to 50 %)", |period| period.partly),
            ("cloudy", |period| period.cloudy),
            ("not known", |period| period.unknown),
        ];
        let labels = self.periods.iter().map(|period| period.label.as_str());
        let chart = Chart::new(format!("Scenes by {}", self.unit.name()), "scenes, by cloud cover", labels);
        series.into_iter().zip(COLOURS).fold(chart, |chart, ((name, count), colour)| {
            // All four series, so that a colour and a character have the same meaning in each
            // chart.
            let values = self.periods.iter().map(|period| count(period) as f64).collect();
            chart.series(Series { name: name.into(), colours: vec![colour], values })
        })
    }

    pub(super) fn bundle(&self) -> MimeBundle {
        let chart = self.chart().bundle();
        match self.undated {
            0 => chart,
            undated => {
                let note = match undated {
                    1 => "1 scene without a date is not shown".to_owned(),
                    many => format!("{many} scenes without a date are not shown"),
                };
                let html = format!("{}<p><small>{note}</small></p>", chart.html);
                MimeBundle { html, text: format!("{}{note}\n", chart.text), ..chart }
            }
        }
    }
}

impl_mime_bundle!(Timeline);
