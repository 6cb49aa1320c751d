//! Where each job of a batch stands: the sum of its events.
//!
//! Invariants:
//! - an item is sent again only when it is proven that the first request created
//!   nothing, or when the user asks for it;
//! - the jobs that are, or may be, unfinished on the platform never exceed the limit;
//! - an item whose answer was lost is looked for in the platform's list. It counts as
//!   absent when two whole lists, read long enough after the answer was given up, do not
//!   have it. When no whole list is to be had, it gives its slot back and waits for the
//!   user;
//! - time is a parameter.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::jobs::{Job, JobId, JobStatus};

/// How long submissions rest when the project is full or cannot be reached.
const REST: Duration = Duration::from_secs(5);
/// How many times as long as for a proof a lost item is looked for.
const PATIENCE: u32 = 5;
/// How often a job may be unknown to the platform until it counts as gone.
const MISSES: u32 = 6;
/// How many whole lists must not have a lost item: numbered pages skip a row when
/// another leaves the list between two of them.
const ABSENCES: u32 = 2;

/// What happened. Times are since the Unix epoch.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The item is about to be sent. Kept before the request.
    Intent { item: usize, at: Duration },
    /// The platform answered with a job.
    Submitted { item: usize, job: Job },
    /// Nothing was created, and later it may be: the project had no slot, or the
    /// request never left.
    Deferred { item: usize, at: Duration },
    /// The platform refused the item: nothing was created, and trying again is no use.
    Rejected { item: usize, error: Error },
    /// No answer, and none is waited for from this time on: the job may exist.
    Lost { item: usize, at: Duration, error: Error },
    /// The platform told of a job.
    Seen { item: usize, job: Job },
    /// The platform does not know a created job any more.
    Gone { item: usize },
    /// A lost item was never created: that is proven.
    Absent { item: usize },
    /// Whether a lost item was created cannot be told.
    Unproven { item: usize },
    /// What an ended job cost, and why it failed.
    Told { item: usize, credits: Option<i64>, reason: Option<String> },
    /// The user wants an item that failed to be sent anew.
    Retried { item: usize },
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Create the item's job.
    Submit(usize),
    /// Ask how the unfinished jobs stand, and look for the lost ones.
    Poll,
    /// There is nothing more to do.
    Finish,
}

/// Where one item stands.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Waiting,
    /// Between intent and answer.
    Sending {
        since: Duration,
    },
    /// Since the answer was given up: until then the request may have left.
    Lost {
        error: Error,
        since: Duration,
        /// How many whole lists did not have it.
        absences: u32,
    },
    /// The last word on a lost item: it may exist, and the user has to look.
    Unproven {
        error: Error,
    },
    Rejected {
        error: Error,
    },
    Created(Box<Created>),
}

#[derive(Clone, Debug)]
pub(super) struct Created {
    pub(super) job: Job,
    /// How often in a row the platform did not know it, and since when.
    missed: Option<(u32, Duration)>,
    /// It counts as ended: the platform will not know it again.
    is_gone: bool,
    /// What is known since its end.
    pub(super) end: Option<End>,
}

#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) credits: Option<i64>,
    pub(super) reason: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    phases: Vec<Phase>,
    /// How often each was sent anew because the user wanted it.
    retries: Vec<u32>,
    limit: usize,
    /// How long after its answer was given up an item that is in no list was never created.
    settle: Duration,
    /// No submission before this time.
    rest_until: Duration,
    /// Why nothing more is sent.
    stop: Option<Error>,
    /// In which order items are sent.
    order: Vec<usize>,
    /// Items that are neither sent nor waited for.
    left_out: Vec<bool>,
    /// The most that may be paid, and the most that each item costs.
    budget: Option<(i64, Vec<i64>)>,
    /// What was paid for jobs whose items were sent anew.
    paid_before: i64,
    /// How often each was sent anew although nobody knows what the job before cost.
    untold_before: Vec<u32>,
}

