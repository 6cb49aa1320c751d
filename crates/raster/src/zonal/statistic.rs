//! Statistics of the pixels of a polygon.

use std::fmt;

/// Statistic of the values that a polygon covers, weighted by the covered share of each pixel.
///
/// Pixels without data, and masked ones, do not count. Definitions are those of
/// [exactextract](https://isciences.github.io/exactextract/operations.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Sum of values times shares.
    Sum,
    /// Standard deviation of the population.
    Std,
    /// Least value of all pixels that are covered in any part.
    Min,
    /// Largest value of all pixels that are covered in any part.
    Max,
    /// Sum of the shares: the covered area in pixels.
    Count,
    /// Part of the polygon's area with data, from 0 to 1; ground outside of the raster has none.
    Valid,
    /// Median, interpolated between values.
    Median,
    /// Percentile from 0 to 100, interpolated between values.
    Percentile(u8),
    /// Value that covers most; of several, the largest.
    Majority,
    /// Value that covers least; of several, the smallest.
    Minority,
    /// Number of distinct values.
    Variety,
}

impl Statistic {
    /// Returns whether all distinct values are needed.
    pub(super) fn needs_values(self) -> bool {
        use Statistic::{Majority, Median, Minority, Percentile, Variety};
        matches!(self, Median | Percentile(_) | Majority | Minority | Variety)
    }
}

impl fmt::Display for Statistic {
    /// Formats the name of a column, such as `mean` or `p90`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::Valid => "valid",
            Self::Median => "median",
            Self::Percentile(percent) => return write!(f, "p{percent}"),
            Self::Majority => "majority",
            Self::Minority => "minority",
            Self::Variety => "variety",
        })
    }
}
