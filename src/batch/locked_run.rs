//! Run of a batch under its lock: one kernel runs the batch, the others watch it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::batch::Batch;
use super::journal::Journal;
use super::listing::Listing;
use super::live_progress::LiveProgress;
use super::plan::Item;
use super::policy::Policy;
use super::progress::Progress;
use super::report::JobCollection;
use super::run::{CONCURRENT_REQUESTS, Goal, Limit, Run, RunResult, RunStart};
use super::state::{Event, Phase, State};
use crate::client::Client;
use crate::jobs::{Job, JobId};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::lock::Lock;
use up42_core::parallel::in_parallel;
use up42_core::wait::{Clock, SystemClock};

/// Pause between two attempts to take the lock.
const LOCK_INTERVAL: Duration = Duration::from_secs(1);

/// Purpose of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Task {
    Run,
    Retry,
    Cancel,
    /// Creates the job of each item, without waiting for their end.
    Place,
}

/// Result of a run.
pub(super) struct RunOutput {
    pub(super) items: Vec<Item>,
    pub(super) result: RunResult,
    policy: Policy,
    limit: Limit,
}

impl Batch {
    pub(super) fn run_to_end(&self, task: Task) -> Result<JobCollection> {
        self.drive_with(task, None)
    }

    /// Takes the lock of the batch. `None` if another run holds it, or for dry runs, which have no
    /// journal file.
    pub(super) fn reserve(&self) -> Result<Option<Lock>> {
        self.path().map_or(Ok(None), |path| Lock::take(&path))
    }

    /// Takes the lock of the batch with this name; `None` if another run holds it.
    pub(crate) fn lock_of(client: &Client, name: &str) -> Result<Option<Lock>> {
        Lock::take(&Journal::path(client.batches_folder(), name))
    }

    /// Returns whether the batch is being run, in this kernel or in another one.
    pub(super) fn is_driven(&self) -> Result<bool> {
        Ok(self.path().is_some() && self.reserve()?.is_none())
    }

    /// Runs the batch; `lock` is its lock, if it was taken before.
    pub(super) fn drive_with(&self, task: Task, lock: Option<Lock>) -> Result<JobCollection> {
        self.run_with_clock(&SystemClock::default(), task, lock)
    }

    /// Runs the batch on a clock.
    pub(super) fn run_with_clock(
        &self,
        clock: &dyn Clock,
        task: Task,
        lock: Option<Lock>,
    ) -> Result<JobCollection> {
        match self.run_locked(clock, task, lock)? {
            Some(RunOutput { items, result, policy, limit }) => {
                Ok(self.collection(&items, &result.state, &policy, Some(limit.of_batch())))
            }
            None => self.jobs_in_journal(),
        }
    }

