use std::time::Duration;

use up42_core::error::Error;

/// How long submissions rest when the project is full or cannot be reached: first, and at
/// most. An hour without the network is a few hundred lines in the journal.
const REST: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// How many more jobs may be sent.
#[derive(Clone, Debug)]
pub(super) struct SubmissionLimiter {
    limit: usize,
    /// Nothing is sent before this time.
    rest_until: Duration,
    /// How many times in a row nothing was let in, for no fault of the items. Then one is
    /// tried, and no more until it is let in.
    refusals: u32,
    /// The credits did not suffice.
    short: Option<Short>,
    /// Why nothing more is sent.
    stop: Option<Error>,
}

#[derive(Clone, Debug)]
struct Short {
    error: Error,
    /// A job has ended since, which may have cost less than was set aside for it.
    may_try: bool,
}

impl SubmissionLimiter {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), rest_until: Duration::ZERO, refusals: 0, short: None, stop: None }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// How many more may be sent now, when so many hold slots.
    pub(super) fn free(&self, occupied: usize, now: Duration) -> usize {
        if self.stop.is_some() || now < self.rest_until {
            return 0;
        }
        let free = self.limit.saturating_sub(occupied);
        match &self.short {
            Some(short) => free.min(usize::from(short.may_try)),
            None if self.refusals > 0 => free.min(1),
            None => free,
        }
    }

    /// Whether one more may be unfinished, when so many are.
    pub(super) fn has_slot(&self, occupied: usize) -> bool {
        occupied < self.limit
    }

    /// How long nothing is sent.
    pub(super) fn rest(&self, now: Duration) -> Duration {
        self.rest_until.saturating_sub(now)
    }

    /// Whether nothing will be sent any more, when so many hold slots.
    pub(super) fn is_closed(&self, occupied: usize) -> bool {
        self.stop.is_some() || (occupied == 0 && self.short.as_ref().is_some_and(|short| !short.may_try))
    }

    /// Nothing was created, for no fault of the item.
    pub(super) fn refuse(&mut self, at: Duration) {
        // Those that were on their way together are refused once.
        if self.refusals == 0 || at >= self.rest_until {
            self.refusals = self.refusals.saturating_add(1);
        }
        let rest = (REST[0] * (1 << (self.refusals - 1).min(4))).min(REST[1]);
        self.rest_until = self.rest_until.max(at + rest);
    }

    /// A job was created.
    pub(super) fn let_in(&mut self) {
        self.refusals = 0;
    }

    /// A slot came free, and with it what was set aside for its job.
    pub(super) fn free_one(&mut self) {
        if let Some(short) = &mut self.short {
            short.may_try = true;
        }
    }

    /// The platform wants more credits than there are.
    pub(super) fn run_short(&mut self, error: Error) {
        self.short = Some(Short { error, may_try: false });
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

    /// What a clock that was ahead left in the future is no later than now.
    pub(super) fn catch_up(&mut self, now: Duration) {
        self.rest_until = self.rest_until.min(now + REST[0]);
    }
}
