//! Time as the platform sees it: real, faster than real, or standing still.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The time on the platform's wall.
///
/// Jobs live by it: a job that takes the platform a minute and a half is done
/// after 1.5 s at the default speed of 60, and not before
/// [`advance`](Self::advance) says so on a [manual](Self::manual) clock.
/// Clones show the same time.
///
/// Tokens and signed URLs are the exception. A client measures their life with
/// its own watch, so they age by real time (on a manual clock: not at all) plus
/// whatever was advanced.
///
/// ```
/// use std::time::Duration;
/// use up42::simulator::Clock;
///
/// let clock = Clock::manual();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().duration_since(before).as_secs(), 90);
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    start: Timestamp,
    began: Instant,
    factor: f64,
    advanced: Mutex<Duration>,
}

/// Where every manual clock starts, so that two runs show the same times.
const MANUAL_START: &str = "2026-01-01T00:00:00Z";

impl Clock {
    /// Starts now and runs `factor` times as fast as real time.
    ///
    /// A factor that is not a positive number makes the clock stand still.
    pub fn speed(factor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 0.0 };
        Self::starting(Timestamp::now(), factor)
    }

    /// Stands still at the first second of 2026 until it is advanced.
    pub fn manual() -> Self {
        Self::starting(MANUAL_START.parse().unwrap_or(Timestamp::UNIX_EPOCH), 0.0)
    }

    fn starting(start: Timestamp, factor: f64) -> Self {
        Self(Arc::new(Inner { start, began: Instant::now(), factor, advanced: Mutex::default() }))
    }

    /// Moves the time forward, whatever the speed.
    pub fn advance(&self, by: Duration) {
        let mut advanced = self.0.advanced.lock().unwrap_or_else(|broken| broken.into_inner());
        *advanced = advanced.saturating_add(by);
    }

    /// The platform's time.
    pub fn now(&self) -> Timestamp {
        let run = self.0.began.elapsed().as_secs_f64() * self.0.factor;
        self.after(Duration::try_from_secs_f64(run).unwrap_or(Duration::MAX))
    }

    /// The time by which tokens and signed URLs age.
    pub(super) fn steady(&self) -> Timestamp {
        self.after(if self.0.factor > 0.0 { self.0.began.elapsed() } else { Duration::ZERO })
    }

    fn after(&self, run: Duration) -> Timestamp {
        let advanced = *self.0.advanced.lock().unwrap_or_else(|broken| broken.into_inner());
        self.0.start.checked_add(run.saturating_add(advanced)).unwrap_or(Timestamp::MAX)
    }
}

impl Default for Clock {
    /// Sixty times as fast as real time.
    fn default() -> Self {
        Self::speed(60.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("factor", &self.0.factor).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_advanced() {
        let clock = Clock::manual();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.clone().advance(Duration::from_secs(3));
        assert_eq!(clock.now().duration_since(start).as_secs(), 3);
        assert_eq!(clock.steady(), clock.now());
    }

    #[test]
    fn a_senseless_speed_stands_still() {
        let clock = Clock::speed(f64::NAN);
        assert_eq!(clock.now(), clock.now());
    }
}
