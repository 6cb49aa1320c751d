//! One kernel drives a batch, the others watch it.

use std::path::Path;
use std::time::Duration;

use super::board::Board;
use super::engine::Batch;
use super::plan::Item;
use super::progress::Progress;
use super::report::JobCollection;
use super::run::{Known, Limit, Run};
use super::state::{Event, State};
use super::time::{Clock, Machine};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Lock;

/// How often to look whether another kernel has ended.
const WATCH: Duration = Duration::from_secs(1);

/// What a batch is to be driven for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Task {
    Run,
    Retry,
    Cancel,
}

impl Batch {
    pub(super) fn drive(&self, task: Task) -> Result<JobCollection> {
        self.drive_with(task, None)
    }

    /// The lock of a batch that nobody drives; `None` for dry runs, which are not kept.
    pub(super) fn reserve(&self) -> Result<Option<Lock>> {
        self.path().map_or(Ok(None), |path| Lock::take(&path))
    }

    /// Whether somebody drives it, here or in another kernel.
    pub(super) fn is_driven(&self) -> Result<bool> {
        Ok(self.path().is_some() && self.reserve()?.is_none())
    }

    /// With the lock, where it was reserved.
    pub(super) fn drive_with(&self, task: Task, lock: Option<Lock>) -> Result<JobCollection> {
        self.drive_by(&Machine::new(), task, lock)
    }

    /// By a clock.
    pub(super) fn drive_by(
        &self,
        clock: &dyn Clock,
        task: Task,
        lock: Option<Lock>,
    ) -> Result<JobCollection> {
        let began = clock.now();
        let _lock = match (lock, self.path()) {
            (Some(lock), _) => Some(lock),
            (None, None) => None,
            (None, Some(path)) => match self.lock(&path, task, clock)? {
                Some(lock) => Some(lock),
                None => return self.as_kept(),
            },
        };
        let journal = self.journal()?;
        let (known, events) = match &journal {
            Some(journal) => {
                // A wish that nobody has heard was for the run before.
                journal.is_to_cancel()?;
                (self.known(journal)?, journal.events()?)
            }
            None => (Vec::new(), Vec::new()),
        };
        let count = known.len();
        let mut items = self.plan.merged(known);
        let limit = self.limit()?;
        let mut state = self.replay(&items, &events, limit.ours())?;
        let mut news = match task {
            Task::Retry => retried(&mut state),
            Task::Run | Task::Cancel => Vec::new(),
        };
        let renewed = self.renew(&mut items, &state);
        if task != Task::Cancel {
            self.check_budget(&items, &mut state)?;
            news.extend(self.estimated(&items, &mut state));
        }
        let mut journal = match journal {
            Some(journal) => journal,
            None => self.create()?,
        };
        journal.charge_to(self.service.owner().budget)?;
        journal.add(&items[count..])?;
        journal.change(renewed.into_iter().map(|item| (item, &items[item].parameters)))?;
        journal.append(&news)?;
        let mut places = vec![usize::MAX; items.len()];
        self.shown(&items, &state).into_iter().enumerate().for_each(|(place, item)| places[item] = place);
        let known = Known { journal, state, items: items.clone(), places, began };
        let jobs = |state: &State| self.collection(&items, state, Some(limit.ours()));
        let board = if self.policy.is_quiet { None } else { Board::new(&jobs) };
        let run = Run::new((&*self.service, clock), self.name(), &self.policy, known, limit)?;
        let mut run = run.shown_on(board);
        if task == Task::Cancel {
            run.cancel()?;
        }
        let state = run.drive()?;
        Ok(self.collection(&items, &state, Some(limit.ours())))
    }

    /// Asks for the prices that count when there is a budget, and refuses what may go beyond
    /// it.
    fn check_budget(&self, items: &[Item], state: &mut State) -> Result<()> {
        let Some(budget) = self.policy.budget else { return Ok(()) };
        let open = state.unpriced();
        let jobs: Vec<_> = open.iter().map(|item| items[*item].parameters.clone()).collect();
        let mut prices = vec![0; items.len()];
        if !jobs.is_empty() {
            open.into_iter().zip(self.service.prices(&jobs)?).for_each(|(item, price)| prices[item] = price);
        }
        state.set_budget(budget, prices);
        let most = state.most();
        if most > budget && state.waiting().next().is_some() {
            let told = format!(
                "it may cost up to {most} credits, and its budget is {budget}: raise the budget, or run fewer jobs"
            );
            return Err(Error::new(ErrorKind::Credits, told));
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
            // Whoever took the lock first has not heard the wish.
            if let (Some(journal), Task::Cancel) = (self.journal()?, task) {
                journal.ask_to_cancel()?;
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
        let state = self.replay(&self.known(&journal)?, &journal.events()?, 1)?;
        progress.show(&state, None, || None, elapsed);
        Ok(())
    }

    fn limit(&self) -> Result<Limit> {
        let asked = self.policy.max_concurrent.unwrap_or(self.service.at_once());
        Ok(Limit { service: self.service.limit()?, asked })
    }
}

/// Sends those again that failed, but for what the batch leaves out.
fn retried(state: &mut State) -> Vec<Event> {
    let shown: Vec<usize> = (0..state.phases().len()).filter(|item| !state.is_left_out(*item)).collect();
    let retried = shown.into_iter().map(|item| Event::Retried { item });
    retried.filter(|event| state.apply(event)).collect()
}
