//! Stacked bar charts.

mod draw;
mod text;

use crate::picture::canvas::Rgb;

pub use draw::{HEIGHT, draw};

/// Stacked bars, one per label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    pub labels: Vec<String>,
    pub series: Vec<Series>,
}

/// Series of a stacked bar chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Colours of the bars, from the first one; further bars have the last colour.
    pub colours: Vec<Rgb>,
    /// Value for each label.
    pub values: Vec<f64>,
}

impl Bars {
    /// Returns the height of a stack.
    fn height(&self, bar: usize) -> f64 {
        self.series.iter().map(|series| series.value(bar)).sum()
    }

    fn highest(&self) -> f64 {
        (0..self.labels.len()).map(|bar| self.height(bar)).fold(0.0, f64::max)
    }

    fn is_counted(&self) -> bool {
        let bars = 0..self.labels.len();
        self.series.iter().all(|series| bars.clone().all(|bar| series.value(bar).fract() == 0.0))
    }
}

impl Series {
    fn colour(&self, bar: usize) -> Rgb {
        self.colours.get(bar).or(self.colours.last()).copied().unwrap_or_default()
    }

    /// Returns the height of a bar; 0 if the value is missing, negative or not finite.
    fn value(&self, bar: usize) -> f64 {
        self.values.get(bar).copied().filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
    }
}