    /// Runs the batch; `None` if another program ran it until the deadline.
    pub(super) fn run_locked(
        &self,
        clock: &dyn Clock,
        task: Task,
        lock: Option<Lock>,
    ) -> Result<Option<RunOutput>> {
        let started = clock.now();
        let _lock = match (lock, self.path()) {
            (Some(lock), _) => Some(lock),
            (None, None) => None,
            (None, Some(path)) => match self.lock(&path, task, clock)? {
                Some(lock) => Some(lock),
                None => return Ok(None),
            },
        };
        let mut journal = self.journal()?;
        let (known, events) = match &mut journal {
            Some(journal) => {
                journal.claim()?;
                // A cancel request that is still there was for the run before.
                journal.take_cancel_request()?;
                (journal.items()?, journal.events()?)
            }
            None => (Vec::new(), Vec::new()),
        };
        let policy = self.policy_with(journal.as_ref())?;
        let (count, existed) = (known.len(), journal.is_some());
        let mut items = self.plan.merged(known);
        let limit = self.limit(&policy)?;
        let mut state = self.replay(&items, &events, limit.of_batch(), &policy)?;
        let mut news = match task {
            Task::Cancel | Task::Place => Vec::new(),
            Task::Run | Task::Retry => self.look_up_missing(&mut state, task),
        };
        news.extend(match task {
            Task::Retry => retried(&mut state, |_| true),
            // No job exists for a rejected item, so placing it again pays nothing twice.
            Task::Place => retried(&mut state, Phase::is_rejected),
            Task::Run | Task::Cancel => Vec::new(),
        });
        let renewed = self.renew(&mut items, &state);
        if task != Task::Cancel {
            self.check_max_credits(&items, &mut state, &policy, task)?;
            news.extend(self.estimated(&items, &mut state));
        }
        let mut journal = match journal {
            Some(journal) => journal,
            None => self.create()?,
        };
        journal.charge_to(self.service.owner().budget)?;
        journal.set_limits(policy.limits)?;
        journal.add(&items[count..])?;
        let renewed: Vec<_> = renewed.into_iter().map(|item| (item, &items[item].parameters)).collect();
        journal.change(&renewed)?;
        journal.append(&news)?;
        let mut indices = vec![usize::MAX; items.len()];
        self.shown(&items, &state).into_iter().enumerate().for_each(|(index, item)| indices[item] = index);
        let start = RunStart { journal, state, items: items.clone(), indices, started, existed };
        let jobs = |state: &State| self.collection(&items, state, &policy, Some(limit.of_batch()));
        let live_progress = if policy.is_quiet { None } else { LiveProgress::new(&jobs) };
        let goal = if task == Task::Place { Goal::Submitted } else { Goal::Ended };
        let run = Run::new((&*self.service, clock), self.name(), &policy, start, limit)?;
        let mut run = run.shown_on(live_progress).until(goal);
        if task == Task::Cancel {
            run.cancel()?;
        }
        let result = run.run_to_end()?;
        Ok(Some(RunOutput { items, result, policy, limit }))
    }

    /// Requests the jobs that the platform did not know any more, since it may have answered 404
    /// during an outage. Of the jobs that it still does not know, only those are retried that a
    /// complete list does not contain either.
    fn look_up_missing(&self, state: &mut State, task: Task) -> Vec<Event> {
        let missing: Vec<(usize, JobId)> =
            state.missing_jobs().map(|(item, id)| (item, id.clone())).collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let answers = in_parallel(&missing, CONCURRENT_REQUESTS, |(_, id)| self.service.job(id));
        let mut listed = None;
        let mut news = Vec::new();
        for ((item, id), answer) in missing.into_iter().zip(answers) {
            match answer {
                Ok(job) => news.push(Event::Seen { item, job }),
                Err(error) if error.kind() == ErrorKind::NotFound && task == Task::Retry => {
                    let listed = listed.get_or_insert_with(|| self.whole_list());
                    match listed.as_ref().map(|jobs| jobs.get(&id)) {
                        Some(Some(job)) => news.push(Event::Seen { item, job: job.clone() }),
                        Some(None) => {}
                        None => state.exclude_from_retry(item),
                    }
                }
                Err(_) => state.exclude_from_retry(item),
            }
        }
        news.into_iter().filter(|event| state.apply(event)).collect()
    }

    /// Returns the jobs of the service's list by id; `None` if it cannot be read to its end.
    fn whole_list(&self) -> Option<HashMap<JobId, Job>> {
        let (mut listing, mut all) = (Listing::new(&*self.service), HashMap::new());
        while let Some(jobs) = listing.page().ok()? {
            all.extend(jobs.into_iter().map(|job| (job.id.clone(), job)));
        }
        listing.is_whole().then_some(all)
    }

