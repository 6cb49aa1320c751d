//! Start and end of jobs.

use std::time::Duration;

use jiff::Timestamp;

use super::estimate::{LONGEST_RUN, SHORTEST_RUN};
use super::platform::Platform;
use super::seeded_rng::SeededRng;

/// Run time of a test query relative to a job: it only searches scenes.
const DRY: f64 = 0.16;

/// Durations of a job, in seconds.
pub(super) struct Times {
    /// Time until it is queued.
    pub waits: f64,
    /// Time in the queue until it could run.
    pub queues: f64,
    pub runs: f64,
}

impl Times {
    pub(super) fn pending(&self, created: Timestamp) -> Timestamp {
        after(created, self.waits)
    }

    /// Returns the time at which it could run.
    pub(super) fn ready(&self, created: Timestamp) -> Timestamp {
        after(created, self.waits + self.queues)
    }

    pub(super) fn finish(&self, started: Timestamp) -> Timestamp {
        after(started, self.runs)
    }
}

fn after(time: Timestamp, seconds: f64) -> Timestamp {
    time.checked_add(Duration::from_secs_f64(seconds)).unwrap_or(Timestamp::MAX)
}

impl Platform {
    /// Returns the durations of a job, which are the same for the same random numbers.
    pub(super) fn times(&self, rng: &mut SeededRng, dry_run: bool) -> Times {
        let waits = rng.between(1.0, 3.0);
        let queues = match self.queue_times {
            Some(times) => times.draw(rng),
            None => rng.between(3.0, 12.0),
        };
        let runs = match self.run_times {
            Some(times) => times.draw(rng),
            None => (75.0 * (0.35 * rng.normal()).exp()).clamp(SHORTEST_RUN, LONGEST_RUN),
        };
        Times { waits, queues, runs: if dry_run { runs * DRY } else { runs } }
    }

    /// Returns the time from which the list contains a job that is created now.
    pub(super) fn listed_from(&self) -> Timestamp {
        let now = self.clock.steady();
        now.checked_add(self.list_lag).unwrap_or(now)
    }
}
