//! Stacked bars over labels.

mod draw;
mod text;

use crate::display::canvas::Rgb;

pub(super) use draw::{HEIGHT, draw};

/// Bars with a label under each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bars {
    pub(super) labels: Vec<String>,
    pub(super) series: Vec<Series>,
}

/// What one colour of the stacks stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Of its bars, from the first on; the last one is that of the rest.
    pub(crate) colours: Vec<Rgb>,
    /// A height for each label.
    pub(crate) values: Vec<f64>,
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
