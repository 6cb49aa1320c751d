//! Distribution of the values of a band: statistics, percentiles and histograms.

use crate::band::DataType;
use crate::moments::Moments;

/// Largest number of values that are kept; more are counted in intervals.
const MOST_VALUES: usize = 4_000_000;

/// Lowest integer of the types of at most 16 bits.
const LOWEST: i32 = -32_768;

/// Number of integers of all types of at most 16 bits.
const INTEGERS: usize = 65_536 + 32_768;

/// Bits of a 32-bit float that make an interval: sign, exponent and nine bits of the fraction.
const INTERVAL_BITS: u32 = 18;

/// Statistics of the valid values of a band, as stored. All are `None` if no value is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Number of valid pixels.
    pub valid: u64,
    /// Lowest value.
    pub min: Option<f64>,
    /// Highest value.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Standard deviation of the population, as GDAL's.
    pub std: Option<f64>,
    /// 2nd percentile; see [`Distribution::percentile`].
    pub p2: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 98th percentile.
    pub p98: Option<f64>,
}

/// Numbers of values in intervals of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower end of the first interval.
    pub min: f64,
    /// Upper end of the last interval, which belongs to it.
    pub max: f64,
    /// Number of values in each interval.
    pub counts: Vec<u64>,
}

/// Distribution of the valid values of a band.
///
/// Integers of at most 16 bits are counted exactly, and so are other values up to 4,000,000. More
/// of them are counted in intervals of 0.2 % of their value.
#[derive(Clone, Debug)]
pub struct Distribution {
    moments: Moments,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Number of each integer from [`LOWEST`].
    Integers(Vec<u64>),
    /// All values; sorted when the distribution is complete.
    All(Vec<f64>),
    /// Number in each interval, ascending.
    Intervals(Vec<u64>),
}

impl Distribution {
    /// Creates a distribution without values.
    pub(crate) fn new(data_type: DataType) -> Self {
        let values = match data_type.is_integer() && data_type.bits() <= 16 {
            true => Values::Integers(vec![0; INTEGERS]),
            false => Values::All(Vec::new()),
        };
        Self { moments: Moments::default(), values }
    }

    /// Adds values to the counts; NaN is left out.
    pub(crate) fn count(&mut self, values: &[f64]) {
        let valid = values.iter().copied().filter(|value| !value.is_nan());
        match &mut self.values {
            Values::Integers(counts) => {
                for value in valid {
                    if let Some(count) = counts.get_mut((value as i32 - LOWEST) as usize) {
                        *count += 1;
                    }
                }
            }
            Values::All(all) => {
                all.extend(valid);
                if all.len() > MOST_VALUES {
                    self.values = Values::Intervals(intervals(all));
                }
            }
            Values::Intervals(counts) => valid.for_each(|value| counts[interval(value)] += 1),
        }
    }

    /// Adds the counts of another distribution of the same type.
    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut self.values, other.values) {
            (Values::Integers(counts), Values::Integers(others))
            | (Values::Intervals(counts), Values::Intervals(others)) => add(counts, &others),
            (_, Values::All(values)) => self.count(&values),
            (Values::All(values), Values::Intervals(mut counts)) => {
                add(&mut counts, &intervals(values));
                self.values = Values::Intervals(counts);
            }
            // Not of the same type.
            _ => {}
        }
    }

    /// Completes the distribution with the moments of all its values.
    pub(crate) fn completed(mut self, moments: Moments) -> Self {
        if let Values::All(values) = &mut self.values {
            values.sort_unstable_by(f64::total_cmp);
        }
        self.moments = moments;
        self
    }

    /// Returns the statistics.
    pub fn statistics(&self) -> Statistics {
        let moments = (self.moments.count > 0).then_some(&self.moments);
        Statistics {
            valid: self.moments.count,
            min: moments.map(|moments| moments.min),
            max: moments.map(|moments| moments.max),
            mean: moments.map(|moments| moments.mean),
            std: moments.map(Moments::std),
            p2: self.percentile(2.0),
            p50: self.percentile(50.0),
            p98: self.percentile(98.0),
        }
    }

    /// Returns the value below which `percent` of the values lie, interpolated as NumPy does; `None`
    /// if no value is valid, or `percent` is not from 0 to 100.
    ///
    /// Exact where all values are counted exactly; otherwise the error is at most 0.2 %.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let last = self.moments.count.checked_sub(1)?;
        let rank = (0.0..=100.0).contains(&percent).then(|| percent / 100.0 * last as f64)?;
        let (below, share) = (rank.floor() as u64, rank.fract());
        let low = self.ranked(below);
        let high = self.ranked((below + 1).min(last));
        Some(low + (high - low) * share)
    }

    /// Returns the value with a rank from 0, which must be less than the number of values.
    fn ranked(&self, rank: u64) -> f64 {
        match &self.values {
            Values::Integers(counts) => f64::from(LOWEST) + position(counts, rank).0 as f64,
            Values::All(values) => values[rank as usize],
            Values::Intervals(counts) => {
                let (index, share) = position(counts, rank);
                let (from, to) = ends(index);
                let value = from + (to - from) * share;
                value.clamp(self.moments.min, self.moments.max)
            }
        }
    }

    /// Returns the numbers of values in `bins` intervals from the lowest to the highest value;
    /// `None` if no value is valid, or an end is not finite.
    pub fn histogram(&self, bins: usize) -> Option<Histogram> {
        let Moments { count, min, max, .. } = self.moments;
        self.histogram_between(min, max, bins).filter(|_| count > 0)
    }

    /// Returns the numbers of values in `bins` intervals from `min` to `max`; values outside are
    /// left out. `None` if an end is not finite, or `min` is more than `max`.
    pub fn histogram_between(&self, min: f64, max: f64, bins: usize) -> Option<Histogram> {
        if !(min <= max && (max - min).is_finite()) || bins == 0 {
            return None;
        }
        let mut counts = vec![0; bins];
        let mut add = |value: f64, count: u64| {
            if (min..=max).contains(&value) {
                let share = if max > min { (value - min) / (max - min) } else { 0.0 };
                counts[((share * bins as f64) as usize).min(bins - 1)] += count;
            }
        };
        let counted = |counts: &[u64]| -> Vec<(usize, u64)> {
            counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect()
        };
        match &self.values {
            Values::Integers(found) => {
                counted(found)
                    .into_iter()
                    .for_each(|(index, count)| add(f64::from(LOWEST) + index as f64, count));
            }
            Values::All(values) => values.iter().for_each(|value| add(*value, 1)),
            Values::Intervals(found) => counted(found).into_iter().for_each(|(index, count)| {
                let (from, to) = ends(index);
                add(((from + to) / 2.0).clamp(self.moments.min, self.moments.max), count);
            }),
        }
        Some(Histogram { min, max, counts })
    }
}

