//! Time, as a batch goes by it.

use std::time::{Duration, Instant, SystemTime};

pub(super) trait Clock: Sync {
    /// Since the Unix epoch, and evenly: when the clock is set, this goes on.
    fn now(&self) -> Duration;

    fn wait(&self, pause: Duration);
}

/// The time of this machine.
pub(super) struct Machine {
    /// The time of the clock, and since then.
    start: (Duration, Instant),
}

impl Machine {
    pub(super) fn new() -> Self {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: (clock, Instant::now()) }
    }
}

impl Clock for Machine {
    fn now(&self) -> Duration {
        self.start.0 + self.start.1.elapsed()
    }

    fn wait(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}
