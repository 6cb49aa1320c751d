use std::time::Duration;

use super::{CONCURRENT_REQUESTS, Goal, Run, RunResult};
use crate::batch::poll_timing::PollTiming;
use crate::batch::progress::{Progress, why};
use crate::batch::state::{Action, Event};
use up42_core::error::{Error, ErrorKind, Result};

impl Run<'_> {
    /// Carries out the state's actions until nothing is left to do, or until the deadline.
    pub(in crate::batch) fn run_to_end(mut self) -> Result<RunResult> {
        let ended = Error::new(ErrorKind::Network, "the program ended before the answer came");
        let start = self.clock.now();
        let lost = |item| Event::Lost { item, at: start, error: ended.clone() };
        self.record(self.state.interrupted().map(lost).collect())?;
        self.state.restart_timers(start);
        let is_silent = self.policy.is_quiet || self.policy.in_background || self.live_progress.is_some();
        let mut progress = Progress::new(is_silent);
        let mut timing = PollTiming::default();
        loop {
            // Before anything is paid.
            if self.journal.take_cancel_request()? {
                self.cancel()?;
            }
            let left = self.left();
            let mut actions = self.state.next(self.clock.now());
            if left == Some(Duration::ZERO) {
                actions.retain(|action| action.submission().is_none());
            }
            if actions.iter().any(|action| action.submission().is_some()) && !self.may_send()? {
                actions.retain(|action| action.submission().is_none());
            }
            // Few at a time, so that a cancel request is noticed between them.
            let concurrency = if self.goal == Goal::Submitted { 1 } else { CONCURRENT_REQUESTS };
            let submissions = actions.iter().filter_map(Action::submission);
            // The search may have found the job of an item.
            let submissions = submissions.filter(|item| self.state.phase(*item).is_waiting());
            let submissions: Vec<usize> = submissions.take(concurrency).collect();
            self.submit(&submissions)?;
            // A step either submits or polls: jobs that were submitted just now have not ended.
            if submissions.is_empty() && actions.contains(&Action::Poll) {
                self.poll()?;
            }
            self.stop_cancelled()?;
            if self.goal == Goal::Ended {
                self.finalize()?;
            }
            let now = self.clock.now();
            timing.update(&self.state, now);
            let actions = self.state.next(now);
            let is_over = match self.goal {
                Goal::Ended => actions.contains(&Action::Finish) && !self.is_finalizing(),
                Goal::Submitted => actions.contains(&Action::Finish) || self.state.is_fully_submitted(now),
            };
            if is_over {
                self.stop_unsent()?;
            }
            let (elapsed, eta) = (now.saturating_sub(self.started), || timing.left(&self.state, now));
            progress.show(&self.state, self.last_error.as_ref(), eta, elapsed);
            let is_last = is_over || left == Some(Duration::ZERO);
            if let Some(live_progress) = &mut self.live_progress {
                let why = why(self.state.stop(), self.state.shortage(), self.last_error.as_ref());
                live_progress.show(&self.state, why, is_last);
            }
            if is_last {
                return Ok(RunResult { state: self.state, found: self.found });
            }
            // A slot that was just released is filled without a pause.
            if !actions.iter().any(|action| action.submission().is_some()) {
                let pause = timing.pause(now).max(self.state.pause(now));
                self.clock.wait(self.left().map_or(pause, |left| left.min(pause)));
            }
        }
    }
}
