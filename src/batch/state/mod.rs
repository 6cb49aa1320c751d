//! Where each job of a batch stands: the sum of its events.
//!
//! - [`Event`]: what happened, [`Phase`]: where one item stands.
//! - [`submission_limiter`]: how many more may be sent now, [`cost_tracker`]: what all that costs.
//! - [`lost_jobs`]: jobs that were lost, missed, or are in a status that nobody knows.
//!
//! Invariants:
//! - an item is sent again only when it is proven that the first request created
//!   nothing, or when the user asks for it;
//! - the jobs that are, or may be, unfinished on the platform never exceed the limit;
//! - an item whose answer was lost is looked for in the platform's list. It counts as
//!   absent when two whole lists, read long enough after the answer was given up, do not
//!   have it. When no whole list is to be had, it gives its slot back and waits for the
//!   user;
//! - a job whose status is unknown is never taken for ended. After long enough it gives
//!   its slot back, and the batch may end without it;
//! - items with an estimate are sent longest first, the others after them in order;
//! - time is a parameter, and runs evenly.

mod cost_tracker;
mod event;
mod lost_jobs;
mod phase;
mod submission_limiter;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use cost_tracker::CostTracker;
pub(super) use event::Event;
pub(super) use phase::Phase;
use submission_limiter::SubmissionLimiter;

use crate::jobs::JobId;
use up42_core::error::{Error, ErrorKind};

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

#[derive(Clone, Debug)]
pub(super) struct State {
    phases: Vec<Phase>,
    /// How often each was sent anew because the user wanted it.
    retries: Vec<u32>,
    /// How long each will take, as far as that is known.
    estimates: Vec<Option<Duration>>,
    /// In which order items are sent.
    order: BTreeSet<(Reverse<Option<Duration>>, usize)>,
    /// Items that are neither sent nor waited for.
    left_out: Vec<bool>,
    /// Items of which nobody can tell now whether their jobs are gone.
    in_doubt: HashSet<usize>,
    /// Jobs of items that were sent anew.
    former: BTreeSet<JobId>,
    limiter: SubmissionLimiter,
    costs: CostTracker,
    /// How long after its answer was given up an item that is in no list was never created.
    settle: Duration,
}

impl State {
    pub(super) fn new(items: usize, limit: usize, settle: Duration) -> Self {
        Self {
            phases: vec![Phase::Waiting; items],
            retries: vec![0; items],
            estimates: vec![None; items],
            order: (0..items).map(|item| (Reverse(None), item)).collect(),
            left_out: vec![false; items],
            in_doubt: HashSet::new(),
            former: BTreeSet::new(),
            limiter: SubmissionLimiter::new(limit),
            costs: CostTracker::new(items),
            // So that its sum with a time is a time.
            settle: settle.min(Duration::from_secs(u32::MAX.into())),
        }
    }

    /// Sends nothing that might go beyond a budget; `prices` are the items' highest.
    pub(super) fn set_budget(&mut self, credits: i64, prices: Vec<i64>) {
        self.costs.set_budget(credits, prices);
    }

    /// The items whose price counts: to be sent, or sent and not known to be paid.
    pub(super) fn unpriced(&self) -> Vec<usize> {
        let sent = self.phases.iter().enumerate();
        let sent = sent.filter(|(item, phase)| self.costs.counts_price(*item, phase)).map(|(item, _)| item);
        let all: BTreeSet<usize> = self.waiting().chain(sent).collect();
        all.into_iter().collect()
    }

    /// The most that everything may cost: what was paid, and what may still have to be.
    pub(super) fn most(&self) -> i64 {
        let waiting = self.waiting().map(|item| self.costs.price(item));
        waiting.fold(self.costs.committed(&self.phases), i64::saturating_add)
    }

    /// What was paid, as far as the platform told, also for jobs that were sent anew.
    pub(super) fn paid(&self) -> i64 {
        self.costs.paid(&self.phases)
    }