impl State {
    pub(super) fn new(items: usize, limit: usize, settle: Duration) -> Self {
        Self {
            phases: vec![Phase::Waiting; items],
            retries: vec![0; items],
            limit: limit.max(1),
            settle,
            rest_until: Duration::ZERO,
            stop: None,
            order: (0..items).collect(),
            left_out: vec![false; items],
            budget: None,
            paid_before: 0,
            untold_before: vec![0; items],
        }
    }

    /// Sends nothing that might go beyond a budget; `prices` are the items' highest.
    pub(super) fn set_budget(&mut self, credits: i64, prices: Vec<i64>) {
        self.budget = Some((credits, prices));
    }

    /// The most that everything may cost: what was paid, and what may still have to be.
    pub(super) fn most(&self) -> i64 {
        let waiting = (0..self.phases.len()).filter(|item| self.waits(*item)).map(|item| self.price(item));
        waiting.fold(self.committed(), i64::saturating_add)
    }

    /// What was paid, and what may have to be paid for what was sent.
    fn committed(&self) -> i64 {
        let sent = self.phases.iter().enumerate().map(|(item, phase)| {
            let before = self.price(item).saturating_mul(self.untold_before[item].into());
            let now = match phase.may_have_cost() {
                true => phase.credits().unwrap_or(self.price(item)),
                false => 0,
            };
            before.saturating_add(now)
        });
        sent.fold(self.paid_before, i64::saturating_add)
    }

    /// What was paid, as far as the platform told, also for jobs that were sent anew.
    pub(super) fn paid(&self) -> i64 {
        self.phases.iter().filter_map(Phase::credits).fold(self.paid_before, i64::saturating_add)
    }

    fn price(&self, item: usize) -> i64 {
        self.budget.as_ref().and_then(|(_, prices)| prices.get(item)).copied().unwrap_or(0)
    }

    fn waits(&self, item: usize) -> bool {
        self.phases[item].is_waiting() && !self.left_out[item]
    }

    /// How many may be unfinished at a time from now on; at least one.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Sends items in the order of their keys; those with equal ones as before.
    pub(super) fn set_order<K: Ord>(&mut self, key: impl Fn(usize) -> K) {
        self.order.sort_by_key(|item| key(*item));
    }

    /// Whether there is something to send.
    pub(super) fn has_waiting(&self) -> bool {
        (0..self.phases.len()).any(|item| self.waits(item))
    }

    /// The item is neither sent nor waited for any more.
    pub(super) fn leave_out(&mut self, item: usize) {
        self.left_out[item] = true;
    }

    pub(super) fn is_left_out(&self, item: usize) -> bool {
        self.left_out[item]
    }

    pub(super) fn phases(&self) -> &[Phase] {
        &self.phases
    }

    pub(super) fn phase(&self, item: usize) -> &Phase {
        &self.phases[item]
    }

    pub(super) fn retries(&self, item: usize) -> u32 {
        self.retries[item]
    }

    pub(super) fn stop(&self) -> Option<&Error> {
        self.stop.as_ref()
    }

    /// What refused one item will refuse all: none is sent any more.
    pub(super) fn stop_sending(&mut self, error: Error) {
        self.stop = Some(error);
    }

    /// What was being sent when the program ended: the answer is lost.
    pub(super) fn orphans(&self) -> impl Iterator<Item = usize> {
        let is_orphan = |(item, phase)| matches!(phase, &Phase::Sending { .. }).then_some(item);
        self.phases.iter().enumerate().filter_map(is_orphan)
    }

    /// What a clock that was ahead left in the future is no later than now.
    pub(super) fn catch_up(&mut self, now: Duration) {
        self.rest_until = self.rest_until.min(now + REST);
        for phase in &mut self.phases {
            if let Phase::Lost { since, .. } = phase {
                *since = now.min(*since);
            }
        }
    }

