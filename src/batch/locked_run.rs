//! One kernel drives a batch, the others watch it.

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
use super::run::{CONCURRENT_REQUESTS, Goal, Known, Left, Limit, Run};
use super::state::{Event, Phase, State};
use crate::client::Client;
use crate::jobs::{Job, JobId};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::lock::Lock;
use up42_core::parallel::in_parallel;
use up42_core::wait::{Clock, SystemClock};

/// How often to look whether another kernel has ended.
const WATCH: Duration = Duration::from_secs(1);

/// What a batch is to be driven for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Task {
    Run,
    Retry,
    Cancel,
    /// Until each item has a job.
    Place,
}

/// A batch that was driven.
pub(super) struct Driven {
    pub(super) items: Vec<Item>,
    pub(super) left: Left,
    policy: Policy,
    limit: Limit,
}

impl Batch {
    pub(super) fn drive(&self, task: Task) -> Result<JobCollection> {
        self.drive_with(task, None)
    }

    /// The lock of a batch that nobody drives; `None` for dry runs, which are not kept.
    pub(super) fn reserve(&self) -> Result<Option<Lock>> {
        self.path().map_or(Ok(None), |path| Lock::take(&path))
    }

    /// The lock of the batch of this name, where nobody drives it.
    pub(crate) fn lock_of(client: &Client, name: &str) -> Result<Option<Lock>> {
        Lock::take(&Journal::path(client.batches_folder(), name))
    }

    /// Whether somebody drives it, here or in another kernel.
    pub(super) fn is_driven(&self) -> Result<bool> {
        Ok(self.path().is_some() && self.reserve()?.is_none())
    }

    /// With the lock, where it was reserved.
    pub(super) fn drive_with(&self, task: Task, lock: Option<Lock>) -> Result<JobCollection> {
        self.drive_by(&SystemClock::default(), task, lock)
    }

    /// By a clock.
    pub(super) fn drive_by(
        &self,
        clock: &dyn Clock,
        task: Task,
        lock: Option<Lock>,
    ) -> Result<JobCollection> {
        match self.driven(clock, task, lock)? {
            Some(Driven { items, left, policy, limit }) => {
                Ok(self.collection(&items, &left.state, &policy, Some(limit.ours())))
            }
            None => self.jobs_in_journal(),
        }
    }

