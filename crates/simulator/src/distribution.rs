use std::time::Duration;

use super::seeded_rng::SeededRng;

/// Distribution of a duration per job, in the platform's time. The value for a job is determined by
/// the seed and its inputs, so the same job takes the same time in every run.
///
/// ```
/// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
/// use std::time::Duration;
/// use up42::simulator::{Clock, Distribution, Simulator};
///
/// // Most jobs take about a minute, and a few take hours.
/// let heavy = Distribution::Pareto { least: Duration::from_secs(60), alpha: 1.5 };
/// let simulator = Simulator::builder()
///     .run_times(heavy)
///     .queue_times(Distribution::Constant(Duration::from_secs(5)))
///     .clock(Clock::speed(600.0))
///     .start()?;
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Distribution {
    /// The same duration for all jobs.
    Constant(Duration),
    /// All durations between two bounds with equal probability.
    Uniform {
        /// Smallest duration.
        least: Duration,
        /// Largest duration.
        most: Duration,
    },
    /// Log-normal distribution.
    LogNormal {
        /// Median.
        median: Duration,
        /// Standard deviation of the natural logarithm: at 1, one in 44 durations is longer than
        /// seven times the median.
        sigma: f64,
    },
    /// Pareto distribution, which is heavy-tailed: a few durations are nearly all of the total.
    Pareto {
        /// Smallest duration.
        least: Duration,
        /// Exponent of the tail: the share (least / t) ^ alpha of the durations is longer than t.
        /// Below 2 the variance is infinite, at 1 and below the mean as well.
        alpha: f64,
    },
}

/// Smallest and largest value in seconds; the latter is a year.
const LEAST: f64 = 0.001;
const MOST: f64 = 365.0 * 86_400.0;

impl Distribution {
    /// Returns the next value in seconds. With a parameter that is not valid it is the smallest.
    pub(super) fn draw(self, rng: &mut SeededRng) -> f64 {
        let seconds = match self {
            Self::Constant(time) => time.as_secs_f64(),
            Self::Uniform { least, most } => rng.between(least.as_secs_f64(), most.as_secs_f64()),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * rng.normal()).exp(),
            Self::Pareto { least, alpha } => least.as_secs_f64() * (1.0 - rng.unit()).powf(-1.0 / alpha),
        };
        if seconds.is_nan() { LEAST } else { seconds.clamp(LEAST, MOST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Returns the first percentile, the median and the last percentile of 20,000 values.
    fn drawn(durations: Distribution) -> [f64; 3] {
        let mut rng = SeededRng::of(&[3]);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| durations.draw(&mut rng)).collect();
        drawn.sort_by(f64::total_cmp);
        [200, 10_000, 19_800].map(|place| drawn[place])
    }

    #[test]
    fn draws_have_the_expected_quantiles() {
        let near = |drawn: [f64; 3], expected: [f64; 3]| {
            for (drawn, expected) in drawn.into_iter().zip(expected) {
                assert!((drawn / expected - 1.0).abs() < 0.08, "{drawn} for {expected}");
            }
        };
        near(drawn(Distribution::Constant(MINUTE)), [60.0; 3]);
        near(drawn(Distribution::Uniform { least: MINUTE, most: 3 * MINUTE }), [61.2, 120.0, 178.8]);
        // Normal quantiles: exp(±2.326).
        near(drawn(Distribution::LogNormal { median: MINUTE, sigma: 1.0 }), [5.86, 60.0, 614.0]);
        // (1 - p) ^ (-1 / 1.5)
        near(drawn(Distribution::Pareto { least: MINUTE, alpha: 1.5 }), [60.4, 95.2, 1292.7]);
    }

    #[test]
    fn invalid_parameters_draw_without_a_panic() {
        for sigma in [f64::NAN, f64::INFINITY, -1.0] {
            drawn(Distribution::LogNormal { median: MINUTE, sigma });
            drawn(Distribution::Pareto { least: MINUTE, alpha: sigma });
        }
        drawn(Distribution::Pareto { least: Duration::MAX, alpha: 0.0 });
        drawn(Distribution::Uniform { least: MINUTE, most: Duration::ZERO });
    }
}
