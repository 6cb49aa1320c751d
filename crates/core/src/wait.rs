//! Polling of a server.

use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;

/// Clock with a way to wait: the system's clock, or a test's.
pub trait Clock: Sync {
    /// Returns the time since the Unix epoch. It is monotonic: setting the system's clock does not
    /// change it.
    fn now(&self) -> Duration;

    /// Blocks for `pause`.
    fn wait(&self, pause: Duration);
}

/// Clock of the system.
#[derive(Debug)]
pub struct SystemClock {
    /// Time of the system's clock at the start, and the instant of it.
    start: (Duration, Instant),
}

impl Default for SystemClock {
    fn default() -> Self {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: (clock, Instant::now()) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.0 + self.start.1.elapsed()
    }

    fn wait(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// Calls `request` until `is_last` accepts the answer or `timeout` has passed, and returns the last
/// answer. The pauses grow from `first` by half each time, up to `longest`.
pub fn wait<T>(
    clock: &dyn Clock,
    timeout: Duration,
    [first, longest]: [Duration; 2],
    mut request: impl FnMut() -> Result<T>,
    is_last: impl Fn(&T) -> bool,
) -> Result<T> {
    let begun = clock.now();
    let mut pause = first;
    loop {
        let answer = request()?;
        let left = timeout.saturating_sub(clock.now().saturating_sub(begun));
        if left.is_zero() || is_last(&answer) {
            return Ok(answer);
        }
        clock.wait(pause.min(left));
        pause = (pause * 3 / 2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::error::{Error, ErrorKind};

    /// Clock that only `wait` moves.
    struct ManualClock(Mutex<Vec<Duration>>);

    impl Clock for ManualClock {
        fn now(&self) -> Duration {
            self.0.lock().unwrap().iter().sum()
        }

        fn wait(&self, pause: Duration) {
            self.0.lock().unwrap().push(pause);
        }
    }

    #[test]
    fn pauses_grow_and_the_last_answer_ends_the_wait() {
        let at = Duration::from_secs;
        let run = |timeout: u64, last: usize| {
            let (clock, mut calls) = (ManualClock(Mutex::default()), 0);
            let request = || {
                calls += 1;
                Ok(calls)
            };
            let answer =
                wait(&clock, at(timeout), [at(2), at(4)], request, |answer| *answer == last).unwrap();
            (answer, clock.0.into_inner().unwrap())
        };
        assert_eq!(run(60, 4), (4, vec![at(2), at(3), at(4)]));
        assert_eq!(run(6, 9), (4, vec![at(2), at(3), at(1)]), "the timeout");
        assert_eq!(run(0, 9), (1, vec![]), "it is asked once at least");
        let broken = || Err::<(), _>(Error::new(ErrorKind::Network, "gone"));
        assert!(wait(&ManualClock(Mutex::default()), at(9), [at(1), at(1)], broken, |()| true).is_err());
    }
}