    /// Drives it; `None` when another did for longer than the deadline.
    pub(super) fn driven(&self, clock: &dyn Clock, task: Task, lock: Option<Lock>) -> Result<Option<Driven>> {
        let began = clock.now();
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
                // A request that nobody has taken was for the run before.
                journal.take_cancel_request()?;
                (journal.items()?, journal.events()?)
            }
            None => (Vec::new(), Vec::new()),
        };
        let policy = self.policy_with(journal.as_ref())?;
        let (count, was_begun) = (known.len(), journal.is_some());
        let mut items = self.plan.merged(known);
        let limit = self.limit(&policy)?;
        let mut state = self.replay(&items, &events, limit.ours(), &policy)?;
        let mut news = match task {
            Task::Cancel | Task::Place => Vec::new(),
            Task::Run | Task::Retry => self.ask_for_gone(&mut state, task),
        };
        news.extend(match task {
            Task::Retry => retried(&mut state, |_| true),
            // Nothing exists of it, so placing it again is no other purchase.
            Task::Place => retried(&mut state, Phase::is_rejected),
            Task::Run | Task::Cancel => Vec::new(),
        });
        let renewed = self.renew(&mut items, &state);
        if task != Task::Cancel {
            self.check_budget(&items, &mut state, &policy, task)?;
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
        let mut places = vec![usize::MAX; items.len()];
        self.shown(&items, &state).into_iter().enumerate().for_each(|(place, item)| places[item] = place);
        let known = Known { journal, state, items: items.clone(), places, began, was_begun };
        let jobs = |state: &State| self.collection(&items, state, &policy, Some(limit.ours()));
        let live_progress = if policy.is_quiet { None } else { LiveProgress::new(&jobs) };
        let goal = if task == Task::Place { Goal::Placed } else { Goal::Ended };
        let run = Run::new((&*self.service, clock), self.name(), &policy, known, limit)?;
        let mut run = run.shown_on(live_progress).until(goal);
        if task == Task::Cancel {
            run.cancel()?;
        }
        let left = run.drive()?;
        Ok(Some(Driven { items, left, policy, limit }))
    }

    /// Asks about the jobs that the platform seemed not to know any more: an outage may have
    /// answered so. Of those that it still does not know none is sent again but what a whole
    /// list lacks too.
    fn ask_for_gone(&self, state: &mut State, task: Task) -> Vec<Event> {
        let gone: Vec<(usize, JobId)> = state.gone().map(|(item, id)| (item, id.clone())).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let answers = in_parallel(&gone, CONCURRENT_REQUESTS, |(_, id)| self.service.job(id));
        let mut listed = None;
        let mut news = Vec::new();
        for ((item, id), answer) in gone.into_iter().zip(answers) {
            match answer {
                Ok(job) => news.push(Event::Seen { item, job }),
                Err(error) if error.kind() == ErrorKind::NotFound && task == Task::Retry => {
                    let listed = listed.get_or_insert_with(|| self.whole_list());
                    match listed.as_ref().map(|jobs| jobs.get(&id)) {
                        Some(Some(job)) => news.push(Event::Seen { item, job: job.clone() }),
                        Some(None) => {}
                        None => state.leave_out_of_retry(item),
                    }
                }
                Err(_) => state.leave_out_of_retry(item),
            }
        }
        news.into_iter().filter(|event| state.apply(event)).collect()
    }

    /// The jobs of the service's list; `None` when it cannot be read to its end.
    fn whole_list(&self) -> Option<HashMap<JobId, Job>> {
        let (mut listing, mut all) = (Listing::new(&*self.service), HashMap::new());
        while let Some(jobs) = listing.page().ok()? {
            all.extend(jobs.into_iter().map(|job| (job.id.clone(), job)));
        }
        listing.is_whole().then_some(all)
    }

    /// Asks for the prices that count when there is a budget, and refuses what may go beyond
    /// it.
    fn check_budget(&self, items: &[Item], state: &mut State, policy: &Policy, task: Task) -> Result<()> {
        let Some(budget) = policy.limits.budget else { return Ok(()) };
        let open = state.unpriced();
        let jobs: Vec<_> = open.iter().map(|item| items[*item].parameters.clone()).collect();
        let mut prices = vec![0; items.len()];
        if !jobs.is_empty() {
            open.into_iter().zip(self.service.prices(&jobs)?).for_each(|(item, price)| prices[item] = price);
        }
        state.set_budget(budget, prices);
        let most = state.most();
        if most > budget && state.waiting().next().is_some() {
            let remedy = match task {
                Task::Place => "raise `.at_most(…)`, or order less",
                _ => "raise the budget, or run fewer jobs",
            };
            let message = format!("it may cost up to {most} credits, and its budget is {budget}: {remedy}");
            return Err(Error::new(ErrorKind::Credits, message));
        }
        Ok(())
    }

    /// How long jobs will take, where that was asked before, by [`Batch::estimate`] or for
    /// a budget. What the journal has stands: the order is the same after a restart.
    fn estimated(&self, items: &[Item], state: &mut State) -> Vec<Event> {
        let unknown = state.waiting().filter(|item| state.estimate(*item).is_none());
        let estimated = unknown.filter_map(|item| {
            let lasts = self.service.known_duration(&items[item].parameters)?;
            Some(Event::Estimated { item, lasts })
        });
        let estimated: Vec<Event> = estimated.collect();
        estimated.into_iter().filter(|event| state.apply(event)).collect()
    }

    /// Waits until no other process drives the batch, and tells meanwhile how it goes.
    /// `None` when that takes longer than the deadline.
    fn lock(&self, path: &Path, task: Task, clock: &dyn Clock) -> Result<Option<Lock>> {
        let is_silent = self.policy.is_quiet || self.policy.in_background;
        let (mut progress, start) = (Progress::new(is_silent), clock.now());
        let (mut is_told, mut next) = (is_silent, start);
        loop {
            if let Some(lock) = Lock::take(path)? {
                return Ok(Some(lock));
            }
            let now = clock.now();
            let left = self.policy.deadline.map(|deadline| deadline.saturating_sub(now - start));
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            if !is_told {
                println!("another kernel runs this batch: watching it");
                is_told = true;
            }
            // Whoever took the lock first has not seen the request.
            if let (Some(journal), Task::Cancel) = (self.journal()?, task) {
                journal.request_cancel()?;
            }
            if !is_silent && now >= next {
                self.watch(&mut progress, now - start)?;
                // A long journal takes a while to read.
                next = now + (clock.now() - now) * 20;
            }
            clock.wait(left.map_or(WATCH, |left| left.min(WATCH)));
        }
    }

    /// Tells how the batch goes that another drives.
    fn watch(&self, progress: &mut Progress, elapsed: Duration) -> Result<()> {
        let Some(journal) = self.journal()? else { return Ok(()) };
        let policy = self.policy_with(Some(&journal))?;
        let state = self.replay(&journal.items()?, &journal.events()?, 1, &policy)?;
        progress.show(&state, None, || None, elapsed);
        Ok(())
    }

    fn limit(&self, policy: &Policy) -> Result<Limit> {
        let asked = policy.limits.max_concurrent.unwrap_or(self.service.default_max_unfinished());
        Ok(Limit { service: self.service.limit()?, asked })
    }
}

/// Sends those again that failed, but for what the batch leaves out.
fn retried(state: &mut State, is_meant: impl Fn(&Phase) -> bool) -> Vec<Event> {
    let is_meant = |item: &usize| state.may_retry(*item) && is_meant(state.phase(*item));
    let shown: Vec<usize> = (0..state.phases().len()).filter(is_meant).collect();
    let retried = shown.into_iter().map(|item| Event::Retried { item });
    retried.filter(|event| state.apply(event)).collect()
}
