use std::time::Duration;

use super::seeded_rng::SeededRng;

/// How long something takes, job by job, in the platform's time. What is drawn for a job
/// follows from the seed and its inputs: the same job takes as long on every run.
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
    /// Always the same.
    Constant(Duration),
    /// Any time between two is as likely.
    Uniform {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// Half are shorter than the median; the logarithm is normal.
    LogNormal {
        /// The median.
        median: Duration,
        /// Standard deviation of the natural logarithm: at 1, one of 44 takes more than
        /// seven times the median.
        sigma: f64,
    },
    /// Heavy-tailed: a few take nearly all of the time.
    Pareto {
        /// The shortest.
        least: Duration,
        /// The tail's exponent: of all, (least / t) ^ alpha take longer than t. Below 2
        /// there is no variance, at 1 and below no mean.
        alpha: f64,
    },
}

/// Bounds of what is drawn, in seconds: from a moment to a year.
const LEAST: f64 = 0.001;
const MOST: f64 = 365.0 * 86_400.0;

impl Distribution {
    /// The next one, in seconds. A parameter that makes no sense gives the shortest.
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

    /// Of 20,000 draws the first percent, the half and the last percent.
    fn drawn(durations: Distribution) -> [f64; 3] {
        let mut rng = SeededRng::of(&[3]);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| durations.draw(&mut rng)).collect();
        drawn.sort_by(f64::total_cmp);
        [200, 10_000, 19_800].map(|place| drawn[place])
    }

    #[test]
    fn draws_are_distributed_as_they_say() {
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
    fn senseless_parameters_draw_something() {
        for sigma in [f64::NAN, f64::INFINITY, -1.0] {
            drawn(Distribution::LogNormal { median: MINUTE, sigma });
            drawn(Distribution::Pareto { least: MINUTE, alpha: sigma });
        }
        drawn(Distribution::Pareto { least: Duration::MAX, alpha: 0.0 });
        drawn(Distribution::Uniform { least: MINUTE, most: Duration::ZERO });
    }
}