    /// What to do at this time.
    pub(super) fn next(&self, now: Duration) -> Vec<Action> {
        let occupied = self.phases.iter().filter(|phase| phase.is_occupying()).count();
        let may_send = self.stop.is_none() && now >= self.rest_until;
        let free = if may_send { self.limit.saturating_sub(occupied) } else { 0 };
        let budget = self.budget.as_ref().map_or(i64::MAX, |(budget, _)| *budget);
        let mut committed = self.committed();
        let is_affordable = |item: &usize| {
            committed = committed.saturating_add(self.price(*item));
            committed <= budget
        };
        let waiting: Vec<usize> = self.order.iter().copied().filter(|item| self.waits(*item)).collect();
        let affordable: Vec<usize> = waiting.iter().copied().take_while(is_affordable).collect();
        let mut actions: Vec<_> = affordable.iter().copied().take(free).map(Action::Submit).collect();
        let is_open = self.phases.iter().any(Phase::is_open);
        if is_open {
            actions.push(Action::Poll);
        }
        // What is under way may turn out to be cheaper, and leave enough for the next.
        let is_broke = affordable.is_empty() && !waiting.is_empty() && occupied == 0;
        let is_over = |item: usize| {
            let phase = &self.phases[item];
            phase.has_ended()
                || self.left_out[item]
                || (phase.is_waiting() && (self.stop.is_some() || is_broke))
        };
        if (0..self.phases.len()).all(is_over) {
            actions.push(Action::Finish);
        }
        actions
    }

    /// Why an item that waits will not be sent, once there is nothing more to do.
    pub(super) fn give_up(&mut self) {
        if let (None, Some((budget, _)), true) = (&self.stop, &self.budget, self.has_waiting()) {
            let (spent, told) = (self.committed(), ErrorKind::Credits);
            self.stop = Some(Error::new(
                told,
                format!(
                    "{spent} of the budget of {budget} credits are spent, too little is left for one more job"
                ),
            ));
        }
    }

    /// Whether a list that is asked for now, and read to its end, can prove something.
    pub(super) fn wants_whole_list(&self, now: Duration) -> bool {
        let is_settled =
            |phase: &Phase| matches!(phase, Phase::Lost { since, .. } if now >= *since + self.settle);
        self.phases.iter().any(is_settled)
    }

    /// What a list that was asked for at this time, and does not have a lost item, says
    /// of it; `is_whole` when it was read to its end.
    pub(super) fn judge(&mut self, item: usize, asked: Duration, is_whole: bool) -> Option<Event> {
        let Some(Phase::Lost { since, absences, .. }) = self.phases.get_mut(item) else { return None };
        if is_whole && asked >= *since + self.settle {
            *absences += 1;
            return (*absences >= ABSENCES).then_some(Event::Absent { item });
        }
        (asked >= *since + self.settle * PATIENCE).then_some(Event::Unproven { item })
    }

    /// Notes that the platform does not know a created job now. It is gone when that was
    /// so often, and for as long as a list may lag behind.
    pub(super) fn miss(&mut self, item: usize, now: Duration) -> Option<Event> {
        let Some(Phase::Created(created)) = self.phases.get_mut(item) else { return None };
        let (before, since) = created.missed.unwrap_or((0, now));
        created.missed = Some((before + 1, since));
        (before + 1 >= MISSES && now >= since + self.settle).then_some(Event::Gone { item })
    }

