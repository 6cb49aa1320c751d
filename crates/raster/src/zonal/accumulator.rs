//! Weighted statistics that are merged from parts.

use super::statistic::Statistic;

/// Statistics of the values of one expression in a part of a polygon.
#[derive(Clone, Debug)]
pub(super) struct Accumulator {
    /// Sum of the shares.
    count: f64,
    sum: f64,
    /// Sum of the squared deviations from the mean, times the shares.
    squares: f64,
    min: f64,
    max: f64,
    /// Distinct values with their shares, ascending; empty if they are not needed.
    values: Vec<(f64, f64)>,
}

impl Default for Accumulator {
    fn default() -> Self {
        Self {
            count: 0.0,
            sum: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            values: Vec::new(),
        }
    }
}

impl Accumulator {
    /// Accumulates the values that are not NaN, in two passes: a sum of squares alone would lose
    /// digits.
    pub fn of(values: &[f64], shares: &[f64], needs_values: bool) -> Self {
        let mut found = Self::default();
        let pairs =
            || values.iter().copied().zip(shares.iter().copied()).filter(|(value, _)| !value.is_nan());
        for (value, share) in pairs() {
            found.count += share;
            found.sum += share * value;
            found.min = found.min.min(value);
            found.max = found.max.max(value);
        }
        let mean = found.sum / found.count;
        found.squares = pairs().map(|(value, share)| share * (value - mean) * (value - mean)).sum();
        if needs_values {
            found.values = distinct(pairs().collect());
        }
        found
    }

    /// Merges the parts of a polygon. The sums depend on the order of the parts.
    pub fn merged(parts: Vec<Self>) -> Self {
        let mut merged = Self::default();
        let mut values = Vec::new();
        for mut part in parts {
            merged.add(&part);
            values.append(&mut part.values);
        }
        merged.values = distinct(values);
        merged
    }

    /// Adds the moments of another part (Chan, Golub, LeVeque 1979).
    fn add(&mut self, part: &Self) {
        if self.count > 0.0 && part.count > 0.0 {
            let apart = part.sum / part.count - self.sum / self.count;
            self.squares += apart * apart * self.count * part.count / (self.count + part.count);
        }
        self.squares += part.squares;
        self.count += part.count;
        self.sum += part.sum;
        self.min = self.min.min(part.min);
        self.max = self.max.max(part.max);
    }

    /// Returns the number of distinct values that are stored.
    pub fn stored(&self) -> usize {
        self.values.len()
    }

    /// Returns a statistic; `None` if no value is defined. `area` is that of the polygon in pixels.
    pub fn get(&self, statistic: Statistic, area: f64) -> Option<f64> {
        let defined = |value: f64| (self.count > 0.0).then_some(value);
        match statistic {
            Statistic::Count => Some(self.count),
            Statistic::Valid => Some((self.count / area).min(1.0)),
            Statistic::Variety => Some(self.values.len() as f64),
            Statistic::Mean => defined(self.sum / self.count),
            Statistic::Sum => defined(self.sum),
            Statistic::Std => defined((self.squares / self.count).sqrt()),
            Statistic::Min => defined(self.min),
            Statistic::Max => defined(self.max),
            Statistic::Median => quantile(&self.values, 0.5),
            Statistic::Percentile(percent) => quantile(&self.values, f64::from(percent) / 100.0),
            Statistic::Majority => {
                self.values.iter().max_by(|one, other| one.1.total_cmp(&other.1)).map(|most| most.0)
            }
            Statistic::Minority => {
                self.values.iter().min_by(|one, other| one.1.total_cmp(&other.1)).map(|least| least.0)
            }
        }
    }
}

/// Sorts values and sums the shares of equal ones, in their order.
fn distinct(mut values: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    values.dedup_by(|next, first| {
        let is_equal = next.0 == first.0;
        if is_equal {
            first.1 += next.1;
        }
        is_equal
    });
    values
}

