//! Stacked bars over labels.

mod draw;
mod text;

use crate::display::canvas::Rgb;

pub use draw::{HEIGHT, draw};

/// Bars with a label under each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    pub labels: Vec<String>,
    pub series: Vec<Series>,
}

/// What one colour of the stacks stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name of the bar.
    pub name: String,
    /// Of its bars, from the first on; the last one is that of the rest.
    pub colours: Vec<Rgb>,
    /// A height for each label.
    pub values: Vec<f64>,
}

impl Bars {
    /// Of a whole stack.
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

    /// The height of a bar; what is no height is none.
    fn value(&self, bar: usize) -> f64 {
        self.values.get(bar).copied().filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
    }
}
