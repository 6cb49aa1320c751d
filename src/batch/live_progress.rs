use std::time::{Duration, Instant};

use super::report::JobCollection;
use super::state::State;
use up42_view::{Live, display_live};

/// How often it moves at most, and the part of the time that drawing may take: of many
/// jobs it moves less often.
const BEAT: Duration = Duration::from_secs(1);
const PART: u32 = 20;

/// A batch on its way, where displays can move: its bar, its credits, and the jobs that
/// somebody who watches looks for.
pub(super) struct LiveProgress<'a> {
    jobs: &'a dyn Fn(&State) -> JobCollection,
    live: Option<Live>,
    next: Instant,
}

impl<'a> LiveProgress<'a> {
    /// `jobs` tells how they stand; `None` where displays cannot move.
    pub(super) fn new(jobs: &'a dyn Fn(&State) -> JobCollection) -> Option<Self> {
        Live::is_possible().then(|| Self { jobs, live: None, next: Instant::now() })
    }

    /// Shows how the batch stands, and why nothing moves. The last state is always shown.
    pub(super) fn show(&mut self, state: &State, why: Option<String>, is_last: bool) {
        let begun = Instant::now();
        if begun < self.next && !is_last {
            return;
        }
        let bundle = (self.jobs)(state).live_bundle(why, is_last);
        match &self.live {
            Some(live) => live.update(&bundle),
            None => self.live = Some(display_live(&bundle)),
        }
        self.next = Instant::now() + BEAT.max(begun.elapsed() * PART);
    }
}