    /// How many may be unfinished at a time from now on; at least one.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limiter.set_limit(limit);
    }

    /// The items that are still to be sent, in their order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = usize> {
        let waits = |item: &usize| self.phases[*item].is_waiting() && !self.left_out[*item];
        self.order.iter().map(|(_, item)| *item).filter(waits)
    }

    /// How long the item will take, as the platform estimated.
    pub(super) fn estimate(&self, item: usize) -> Option<Duration> {
        self.estimates[item]
    }

    /// The item is neither sent nor waited for any more.
    pub(super) fn leave_out(&mut self, item: usize) {
        self.left_out[item] = true;
    }

    pub(super) fn is_left_out(&self, item: usize) -> bool {
        self.left_out[item]
    }

    /// Jobs that the platform seemed not to know any more.
    pub(super) fn gone(&self) -> impl Iterator<Item = (usize, &JobId)> {
        self.phases.iter().enumerate().filter_map(|(item, phase)| Some((item, phase.gone_id()?)))
    }

    /// The item is not sent again in this run: its job may be there all the same.
    pub(super) fn leave_out_of_retry(&mut self, item: usize) {
        self.in_doubt.insert(item);
    }

    /// Whether the item may be sent anew when it failed.
    pub(super) fn may_retry(&self, item: usize) -> bool {
        !self.left_out[item] && !self.in_doubt.contains(&item)
    }

    pub(super) fn phases(&self) -> &[Phase] {
        &self.phases
    }

    pub(super) fn phase(&self, item: usize) -> &Phase {
        &self.phases[item]
    }

    /// The jobs that are accounted for, also those of items that were sent anew.
    pub(super) fn known_jobs(&self) -> HashSet<JobId> {
        let jobs = self.phases.iter().filter_map(|phase| phase.job()).map(|job| job.id.clone());
        jobs.chain(self.former.iter().cloned()).collect()
    }

    /// Whether it is the job of an item that was sent anew.
    pub(super) fn is_former(&self, id: &JobId) -> bool {
        self.former.contains(id)
    }

    pub(super) fn retries(&self, item: usize) -> u32 {
        self.retries[item]
    }

    /// Why nothing more is sent.
    pub(super) fn stop(&self) -> Option<&Error> {
        self.limiter.stop()
    }

    /// What refused one item will refuse all: none is sent any more.
    pub(super) fn stop_sending(&mut self, error: Error) {
        self.limiter.close(error);
    }

    /// The platform wants more credits than there are: nothing is sent until a job has
    /// ended, and then one at a time.
    pub(super) fn run_short(&mut self, error: Error) {
        self.limiter.run_short(error);
    }

    /// Why credits are missing, while items wait for them.
    pub(super) fn shortage(&self) -> Option<&Error> {
        self.limiter.shortage().filter(|_| self.stop().is_none() && self.waiting().next().is_some())
    }

    /// What was being sent when the program ended: the answer is lost.
    pub(super) fn orphans(&self) -> impl Iterator<Item = usize> {
        let is_orphan = |(item, phase)| matches!(phase, &Phase::Sending { .. }).then_some(item);
        self.phases.iter().enumerate().filter_map(is_orphan)
    }

    /// Goes on at this time, which may be earlier or later than a clock said before: what
    /// has to wait waits from now on.
    pub(super) fn catch_up(&mut self, now: Duration) {
        self.limiter.catch_up(now);
        for phase in &mut self.phases {
            if let Phase::Lost { since, .. } = phase {
                *since = now;
            }
        }
    }

    /// What to do at this time.
    pub(super) fn next(&self, now: Duration) -> Vec<Action> {
        let occupied = self.occupied();
        let (mut committed, budget) = match self.costs.budget() {
            Some(budget) => (self.costs.committed(&self.phases), budget),
            None => (0, i64::MAX),
        };
        // What is under way may turn out to be cheaper, and leave enough for the next.
        let is_broke = occupied == 0
            && self
                .waiting()
                .next()
                .is_some_and(|first| committed.saturating_add(self.costs.price(first)) > budget);
        let is_affordable = |item: &usize| {
            committed = committed.saturating_add(self.costs.price(*item));
            committed <= budget
        };
        let free = self.limiter.free(occupied, now);
        let mut actions: Vec<_> =
            self.waiting().take(free).take_while(is_affordable).map(Action::Submit).collect();
        if self.phases.iter().any(Phase::is_open) {
            actions.push(Action::Poll);
        }
        let is_closed = is_broke || self.limiter.is_closed(occupied);
        let is_over = |item: usize| {
            let phase = &self.phases[item];
            phase.has_ended()
                || phase.is_set_aside()
                || self.left_out[item]
                || (phase.is_waiting() && is_closed)
        };
        if (0..self.phases.len()).all(is_over) {
            actions.push(Action::Finish);
        }
        actions
    }

    /// Nothing is sent for a while: it cannot be told now what exists already.
    pub(super) fn rest_sending(&mut self, now: Duration) {
        self.limiter.refuse(now);
    }

    /// Whether each item has a job, or gets none before another has ended.
    pub(super) fn is_placed(&self, now: Duration) -> bool {
        let is_open = |phase: &Phase| matches!(phase, Phase::Sending { .. } | Phase::Lost { .. });
        if self.phases.iter().any(is_open) {
            return false;
        }
        let is_sending = || self.next(now).iter().any(|action| matches!(action, Action::Submit(_)));
        match self.waiting().next() {
            None => true,
            // A full project is waited for, and missing credits are not.
            Some(_) => {
                !is_sending() && self.limiter.has_slot(self.occupied()) && self.limiter.rest(now).is_zero()
            }
        }
    }

    /// How many jobs hold slots, or may.
    fn occupied(&self) -> usize {
        self.phases.iter().filter(|phase| phase.is_occupying()).count()
    }

    /// How long there is nothing to be done at all.
    pub(super) fn rest(&self, now: Duration) -> Duration {
        match self.phases.iter().any(Phase::is_open) {
            true => Duration::ZERO,
            false => self.limiter.rest(now),
        }
    }

    /// Why items that wait will not be sent, once there is nothing more to do.
    pub(super) fn give_up(&mut self) {
        let (None, Some(budget), Some(_)) = (self.stop(), self.costs.budget(), self.waiting().next()) else {
            return;
        };
        let spent = self.costs.committed(&self.phases);
        let message = format!(
            "{spent} of the budget of {budget} credits are spent, too little is left for one more job"
        );
        self.stop_sending(Error::new(ErrorKind::Credits, message));
    }

    /// Takes an event in, and says whether it is to be kept. One that does not fit the
    /// item's phase changes nothing.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        let item = event.item();
        let Some(phase) = self.phases.get_mut(item) else { return false };
        match event {
            Event::Estimated { lasts, .. } => return self.expect(item, *lasts),
            Event::Retried { .. } if phase.is_failed() => {
                // What was refused never had the name: a job that is sent anew can have it.
                self.retries[item] += u32::from(!phase.is_rejected());
                self.former.extend(phase.job().map(|job| job.id.clone()));
                self.costs.keep(item, phase);
            }
            _ => {}
        }
        // A list may still tell of a job whose item was sent anew.
        if matches!(event, Event::Seen { job, .. } if phase.is_waiting() && self.former.contains(&job.id)) {
            return false;
        }
        let was_occupying = phase.is_occupying();
        let is_news = phase.take(event);
        match event {
            Event::Submitted { .. } if is_news => self.limiter.let_in(),
            Event::Deferred { at, .. } if is_news => self.limiter.refuse(*at),
            // Its slot was never taken.
            Event::Rejected { .. } => {}
            _ if was_occupying && !phase.is_occupying() => self.limiter.free_one(),
            _ => {}
        }
        is_news
    }

    fn expect(&mut self, item: usize, lasts: Duration) -> bool {
        let before = self.estimates[item].replace(lasts);
        self.order.remove(&(Reverse(before), item));
        self.order.insert((Reverse(Some(lasts)), item));
        before != Some(lasts)
    }
}

#[cfg(test)]
pub(super) mod tests;
