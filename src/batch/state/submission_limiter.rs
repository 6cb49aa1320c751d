use std::time::Duration;

use up42_core::error::Error;

/// First and longest pause in sending, when the project is full or cannot be reached. An hour
/// without a network is a few hundred events in the journal.
const PAUSE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// Limiter of the number of jobs that may be sent.
#[derive(Clone, Debug)]
pub(super) struct SubmissionLimiter {
    limit: usize,
    /// Time before which nothing is sent.
    paused_until: Duration,
    /// Number of requests in a row that created no job, for reasons other than the item. One item
    /// at a time is then sent, until a job is created.
    refusals: u32,
    /// Missing credits, if a request was refused for them.
    short: Option<Shortage>,
    /// Reason why nothing more is sent.
    stop: Option<Error>,
}

#[derive(Clone, Debug)]
struct Shortage {
    error: Error,
    /// Whether a job has ended since, which may have cost less than was held for it.
    may_try: bool,
}

impl SubmissionLimiter {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), paused_until: Duration::ZERO, refusals: 0, short: None, stop: None }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Returns how many jobs may be sent now, if `occupied` slots are taken.
    pub(super) fn free(&self, occupied: usize, now: Duration) -> usize {
        if self.stop.is_some() || now < self.paused_until {
            return 0;
        }
        let free = self.limit.saturating_sub(occupied);
        match &self.short {
            Some(short) => free.min(usize::from(short.may_try)),
            None if self.refusals > 0 => free.min(1),
            None => free,
        }
    }

    /// Returns whether a slot is free, if `occupied` slots are taken.
    pub(super) fn has_slot(&self, occupied: usize) -> bool {
        occupied < self.limit
    }

    /// Returns how long sending pauses.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        self.paused_until.saturating_sub(now)
    }

    /// Returns whether nothing will be sent any more, if `occupied` slots are taken.
    pub(super) fn is_closed(&self, occupied: usize) -> bool {
        self.stop.is_some() || (occupied == 0 && self.short.as_ref().is_some_and(|short| !short.may_try))
    }

    /// Records that a request created no job, for a reason other than the item.
    pub(super) fn refuse(&mut self, at: Duration) {
        // Requests that were sent together count as one refusal.
        if self.refusals == 0 || at >= self.paused_until {
            self.refusals = self.refusals.saturating_add(1);
        }
        let pause = (PAUSE[0] * (1 << (self.refusals - 1).min(4))).min(PAUSE[1]);
        self.paused_until = self.paused_until.max(at + pause);
    }

    /// Records that a job was created.
    pub(super) fn record_created(&mut self) {
        self.refusals = 0;
    }

    /// Records that a slot was released, and with it the credits that were held for its job.
    pub(super) fn release_slot(&mut self) {
        if let Some(short) = &mut self.short {
            short.may_try = true;
        }
    }

    /// Records that a request was refused for missing credits.
    pub(super) fn record_shortage(&mut self, error: Error) {
        self.short = Some(Shortage { error, may_try: false });
    }

    pub(super) fn shortage(&self) -> Option<&Error> {
        self.short.as_ref().map(|short| &short.error)
    }

    pub(super) fn close(&mut self, error: Error) {
        self.stop = Some(error);
    }

    pub(super) fn stop(&self) -> Option<&Error> {
        self.stop.as_ref()
    }

    /// Shortens a pause that was set by a clock that was ahead.
    pub(super) fn restart_timers(&mut self, now: Duration) {
        self.paused_until = self.paused_until.min(now + PAUSE[0]);
    }
}
