//! State of the jobs of a batch: the sum of its events.
//!
//! - [`Event`]: a change, [`Phase`]: the state of one item.
//! - [`submission_limiter`]: how many jobs may be sent now, [`cost_tracker`]: their costs.
//! - [`lost_jobs`]: jobs that were lost, are not found, or are in an unknown status.
//!
//! Invariants:
//! - an item is sent again only if it is proven that the first request created no job, or if the
//!   user retries it;
//! - the number of jobs that are, or may be, unfinished on the platform never exceeds the limit;
//! - an item whose response was lost is searched in the platform's list. It counts as absent if two
//!   complete lists, requested long enough after the response was given up, do not contain it. If
//!   no complete list can be read, it releases its slot and waits for the user;
//! - a job in an unknown status never counts as ended. After an hour it releases its slot, and the
//!   batch may end without it;
//! - items with an estimate are sent longest first, then the others in order;
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

/// Next action of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Creates the item's job.
    Submit(usize),
    /// Reads the statuses of unfinished jobs, and searches for lost ones.
    Poll,
    /// Ends the run: nothing is left to do.
    Finish,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    phases: Vec<Phase>,
    /// Number of times that the user has retried each item.
    retries: Vec<u32>,
    /// Duration of each item, as far as it was estimated.
    estimates: Vec<Option<Duration>>,
    /// Order in which items are sent.
    order: BTreeSet<(Reverse<Option<Duration>>, usize)>,
    /// Whether each item is neither sent nor waited for.
    excluded: Vec<bool>,
    /// Items for which it is currently unknown whether their jobs are gone.
    in_doubt: HashSet<usize>,
    /// Jobs of items before they were retried.
    retried_jobs: BTreeSet<JobId>,
    limiter: SubmissionLimiter,
    costs: CostTracker,
    /// Time from giving up the response until an item that is in no list counts as never created.
    lost_job_timeout: Duration,
}

impl State {
    pub(super) fn new(items: usize, limit: usize, lost_job_timeout: Duration) -> Self {
        Self {
            phases: vec![Phase::Waiting; items],
            retries: vec![0; items],
            estimates: vec![None; items],
            order: (0..items).map(|item| (Reverse(None), item)).collect(),
            excluded: vec![false; items],
            in_doubt: HashSet::new(),
            retried_jobs: BTreeSet::new(),
            limiter: SubmissionLimiter::new(limit),
            costs: CostTracker::new(items),
            // Avoids an overflow when it is added to a time.
            lost_job_timeout: lost_job_timeout.min(Duration::from_secs(u32::MAX.into())),
        }
    }

    /// Sets the spending limit and the highest price of each item, in credits.
    pub(super) fn set_max_credits(&mut self, credits: i64, prices: Vec<i64>) {
        self.costs.set_max_credits(credits, prices);
    }

    /// Returns the items whose price counts: to be sent, or sent at an unknown cost.
    pub(super) fn unpriced(&self) -> Vec<usize> {
        let sent = self.phases.iter().enumerate();
        let sent = sent.filter(|(item, phase)| self.costs.counts_price(*item, phase)).map(|(item, _)| item);
        let all: BTreeSet<usize> = self.waiting().chain(sent).collect();
        all.into_iter().collect()
    }

    /// Returns the highest total cost, in credits: paid, committed, and for items that wait.
    pub(super) fn most(&self) -> i64 {
        let waiting = self.waiting().map(|item| self.costs.price(item));
        waiting.fold(self.costs.committed(&self.phases), i64::saturating_add)
    }

    /// Returns the credits paid, as far as the platform reported them, including jobs that were
    /// retried.
    pub(super) fn paid(&self) -> i64 {
        self.costs.paid(&self.phases)
    }

