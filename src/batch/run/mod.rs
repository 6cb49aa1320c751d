//! Execution of the state's actions with a [`JobBackend`].
//!
//! - [`run_loop`]: repeats until nothing is left to do;
//! - [`existing`]: finds jobs that the journal does not know, [`submit`]: creates jobs, [`poll`]:
//!   reads their statuses, [`finalize`]: reads the costs of ended jobs, and why some failed;
//! - events are appended to the journal before they have any effect.

mod existing;
mod finalize;
mod lost_job_matcher;
mod poll;
mod run_loop;
mod submit;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::backend::JobBackend;
use super::journal::{Head, Journal};
use super::live_progress::LiveProgress;
use super::plan::Item;
use super::policy::Policy;
use super::state::{Action, Event, State};
use super::submission::Submission;
use crate::jobs::JobId;
use up42_core::error::{Error, Result};
use up42_core::parallel::in_parallel;
use up42_core::wait::Clock;

/// Number of concurrent requests that create jobs, or read the costs of ended jobs.
pub(super) const CONCURRENT_REQUESTS: usize = 16;

/// Run of a batch by the program that holds its lock.
pub(super) struct Run<'a> {
    service: &'a dyn JobBackend,
    clock: &'a dyn Clock,
    /// The batch's name.
    name: &'a str,
    policy: &'a Policy,
    journal: Journal,
    state: State,
    /// Plan as recorded in the journal.
    items: Vec<Item>,
    /// Index of each item in the collection.
    indices: Vec<usize>,
    /// Time at which the user started the run.
    started: Duration,
    /// Random id of the batch, which is part of its jobs' names.
    id: String,
    /// Creation time of the journal, RFC 3339.
    created: String,
    /// Whether the journal was created before this run.
    existed: bool,
    limit: Limit,
    goal: Goal,
    /// Whether the search for jobs that the journal does not know is done.
    has_searched: bool,
    /// Items whose jobs existed before this run, or belong to another batch.
    found: HashSet<usize>,
    /// Items for which it is proven that no request so far has created a job.
    absent: HashSet<usize>,
    /// Error that may explain why nothing changes.
    last_error: Option<Error>,
    /// Jobs whose cancellation was requested; `None` unless the batch is to be cancelled.
    cancelled: Option<HashSet<JobId>>,
    /// Ended jobs whose costs could not be read.
    unfinalized: HashMap<usize, finalize::FailedReads>,
    live_progress: Option<LiveProgress<'a>>,
}

/// Condition for the end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Goal {
    /// Each job has ended.
    #[default]
    Ended,
    /// Each item has a job, or cannot have one now. Items are sent one after the other, so that the
    /// first ones are paid if the credits do not suffice for all.
    Submitted,
}

/// Limits of unfinished jobs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// Limit of the service, such as a project's setting; jobs of others count as well.
    pub(super) service: usize,
    /// Limit of the user, for the jobs of the batch.
    pub(super) user: usize,
}

impl Limit {
    /// Returns the limit of the batch if others have no unfinished jobs.
    pub(super) fn of_batch(self) -> usize {
        self.user.min(self.service)
    }
}

/// State of a batch at the start of a run.
pub(super) struct RunStart {
    pub(super) journal: Journal,
    pub(super) state: State,
    pub(super) items: Vec<Item>,
    /// Index of each item in the collection.
    pub(super) indices: Vec<usize>,
    /// Time at which the user started the run, by the clock of the run: the deadline is counted
    /// from it.
    pub(super) started: Duration,
    /// Whether the journal was created before this run.
    pub(super) existed: bool,
}