    /// Checks the spending limit, if there is one: requests the prices, and fails if they exceed
    /// it.
    fn check_max_credits(
        &self,
        items: &[Item],
        state: &mut State,
        policy: &Policy,
        task: Task,
    ) -> Result<()> {
        let Some(budget) = policy.limits.max_credits else { return Ok(()) };
        let open = state.unpriced();
        let jobs: Vec<_> = open.iter().map(|item| items[*item].parameters.clone()).collect();
        let mut prices = vec![0; items.len()];
        if !jobs.is_empty() {
            open.into_iter().zip(self.service.prices(&jobs)?).for_each(|(item, price)| prices[item] = price);
        }
        state.set_max_credits(budget, prices);
        let most = state.most();
        if most > budget && state.waiting().next().is_some() {
            let remedy = match task {
                Task::Place => "order less",
                _ => "run fewer jobs",
            };
            let message = format!(
                "it may cost up to {most} credits, more than the limit of {budget}: raise `.max_credits(…)`, or {remedy}"
            );
            return Err(Error::new(ErrorKind::Credits, message));
        }
        Ok(())
    }

    /// Returns the estimated durations of jobs that [`Batch::estimate`] or the spending limit has
    /// requested, as events. Estimates in the journal do not change, so the order of jobs is the
    /// same after a restart.
    fn estimated(&self, items: &[Item], state: &mut State) -> Vec<Event> {
        let unknown = state.waiting().filter(|item| state.estimate(*item).is_none());
        let estimated = unknown.filter_map(|item| {
            let lasts = self.service.known_duration(&items[item].parameters)?;
            Some(Event::Estimated { item, lasts })
        });
        let estimated: Vec<Event> = estimated.collect();
        estimated.into_iter().filter(|event| state.apply(event)).collect()
    }

    /// Waits until no other program runs the batch, and prints its progress meanwhile. `None` if
    /// that takes longer than the deadline.
    fn lock(&self, path: &Path, task: Task, clock: &dyn Clock) -> Result<Option<Lock>> {
        let is_silent = self.policy.is_quiet || self.policy.in_background;
        let (mut progress, start) = (Progress::new(is_silent), clock.now());
        let (mut is_printed, mut next) = (is_silent, start);
        loop {
            if let Some(lock) = Lock::take(path)? {
                return Ok(Some(lock));
            }
            let now = clock.now();
            let left = self.policy.deadline.map(|deadline| deadline.saturating_sub(now - start));
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            if !is_printed {
                println!("another kernel runs this batch: watching it");
                is_printed = true;
            }
            // The run that holds the lock may have discarded an earlier request when it started.
            if let (Some(journal), Task::Cancel) = (self.journal()?, task) {
                journal.request_cancel()?;
            }
            if !is_silent && now >= next {
                self.print_progress(&mut progress, now - start)?;
                // A long journal takes a while to read: this limits the share of time for it.
                next = now + (clock.now() - now) * 20;
            }
            clock.wait(left.map_or(LOCK_INTERVAL, |left| left.min(LOCK_INTERVAL)));
        }
    }

    /// Prints the progress of a batch that another program runs.
    fn print_progress(&self, progress: &mut Progress, elapsed: Duration) -> Result<()> {
        let Some(journal) = self.journal()? else { return Ok(()) };
        let policy = self.policy_with(Some(&journal))?;
        let state = self.replay(&journal.items()?, &journal.events()?, 1, &policy)?;
        progress.show(&state, None, || None, elapsed);
        Ok(())
    }

    fn limit(&self, policy: &Policy) -> Result<Limit> {
        let user = policy.limits.max_concurrent.unwrap_or(self.service.default_max_unfinished());
        Ok(Limit { service: self.service.limit()?, user })
    }
}

/// Retries the failed items that `is_meant` selects, except those that may not be retried.
fn retried(state: &mut State, is_meant: impl Fn(&Phase) -> bool) -> Vec<Event> {
    let is_meant = |item: &usize| state.may_retry(*item) && is_meant(state.phase(*item));
    let shown: Vec<usize> = (0..state.phases().len()).filter(is_meant).collect();
    let retried = shown.into_iter().map(|item| Event::Retried { item });
    retried.filter(|event| state.apply(event)).collect()
}