    /// Sets the limit of unfinished jobs; at least 1.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limiter.set_limit(limit);
    }

    /// Returns the items that are still to be sent, in their order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = usize> {
        let waits = |item: &usize| self.phases[*item].is_waiting() && !self.excluded[*item];
        self.order.iter().map(|(_, item)| *item).filter(waits)
    }

    /// Returns the duration of the item, as estimated by the platform.
    pub(super) fn estimate(&self, item: usize) -> Option<Duration> {
        self.estimates[item]
    }

    /// Excludes the item: it is neither sent nor waited for any more.
    pub(super) fn exclude(&mut self, item: usize) {
        self.excluded[item] = true;
    }

    pub(super) fn is_excluded(&self, item: usize) -> bool {
        self.excluded[item]
    }

    /// Returns the jobs that count as gone, since the platform did not know them any more.
    pub(super) fn missing_jobs(&self) -> impl Iterator<Item = (usize, &JobId)> {
        self.phases.iter().enumerate().filter_map(|(item, phase)| Some((item, phase.gone_id()?)))
    }

    /// Excludes the item from retries in this run, since its job may exist.
    pub(super) fn exclude_from_retry(&mut self, item: usize) {
        self.in_doubt.insert(item);
    }

    /// Returns whether the item may be retried if it failed.
    pub(super) fn may_retry(&self, item: usize) -> bool {
        !self.excluded[item] && !self.in_doubt.contains(&item)
    }

    pub(super) fn phases(&self) -> &[Phase] {
        &self.phases
    }

    pub(super) fn phase(&self, item: usize) -> &Phase {
        &self.phases[item]
    }

    /// Returns the ids of all known jobs of the batch, those before a retry included.
    pub(super) fn known_jobs(&self) -> HashSet<JobId> {
        let jobs = self.phases.iter().filter_map(|phase| phase.job()).map(|job| job.id.clone());
        jobs.chain(self.retried_jobs.iter().cloned()).collect()
    }

    /// Returns whether this was the job of an item before it was retried.
    pub(super) fn is_former(&self, id: &JobId) -> bool {
        self.retried_jobs.contains(id)
    }

    pub(super) fn retries(&self, item: usize) -> u32 {
        self.retries[item]
    }

    /// Returns why nothing more is sent.
    pub(super) fn stop(&self) -> Option<&Error> {
        self.limiter.stop()
    }

    /// Stops sending; the error is the reason for all items that wait.
    pub(super) fn stop_sending(&mut self, error: Error) {
        self.limiter.close(error);
    }

    /// Records that the platform refused a job for missing credits: nothing is sent until a job has
    /// ended, then one job at a time.
    pub(super) fn record_shortage(&mut self, error: Error) {
        self.limiter.record_shortage(error);
    }

    /// Returns the error of missing credits, while items wait for credits.
    pub(super) fn shortage(&self) -> Option<&Error> {
        self.limiter.shortage().filter(|_| self.stop().is_none() && self.waiting().next().is_some())
    }

    /// Returns the items that were being sent when the program ended: their responses are lost.
    pub(super) fn interrupted(&self) -> impl Iterator<Item = usize> {
        let is_orphan = |(item, phase)| matches!(phase, &Phase::Sending { .. }).then_some(item);
        self.phases.iter().enumerate().filter_map(is_orphan)
    }

    /// Continues at this time, which may be earlier or later than recorded times: all waiting
    /// periods start again now.
    pub(super) fn restart_timers(&mut self, now: Duration) {
        self.limiter.restart_timers(now);
        for phase in &mut self.phases {
            if let Phase::Lost { since, .. } = phase {
                *since = now;
            }
        }
    }

    /// Returns the actions that are due at this time.
    pub(super) fn next(&self, now: Duration) -> Vec<Action> {
        let occupied = self.occupied();
        let (mut committed, budget) = match self.costs.max_credits() {
            Some(budget) => (self.costs.committed(&self.phases), budget),
            None => (0, i64::MAX),
        };
        // Unfinished jobs may cost less than their price, and leave enough for the next one.
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
                || phase.is_abandoned()
                || self.excluded[item]
                || (phase.is_waiting() && is_closed)
        };
        if (0..self.phases.len()).all(is_over) {
            actions.push(Action::Finish);
        }
        actions
    }

    /// Pauses sending, since it is unknown which jobs exist already.
    pub(super) fn pause_sending(&mut self, now: Duration) {
        self.limiter.refuse(now);
    }

    /// Returns whether each item has a job, or cannot get one before another job has ended.
    pub(super) fn is_fully_submitted(&self, now: Duration) -> bool {
        let is_open = |phase: &Phase| matches!(phase, Phase::Sending { .. } | Phase::Lost { .. });
        if self.phases.iter().any(is_open) {
            return false;
        }
        let is_sending = || self.next(now).iter().any(|action| matches!(action, Action::Submit(_)));
        match self.waiting().next() {
            None => true,
            // A full project is waited for, missing credits are not.
            Some(_) => {
                !is_sending() && self.limiter.has_slot(self.occupied()) && self.limiter.pause(now).is_zero()
            }
        }
    }

    /// Returns the number of jobs that hold slots, or may hold them.
    fn occupied(&self) -> usize {
        self.phases.iter().filter(|phase| phase.is_occupying()).count()
    }

    /// Returns how long sending pauses; zero if there are jobs to be polled.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        match self.phases.iter().any(Phase::is_open) {
            true => Duration::ZERO,
            false => self.limiter.pause(now),
        }
    }

    /// Records that too little of the spending limit is left, if items wait for no other reason.
    /// Called when nothing is left to do.
    pub(super) fn stop_at_limit(&mut self) {
        let (None, Some(budget), Some(_)) = (self.stop(), self.costs.max_credits(), self.waiting().next())
        else {
            return;
        };
        let spent = self.costs.committed(&self.phases);
        let message = format!(
            "{spent} of the limit of {budget} credits are spent, too little is left for one more job"
        );
        self.stop_sending(Error::new(ErrorKind::Credits, message));
    }

    /// Applies an event. Returns whether it must be recorded in the journal. An event that does not
    /// fit the item's phase changes nothing.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        let item = event.item();
        let Some(phase) = self.phases.get_mut(item) else { return false };
        match event {
            Event::Estimated { lasts, .. } => return self.expect(item, *lasts),
            Event::Retried { .. } if phase.is_failed() => {
                // A refused request has not used the job's name, so the retry may use it.
                self.retries[item] += u32::from(!phase.is_rejected());
                self.retried_jobs.extend(phase.job().map(|job| job.id.clone()));
                self.costs.carry_over(item, phase);
            }
            _ => {}
        }
        // A list may still contain a job whose item was retried.
        if matches!(event, Event::Seen { job, .. } if phase.is_waiting() && self.retried_jobs.contains(&job.id))
        {
            return false;
        }
        let was_occupying = phase.is_occupying();
        let is_news = phase.take(event);
        match event {
            Event::Submitted { .. } if is_news => self.limiter.record_created(),
            Event::Deferred { at, .. } if is_news => self.limiter.refuse(*at),
            // No job was created, so no slot was released.
            Event::Rejected { .. } => {}
            _ if was_occupying && !phase.is_occupying() => self.limiter.release_slot(),
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
