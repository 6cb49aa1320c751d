use std::time::{Duration, Instant};

use super::report::JobCollection;
use super::state::State;
use up42_view::{Live, display_live};

/// Shortest pause between two updates, and smallest ratio of the pause to the time that drawing
/// takes: with many jobs, updates are less frequent.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const PART: u32 = 20;

/// Progress of a batch in a display that can be updated: its bar, its credits, and the jobs that
/// run or have problems.
pub(super) struct LiveProgress<'a> {
    jobs: &'a dyn Fn(&State) -> JobCollection,
    live: Option<Live>,
    next: Instant,
}

impl<'a> LiveProgress<'a> {
    /// Creates the display; `jobs` returns the jobs of a state. `None` if displays cannot be
    /// updated.
    pub(super) fn new(jobs: &'a dyn Fn(&State) -> JobCollection) -> Option<Self> {
        Live::is_possible().then(|| Self { jobs, live: None, next: Instant::now() })
    }

    /// Shows the state of the batch, and why nothing is sent. Skips an update that comes too soon,
    /// unless it is the last one.
    pub(super) fn show(&mut self, state: &State, why: Option<String>, is_last: bool) {
        let started = Instant::now();
        if started < self.next && !is_last {
            return;
        }
        let bundle = (self.jobs)(state).live_bundle(why, is_last);
        match &self.live {
            Some(live) => live.update(&bundle),
            None => self.live = Some(display_live(&bundle)),
        }
        self.next = Instant::now() + MIN_PAUSE.max(started.elapsed() * PART);
    }
}
