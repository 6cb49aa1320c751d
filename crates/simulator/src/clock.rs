//! Clock of the platform: in real time, accelerated, or manual.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Clock of the platform.
///
/// It determines the progress of jobs: a job that runs for a minute and a half ends after 1.5 s at
/// the default speed of 60, and only after [`advance`](Self::advance) on a [manual](Self::manual)
/// clock. Clones share the time.
///
/// Tokens and signed URLs are an exception. A client measures their lifetime by its own clock, so
/// they age by real time (on a manual clock not at all) plus all advances.
///
/// ```
/// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
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
    began: Instant,
    rate: Mutex<Rate>,
}

/// Start and speed of a clock.
#[derive(Clone, Copy, Debug)]
struct Rate {
    start: Timestamp,
    /// Real time between the clock's start and the start of this program.
    passed: Duration,
    factor: f64,
    advanced: Duration,
    /// Part of `advanced` that is known to other programs with the same clock.
    shared: Duration,
}

/// Clock that continues while no program uses it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SavedClock {
    pub start: Timestamp,
    /// Real time at the start.
    pub began: Timestamp,
    pub factor: f64,
}

/// Start of every manual clock, so that two runs have the same times.
const MANUAL_START: &str = "2026-01-01T00:00:00Z";

impl Clock {
    /// Creates a clock that starts now and runs `factor` times as fast as real time.
    ///
    /// With a factor that is not a positive number the clock stands still.
    pub fn speed(factor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 0.0 };
        Self::starting(Timestamp::now(), factor)
    }

    /// Creates a clock that stands still at the first second of 2026 until it is advanced.
    pub fn manual() -> Self {
        Self::starting(MANUAL_START.parse().unwrap_or(Timestamp::UNIX_EPOCH), 0.0)
    }

    fn starting(start: Timestamp, factor: f64) -> Self {
        let (passed, advanced, shared) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let rate = Rate { start, passed, factor, advanced, shared };
        Self(Arc::new(Inner { began: Instant::now(), rate: Mutex::new(rate) }))
    }

    /// Advances the time, at any speed of the clock.
    pub fn advance(&self, by: Duration) {
        let mut rate = self.rate();
        rate.advanced = rate.advanced.saturating_add(by);
    }

    /// Returns the time of the platform.
    pub fn now(&self) -> Timestamp {
        let rate = *self.rate();
        let run = self.run(&rate).as_secs_f64() * rate.factor;
        rate.after(Duration::try_from_secs_f64(run).unwrap_or(Duration::MAX))
    }

    /// Returns the time by which tokens and signed URLs age.
    pub(super) fn steady(&self) -> Timestamp {
        let rate = *self.rate();
        rate.after(if rate.factor > 0.0 { self.run(&rate) } else { Duration::ZERO })
    }

    /// Returns the state from which another program can continue the clock.
    pub(super) fn saved(&self) -> SavedClock {
        let rate = *self.rate();
        let began = Timestamp::now().checked_sub(self.run(&rate)).unwrap_or(Timestamp::MIN);
        SavedClock { start: rate.start, began, factor: rate.factor }
    }

    /// Continues a saved clock.
    pub(super) fn resume(&self, saved: &SavedClock) {
        let mut rate = self.rate();
        let passed = Timestamp::now().duration_since(saved.began);
        let passed = Duration::try_from(passed).unwrap_or_default().saturating_sub(self.0.began.elapsed());
        let advanced = Duration::ZERO;
        *rate = Rate { start: saved.start, passed, factor: saved.factor, advanced, shared: advanced };
    }

    /// Merges the advances of other programs with its own, and returns the total.
    pub(super) fn share(&self, advanced: Duration) -> Duration {
        let mut rate = self.rate();
        let own = rate.advanced.saturating_sub(rate.shared);
        rate.advanced = advanced.saturating_add(own);
        rate.shared = rate.advanced;
        rate.advanced
    }

    /// Returns the real time since the start.
    fn run(&self, rate: &Rate) -> Duration {
        rate.passed + self.0.began.elapsed()
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.0.rate.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Rate {
    fn after(&self, run: Duration) -> Timestamp {
        self.start.checked_add(run.saturating_add(self.advanced)).unwrap_or(Timestamp::MAX)
    }
}

impl Default for Clock {
    /// Creates a clock that runs 60 times as fast as real time.
    fn default() -> Self {
        Self::speed(60.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("factor", &self.rate().factor).finish()
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
    fn an_invalid_speed_stops_the_clock() {
        let clock = Clock::speed(f64::NAN);
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn a_resumed_clock_includes_the_time_since_it_was_saved() {
        let clock = Clock::speed(60.0);
        let saved = SavedClock { began: Timestamp::now() - Duration::from_secs(10), ..clock.saved() };
        let other = Clock::manual();
        other.resume(&saved);
        let ran = other.now().duration_since(saved.start).as_secs();
        assert!((600..6000).contains(&ran), "ten real seconds at sixty times the speed: {ran}");
        let manual = Clock::manual();
        manual.advance(Duration::from_secs(5));
        assert_eq!(manual.share(Duration::from_secs(7)).as_secs(), 12, "both advances count");
        assert_eq!(manual.share(Duration::from_secs(20)).as_secs(), 20, "and each of them once");
    }
}
