//! Estimate of the time left, from the work done so far.

use std::time::Duration;

/// Seconds per unit of work: a job, a second of an estimate, or a byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitTime(f64);

impl UnitTime {
    /// Returns the mean of the work done; `None` if none is done. For parallel work, `took` is the
    /// sum of its times.
    pub fn measured(units: f64, took: Duration) -> Option<Self> {
        (units > 0.0).then(|| Self(took.as_secs_f64() / units))
    }

    /// Returns the units left of a part after it has run for `age`; never negative.
    pub fn rest(self, units: f64, age: Duration) -> f64 {
        (units - age.as_secs_f64() / self.0).max(0.0)
    }

    /// Returns the time until these parts are done, `slots` of them in parallel: their sum over the
    /// slots, but no less than the largest part takes. `None` if there are no parts, or if the time
    /// exceeds the largest `Duration`.
    pub fn left(self, parts: impl IntoIterator<Item = f64>, slots: usize) -> Option<Duration> {
        let (mut count, mut sum, mut largest) = (0, 0.0, 0.0_f64);
        for units in parts {
            (count, sum, largest) = (count + 1, sum + units, largest.max(units));
        }
        let units = largest.max(sum / slots.max(1) as f64);
        Duration::try_from_secs_f64(units * self.0).ok().filter(|_| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn without_measurements_there_is_no_estimate() {
        assert_eq!(UnitTime::measured(0.0, at(60)), None);
        let job = UnitTime::measured(3.0, at(300)).unwrap();
        assert_eq!(job.left([], 2), None, "nothing is left");
        assert_eq!(job.left([0.0], 2), Some(at(0)), "it should have ended by now");
        assert_eq!(job.left([f64::MAX, f64::MAX], 1), None, "beyond all times");
    }

    #[test]
    fn parts_share_the_slots_and_the_largest_ends_last() {
        let job = UnitTime::measured(3.0, at(300)).unwrap();
        assert_eq!(job.left([1.0; 6], 2), Some(at(300)));
        assert_eq!(job.left([1.0; 6], 0), Some(at(600)), "one at a time at least");
        assert_eq!(job.left([4.0, 1.0, 1.0], 3), Some(at(400)));
        let bytes = UnitTime::measured(2e9, at(100)).unwrap();
        assert_eq!(bytes.left([3e9], 1), Some(at(150)));
    }

    #[test]
    fn running_parts_count_their_age() {
        let job = UnitTime::measured(1.0, at(100)).unwrap();
        let rests = [at(25), at(100), at(900)].map(|age| job.rest(1.0, age));
        assert_eq!(rests, [0.75, 0.0, 0.0]);
        let instant = UnitTime::measured(1.0, at(0)).unwrap();
        assert_eq!([at(0), at(9)].map(|age| instant.rest(1.0, age)), [0.0, 0.0]);
    }
}
