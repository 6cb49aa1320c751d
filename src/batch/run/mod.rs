//! What the state asks for, carried out against a [`JobBackend`].
//!
//! - [`run_loop`]: until there is nothing more to do;
//! - [`existing`]: finds jobs that the journal does not know, [`submit`]: creates jobs,
//!   [`poll`]: reads how they stand, [`finalize`]: asks what ended ones cost, and why some failed;
//! - what happens is kept in the journal before anything follows from it.

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

/// Requests at a time to create jobs, and to fetch what finished jobs left.
pub(super) const CONCURRENT_REQUESTS: usize = 16;

/// A batch on its way, by the one who has the lock.
pub(super) struct Run<'a> {
    service: &'a dyn JobBackend,
    clock: &'a dyn Clock,
    /// The batch's name.
    name: &'a str,
    policy: &'a Policy,
    journal: Journal,
    state: State,
    /// The plan as the journal has it.
    items: Vec<Item>,
    /// Where each item stands in the collection.
    places: Vec<usize>,
    /// When the user asked for it.
    began: Duration,
    /// In the names of its jobs.
    id: String,
    /// When its journal was begun, RFC 3339.
    begun: String,
    /// That was before this run.
    was_begun: bool,
    limit: Limit,
    goal: Goal,
    /// Whether jobs were looked for that the journal does not know.
    has_looked: bool,
    /// Items whose jobs were there before this run, or are another batch's.
    found: HashSet<usize>,
    /// Items of which it is proven that no request so far created a job.
    absent: HashSet<usize>,
    /// Why nothing may be moving.
    trouble: Option<Error>,
    /// Jobs that were asked to stop, once it is to be cancelled.
    cancelled: Option<HashSet<JobId>>,
    /// Ended jobs that could not be asked about.
    unfinalized: HashMap<usize, finalize::Tries>,
    live_progress: Option<LiveProgress<'a>>,
}

/// Until when a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Goal {
    /// Each job has ended.
    #[default]
    Ended,
    /// Each item has a job, or cannot have one now. They are sent one after the other, so that
    /// the first are paid when the credits do not suffice for all.
    Placed,
}

/// How many jobs may be unfinished at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// By the service, such as by the project's settings: whoever began them.
    pub(super) service: usize,
    /// By the user: those of the batch.
    pub(super) asked: usize,
}

impl Limit {
    /// Of the batch, when nobody else has jobs there.
    pub(super) fn ours(self) -> usize {
        self.asked.min(self.service)
    }
}

/// What is known of a batch when it is driven.
pub(super) struct Known {
    pub(super) journal: Journal,
    pub(super) state: State,
    pub(super) items: Vec<Item>,
    /// Where each item stands in the collection.
    pub(super) places: Vec<usize>,
    /// When the user asked for it, by the service's clock: the deadline counts from then.
    pub(super) began: Duration,
    /// The journal was begun before.
    pub(super) was_begun: bool,
}

/// What a run left.
pub(super) struct Left {
    pub(super) state: State,
    /// Items whose jobs were there before, or are another batch's: this run has not paid them.
    pub(super) found: HashSet<usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        (service, clock): (&'a dyn JobBackend, &'a dyn Clock),
        name: &'a str,
        policy: &'a Policy,
        known: Known,
        limit: Limit,
    ) -> Result<Self> {
        let Known { journal, state, items, places, began, was_begun } = known;
        let Head { run: id, created: begun, .. } = journal.head()?;
        let found = (0..items.len()).filter(|item| !state.phase(*item).is_waiting()).collect();
        Ok(Self {
            service,
            clock,
            name,
            policy,
            journal,
            state,
            items,
            places,
            began,
            id,
            begun,
            was_begun,
            limit,
            goal: Goal::default(),
            has_looked: false,
            found,
            absent: HashSet::new(),
            trouble: None,
            cancelled: None,
            unfinalized: HashMap::new(),
            live_progress: None,
        })
    }

    /// Shows how it goes in a display that moves.
    pub(super) fn shown_on(mut self, live_progress: Option<LiveProgress<'a>>) -> Self {
        self.live_progress = live_progress;
        self
    }

    pub(super) fn until(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Until the deadline.
    fn left(&self) -> Option<Duration> {
        let elapsed = self.clock.now().saturating_sub(self.began);
        self.policy.deadline.map(|deadline| deadline.saturating_sub(elapsed))
    }

    /// Says why items that wait were not sent. Fails when that was so for all of them.
    fn give_up(&mut self) -> Result<()> {
        if let Some(refusal) = self.state.shortage().cloned() {
            let error = self.shortage(refusal);
            // Of what was to be placed each says for itself why it was not.
            if self.has_no_job() && self.goal == Goal::Ended {
                return Err(error);
            }
            self.state.stop_sending(error);
        }
        self.state.give_up();
        Ok(())
    }

    /// There is none, and there can be none: nothing is lost to an error.
    fn has_no_job(&self) -> bool {
        self.state.phases().iter().all(|phase| phase.job().is_none() && !phase.is_lost())
    }

    /// Sends nothing any more, and stops what runs.
    pub(super) fn cancel(&mut self) -> Result<()> {
        self.journal.take_cancel_request()?;
        self.cancelled.get_or_insert_default();
        self.state.stop_sending(Error::invalid("the batch was cancelled"));
        Ok(())
    }

    /// Asks each unfinished job once to stop, but for those that are left out.
    fn stop_cancelled(&mut self) -> Result<()> {
        let Some(cancelled) = &mut self.cancelled else { return Ok(()) };
        let phases = self.state.phases().iter().enumerate();
        let unfinished = phases
            .filter(|(item, _)| !self.state.is_left_out(*item))
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
                Err(error) => self.trouble = Some(error),
            }
        }
        self.keep(events)
    }

    /// Takes events in, and keeps those that tell something new.
    fn keep(&mut self, events: Vec<Event>) -> Result<()> {
        let news: Vec<Event> = events.into_iter().filter(|event| self.state.apply(event)).collect();
        self.journal.append(&news)
    }

    /// What is sent for an item.
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