/// Returns a quantile (0 to 1) of distinct values with weights, ascending.
///
/// With `n` values, the value `k` (from 0) is at the position `k * w[k] + (n - 1) * (w[0] + … +
/// w[k - 1])` of `(n - 1) * (w[0] + … + w[n - 1])`, and values between are interpolated. With equal
/// weights this is the usual interpolated quantile.
fn quantile(values: &[(f64, f64)], share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)? as f64;
    let wanted = share * last * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let (mut below, mut before) = (0.0, None);
    for (index, (value, weight)) in values.iter().enumerate() {
        let position = index as f64 * weight + last * below;
        if let Some((lower, start)) = before.replace((*value, position))
            && position > wanted
        {
            return Some(lower + (wanted - start) * (value - lower) / (position - start));
        }
        below += weight;
    }
    values.last().map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(parts: &[&[(f64, f64)]], statistics: &[Statistic]) -> Vec<Option<f64>> {
        let part = |part: &&[(f64, f64)]| {
            let (values, shares): (Vec<f64>, Vec<f64>) = part.iter().copied().unzip();
            Accumulator::of(&values, &shares, true)
        };
        let merged = Accumulator::merged(parts.iter().map(part).collect());
        statistics.iter().map(|statistic| merged.get(*statistic, 4.0)).collect()
    }

    #[test]
    fn statistics_of_parts_are_those_of_all_values() {
        use Statistic::{Count, Majority, Max, Mean, Min, Minority, Std, Sum, Valid, Variety};
        let parts: [&[_]; 3] = [&[(1.0, 0.5), (4.0, 1.0)], &[(f64::NAN, 1.0)], &[(4.0, 0.25), (-2.0, 0.25)]];
        let found =
            statistics(&parts, &[Count, Valid, Sum, Mean, Min, Max, Variety, Majority, Minority, Std]);
        let expected = [2.0, 0.5, 5.0, 2.5, -2.0, 4.0, 3.0, 4.0, -2.0];
        assert_eq!(found[..9], expected.map(Some));
        // Squared deviations: 0.5 * 1.5² + 1.25 * 1.5² + 0.25 * 4.5² = 9.
        assert!((found[9].unwrap() - 4.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn without_values_only_counts_are_defined() {
        use Statistic::{Count, Majority, Mean, Median, Min, Std, Valid, Variety};
        let found =
            statistics(&[&[(f64::NAN, 1.0)]], &[Count, Valid, Variety, Mean, Min, Std, Median, Majority]);
        assert_eq!(found[..3], [Some(0.0); 3]);
        assert_eq!(found[3..], [None; 5]);
    }

    #[test]
    fn quantiles_are_interpolated_by_weight() {
        let at = |values: &[(f64, f64)], share| quantile(values, share).unwrap();
        let equal: Vec<_> = [1.0, 2.0, 4.0, 8.0].map(|value| (value, 0.5)).to_vec();
        assert_eq!([0.0, 0.5, 1.0].map(|share| at(&equal, share)), [1.0, 3.0, 8.0]);
        assert_eq!(at(&[(3.0, 0.1)], 0.5), 3.0);
        // Positions 0, 1 * 3 + 2 * 1 = 5 and 2 * 1 + 2 * 4 = 10 of 10.
        assert_eq!(at(&[(0.0, 1.0), (10.0, 3.0), (20.0, 1.0)], 0.5), 10.0);
        assert_eq!(at(&[(0.0, 1.0), (10.0, 3.0), (20.0, 1.0)], 0.6), 12.0);
    }

    #[test]
    fn ties_are_decided_by_the_value() {
        let found = statistics(
            &[&[(5.0, 0.5), (7.0, 0.5), (6.0, 0.25), (2.0, 0.25)]],
            &[Statistic::Majority, Statistic::Minority],
        );
        assert_eq!(found, [Some(7.0), Some(2.0)]);
    }
}