fn add(counts: &mut [u64], others: &[u64]) {
    counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
}

fn intervals(values: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; 1 << INTERVAL_BITS];
    values.iter().for_each(|value| counts[interval(*value)] += 1);
    counts
}

/// Returns the index of the interval of a value. The bits of floats sort as integers do if those of
/// negative ones are inverted.
fn interval(value: f64) -> usize {
    let bits = (value as f32).to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    (ordered >> (32 - INTERVAL_BITS)) as usize
}

/// Returns the ends of an interval.
fn ends(index: usize) -> (f64, f64) {
    let value = |ordered: u32| {
        let bits = if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered };
        f64::from(f32::from_bits(bits))
    };
    let from = (index as u32) << (32 - INTERVAL_BITS);
    (value(from), value(from | ((1 << (32 - INTERVAL_BITS)) - 1)))
}

/// Returns the index of the count that includes a rank, and the share of the count below it.
fn position(counts: &[u64], rank: u64) -> (usize, f64) {
    let mut before = 0;
    for (index, count) in counts.iter().enumerate() {
        if before + count > rank {
            return (index, (rank - before) as f64 / *count as f64);
        }
        before += count;
    }
    (counts.len().saturating_sub(1), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(data_type: DataType, parts: &[&[f64]]) -> Distribution {
        let moments = parts.iter().map(|part| Moments::of(part)).fold(Moments::default(), Moments::merged);
        let mut whole = Distribution::new(data_type);
        for part in parts {
            let mut other = Distribution::new(data_type);
            other.count(part);
            whole.merge(other);
        }
        whole.completed(moments)
    }

    #[test]
    fn percentiles_match_those_of_numpy() {
        for data_type in [DataType::I16, DataType::F64] {
            let found = distribution(data_type, &[&[7.0, -3.0, f64::NAN], &[1.0, 10.0], &[]]).statistics();
            let expected = [-2.76, 4.0, 9.82].map(Some);
            let found = [found.p2, found.p50, found.p98];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found.unwrap() - expected.unwrap()).abs() < 1e-12, "{data_type} {found:?}");
            }
        }
        let none = distribution(DataType::F32, &[&[f64::NAN]]);
        assert_eq!((none.statistics().valid, none.statistics().p50, none.histogram(4)), (0, None, None));
    }

    #[test]
    fn many_values_are_counted_within_two_thousandths() {
        let values: Vec<_> =
            (0..MOST_VALUES as i32 + 1).map(|number| f64::from(number - 1_000_000) / 7.0).collect();
        let found = distribution(DataType::F32, &[&values[..3_000_000], &values[3_000_000..]]);
        assert!(matches!(found.values, Values::Intervals(_)));
        for percent in [0.0, 2.0, 30.0, 50.0, 98.0, 100.0] {
            let expected = values[0] + (values[values.len() - 1] - values[0]) * percent / 100.0;
            let percentile = found.percentile(percent).unwrap();
            assert!(
                (percentile - expected).abs() <= expected.abs() * 0.002,
                "{percent}: {percentile} {expected}"
            );
        }
        let histogram = found.histogram(4).unwrap();
        assert_eq!(histogram.counts.iter().sum::<u64>(), values.len() as u64);
        assert!(histogram.counts.iter().all(|count| (990_000..1_010_000).contains(count)), "{histogram:?}");
    }

    #[test]
    fn the_last_interval_includes_the_highest_value() {
        let found = distribution(DataType::U8, &[&[0.0, 1.0, 2.0, 3.0, 4.0]]);
        assert_eq!(found.histogram(2).unwrap().counts, [2, 3]);
        assert_eq!(found.histogram_between(1.0, 2.0, 1).unwrap().counts, [2]);
        assert_eq!(distribution(DataType::U8, &[&[5.0]]).histogram(3).unwrap().counts, [1, 0, 0]);
        assert_eq!(found.histogram_between(2.0, 1.0, 1), None);
    }
}