/// Result of a run.
pub(super) struct RunResult {
    pub(super) state: State,
    /// Items whose jobs existed before, or belong to another batch: this run has not paid for them.
    pub(super) found: HashSet<usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        (service, clock): (&'a dyn JobBackend, &'a dyn Clock),
        name: &'a str,
        policy: &'a Policy,
        start: RunStart,
        limit: Limit,
    ) -> Result<Self> {
        let RunStart { journal, state, items, indices, started, existed } = start;
        let Head { run: id, created, .. } = journal.head()?;
        let found = (0..items.len()).filter(|item| !state.phase(*item).is_waiting()).collect();
        Ok(Self {
            service,
            clock,
            name,
            policy,
            journal,
            state,
            items,
            indices,
            started,
            id,
            created,
            existed,
            limit,
            goal: Goal::default(),
            has_searched: false,
            found,
            absent: HashSet::new(),
            last_error: None,
            cancelled: None,
            unfinalized: HashMap::new(),
            live_progress: None,
        })
    }

    /// Shows the progress in a display that is updated.
    pub(super) fn shown_on(mut self, live_progress: Option<LiveProgress<'a>>) -> Self {
        self.live_progress = live_progress;
        self
    }

    pub(super) fn until(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Returns the time until the deadline.
    fn left(&self) -> Option<Duration> {
        let elapsed = self.clock.now().saturating_sub(self.started);
        self.policy.deadline.map(|deadline| deadline.saturating_sub(elapsed))
    }

    /// Records why items that wait were not sent. Fails if credits are missing and the batch has no
    /// job.
    fn stop_unsent(&mut self) -> Result<()> {
        if let Some(refusal) = self.state.shortage().cloned() {
            let error = self.shortage(refusal);
            // When orders are placed, each item has the reason as its own result.
            if self.has_no_job() && self.goal == Goal::Ended {
                return Err(error);
            }
            self.state.stop_sending(error);
        }
        self.state.stop_at_limit();
        Ok(())
    }

    /// Returns whether no job exists or may exist: then the run may fail, since no paid job is
    /// lost.
    fn has_no_job(&self) -> bool {
        self.state.phases().iter().all(|phase| phase.job().is_none() && !phase.is_lost())
    }

    /// Stops sending, and cancels the unfinished jobs from the next step on.
    pub(super) fn cancel(&mut self) -> Result<()> {
        self.journal.take_cancel_request()?;
        self.cancelled.get_or_insert_default();
        self.state.stop_sending(Error::invalid("the batch was cancelled"));
        Ok(())
    }

    /// Requests the cancellation of each unfinished job once, except of those that are left out.
    fn stop_cancelled(&mut self) -> Result<()> {
        let Some(cancelled) = &mut self.cancelled else { return Ok(()) };
        let phases = self.state.phases().iter().enumerate();
        let unfinished = phases
            .filter(|(item, _)| !self.state.is_excluded(*item))
            .filter_map(|(item, phase)| Some((item, phase.unfinished_id()?)));
        let running: Vec<(usize, JobId)> = unfinished
            .filter(|(_, id)| !cancelled.contains(*id))
            .map(|(item, id)| (item, id.clone()))
            .collect();
        let service = self.service;
        let answers = in_parallel(&running, CONCURRENT_REQUESTS, |(_, id)| service.cancel(id));
        let mut events = Vec::new();
        for ((item, id), answer) in running.into_iter().zip(answers) {
            match answer {
                Ok(job) => {
                    cancelled.insert(id);
                    events.extend(job.map(|job| Event::Seen { item, job }));
                }
                Err(error) => self.last_error = Some(error),
            }
        }
        self.record(events)
    }

    /// Applies events, and appends those that must be recorded to the journal.
    fn record(&mut self, events: Vec<Event>) -> Result<()> {
        let news: Vec<Event> = events.into_iter().filter(|event| self.state.apply(event)).collect();
        self.journal.append(&news)
    }

    /// Returns the request for an item.
    fn submission(&self, item: usize) -> Submission<'_> {
        let Item { key, parameters } = &self.items[item];
        Submission {
            batch: self.name,
            run: &self.id,
            item,
            key,
            retries: self.state.retries(item),
            is_absent: self.absent.contains(&item),
            parameters,
        }
    }

    fn stopped_by(&self, item: usize) -> Error {
        let label = &self.items[item].parameters.label;
        Error::invalid(format!("job `{label}` failed, and nothing is sent after it"))
    }
}

impl Action {
    fn submission(&self) -> Option<usize> {
        match self {
            Self::Submit(item) => Some(*item),
            Self::Poll | Self::Finish => None,
        }
    }
}

#[cfg(test)]
mod tests;
