//! Number, range, mean and variance of values.

/// Moments of values, which can be merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moments {
    pub count: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// Sum of the squared deviations from the mean.
    squares: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, squares: 0.0 }
    }
}

impl Moments {
    /// Returns the moments of the values that are not NaN, in two passes: the sum of squares alone
    /// would lose digits.
    pub fn of(values: &[f64]) -> Self {
        let mut found = Self::default();
        let mut sum = 0.0;
        for value in values.iter().filter(|value| !value.is_nan()) {
            found.count += 1;
            sum += value;
            found.min = found.min.min(*value);
            found.max = found.max.max(*value);
        }
        if found.count > 0 {
            found.mean = sum / found.count as f64;
            let deviations = values.iter().map(|value| value - found.mean);
            found.squares = deviations.filter(|value| !value.is_nan()).map(|value| value * value).sum();
        }
        found
    }

    /// Returns the moments of both sets of values (Chan, Golub, LeVeque 1979).
    pub fn merged(self, other: Self) -> Self {
        if other.count == 0 {
            return self;
        }
        let count = self.count + other.count;
        let share = other.count as f64 / count as f64;
        let apart = other.mean - self.mean;
        Self {
            count,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            mean: self.mean + apart * share,
            squares: self.squares + other.squares + apart * apart * self.count as f64 * share,
        }
    }

    /// Returns the standard deviation of the population, as GDAL does.
    pub fn std(&self) -> f64 {
        (self.squares / self.count as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_moments_are_those_of_all_values() {
        let values: Vec<_> = (0..1000).map(|number| 1e9 + f64::from(number * 7919 % 1000)).collect();
        let whole = Moments::of(&values);
        let parts = values.chunks(77).map(Moments::of).fold(Moments::default(), Moments::merged);
        assert_eq!((whole.count, whole.min, whole.max), (parts.count, parts.min, parts.max));
        assert_eq!((whole.min, whole.max, whole.mean), (1e9, 1e9 + 999.0, 1e9 + 499.5));
        // Standard deviation of 0 to 999.
        for moments in [whole, parts] {
            assert!((moments.std() - (999_999.0_f64 / 12.0).sqrt()).abs() < 1e-7, "{}", moments.std());
        }
        assert_eq!(Moments::of(&[f64::NAN]), Moments::default());
    }
}