    /// Takes an event in, and says whether it is to be kept. One that does not fit the
    /// item's phase changes nothing.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        let item = event.item();
        let Some(phase) = self.phases.get_mut(item) else { return false };
        let next = match (event, &mut *phase) {
            (Event::Intent { at, .. }, Phase::Waiting) => Phase::Sending { since: *at },
            (Event::Deferred { at, .. }, Phase::Sending { .. }) => {
                self.rest_until = self.rest_until.max(*at + REST);
                Phase::Waiting
            }
            (Event::Rejected { error, .. }, Phase::Sending { .. }) => {
                Phase::Rejected { error: error.clone() }
            }
            (Event::Lost { error, at, .. }, Phase::Sending { since }) => {
                Phase::Lost { error: error.clone(), since: *at.max(since), absences: 0 }
            }
            (Event::Absent { .. }, Phase::Lost { .. }) => Phase::Waiting,
            (Event::Unproven { .. }, Phase::Lost { error, .. }) => Phase::Unproven { error: error.clone() },
            (Event::Gone { .. }, Phase::Created(created)) if !created.job.status.is_terminal() => {
                created.is_gone = true;
                return true;
            }
            (Event::Seen { job, .. }, Phase::Created(created)) => {
                // The end is the end: a list that lags behind does not undo it.
                if created.job.id != job.id || created.job.status.is_terminal() {
                    return false;
                }
                let is_news = created.is_gone || created.job.status != job.status;
                (created.missed, created.is_gone) = (None, false);
                created.end = None;
                created.job = job.clone();
                return is_news;
            }
            (
                Event::Submitted { job, .. } | Event::Seen { job, .. },
                Phase::Sending { .. } | Phase::Lost { .. } | Phase::Unproven { .. },
            ) => {
                let job = job.clone();
                Phase::Created(Box::new(Created { job, missed: None, is_gone: false, end: None }))
            }
            (Event::Told { credits, reason, .. }, Phase::Created(created)) => {
                created.end = Some(End { credits: *credits, reason: reason.clone() });
                return true;
            }
            (Event::Retried { .. }, phase) if phase.has_ended() && !phase.has_succeeded() => {
                self.retries[item] += 1;
                match phase.credits() {
                    Some(credits) => self.paid_before = self.paid_before.saturating_add(credits),
                    None => self.untold_before[item] += u32::from(phase.may_have_cost()),
                }
                Phase::Waiting
            }
            _ => return false,
        };
        *phase = next;
        true
    }
}

impl Event {
    pub(super) fn item(&self) -> usize {
        match self {
            Self::Intent { item, .. }
            | Self::Submitted { item, .. }
            | Self::Deferred { item, .. }
            | Self::Rejected { item, .. }
            | Self::Lost { item, .. }
            | Self::Seen { item, .. }
            | Self::Gone { item }
            | Self::Absent { item }
            | Self::Unproven { item }
            | Self::Told { item, .. }
            | Self::Retried { item } => *item,
        }
    }
}

impl Phase {
    pub(super) fn job(&self) -> Option<&Job> {
        match self {
            Self::Created(created) => Some(&created.job),
            _ => None,
        }
    }

    pub(super) fn status(&self) -> Option<&JobStatus> {
        self.job().map(|job| &job.status)
    }

    pub(super) fn unfinished_id(&self) -> Option<&JobId> {
        self.job().filter(|_| !self.has_ended()).map(|job| &job.id)
    }

    /// The job may exist, and is not known.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Unproven { .. })
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.status() == Some(&JobStatus::Succeeded)
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting)
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Waiting | Self::Sending { .. } | Self::Lost { .. } => false,
            Self::Rejected { .. } | Self::Unproven { .. } => true,
            Self::Created(created) => created.job.status.is_terminal() || created.is_gone,
        }
    }

    /// What it cost, as far as the platform told.
    pub(super) fn credits(&self) -> Option<i64> {
        match self {
            Self::Created(created) => created.end.as_ref()?.credits,
            _ => None,
        }
    }

    /// A job exists, or may exist, that is paid.
    fn may_have_cost(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Rejected { .. })
    }

    /// It has ended, and what it cost is not known yet.
    pub(super) fn is_untold(&self) -> bool {
        self.has_ended() && matches!(self, Self::Created(created) if created.end.is_none())
    }

    /// It holds, or may hold, one of the project's slots.
    fn is_occupying(&self) -> bool {
        match self {
            Self::Sending { .. } | Self::Lost { .. } => true,
            Self::Created(_) => !self.has_ended(),
            Self::Waiting | Self::Rejected { .. } | Self::Unproven { .. } => false,
        }
    }

    /// The platform may know more about it.
    fn is_open(&self) -> bool {
        matches!(self, Self::Lost { .. }) || self.unfinished_id().is_some()
    }
}

#[cfg(test)]
mod tests;
