//! What the state asks for, carried out against a [`JobBackend`].
//!
//! - [`existing`]: finds jobs that the journal does not know, [`submit`]: creates jobs,
//!   [`look`]: sees how they stand, [`tell`]: asks what those that have ended left;
//! - what happens is kept in the journal before anything follows from it.

mod existing;
mod look;
mod submit;
mod tell;
mod traces;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::backend::JobBackend;
use super::board::Board;
use super::journal::{Head, Journal};
use super::pace::Pace;
use super::plan::Item;
use super::policy::Policy;
use super::progress::{Progress, why};
use super::state::{Action, Event, State};
use super::submission::Submission;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobId;
use crate::parallel::in_parallel;
use crate::wait::Clock;

/// Requests at a time to create jobs, and to fetch what finished jobs left.
pub(super) const AT_ONCE: usize = 16;

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
    untold: HashMap<usize, tell::Tries>,
    board: Option<Board<'a>>,
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
            untold: HashMap::new(),
            board: None,
        })
    }

    /// Shows how it goes in a display that moves.
    pub(super) fn shown_on(mut self, board: Option<Board<'a>>) -> Self {
        self.board = board;
        self
    }

    pub(super) fn until(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Does what the state asks for until there is nothing more to do.
    pub(super) fn drive(mut self) -> Result<Left> {
        let ended = Error::new(ErrorKind::Network, "the program ended before the answer came");
        let start = self.clock.now();
        let lost = |item| Event::Lost { item, at: start, error: ended.clone() };
        self.keep(self.state.orphans().map(lost).collect())?;
        self.state.catch_up(start);
        let is_silent = self.policy.is_quiet || self.policy.in_background || self.board.is_some();
        let mut progress = Progress::new(is_silent);
        let mut pace = Pace::default();
        loop {
            // Before anything is paid.
            if self.journal.take_cancel_request()? {
                self.cancel()?;
            }
            let left = self.left();
            let mut actions = self.state.next(self.clock.now());
            if left == Some(Duration::ZERO) {
                actions.retain(|action| action.submission().is_none());
            }
            if actions.iter().any(|action| action.submission().is_some()) && !self.may_send()? {
                actions.retain(|action| action.submission().is_none());
            }
            // Few at a time: between them a cancellation is heard.
            let at_once = if self.goal == Goal::Placed { 1 } else { AT_ONCE };
            let submissions = actions.iter().filter_map(Action::submission);
            // One may have been found.
            let submissions = submissions.filter(|item| self.state.phase(*item).is_waiting());
            let submissions: Vec<usize> = submissions.take(at_once).collect();
            self.submit(&submissions)?;
            // It sends or it looks: what was sent just now has not ended.
            if submissions.is_empty() && actions.contains(&Action::Poll) {
                self.look()?;
            }
            self.stop_cancelled()?;
            if self.goal == Goal::Ended {
                self.tell()?;
            }
            let now = self.clock.now();
            pace.see(&self.state, now);
            let actions = self.state.next(now);
            let is_over = match self.goal {
                Goal::Ended => actions.contains(&Action::Finish) && !self.is_telling(),
                Goal::Placed => actions.contains(&Action::Finish) || self.state.is_placed(now),
            };
            if is_over {
                self.give_up()?;
            }
            let (elapsed, eta) = (now.saturating_sub(self.began), || pace.left(&self.state, now));
            progress.show(&self.state, self.trouble.as_ref(), eta, elapsed);
            let is_last = is_over || left == Some(Duration::ZERO);
            if let Some(board) = &mut self.board {
                let why = why(self.state.stop(), self.state.shortage(), self.trouble.as_ref());
                board.show(&self.state, why, is_last);
            }
            if is_last {
                return Ok(Left { state: self.state, found: self.found });
            }
            // A slot that has just come free is filled before anything else.
            if !actions.iter().any(|action| action.submission().is_some()) {
                let pause = pace.pause(now).max(self.state.rest(now));
                self.clock.wait(self.left().map_or(pause, |left| left.min(pause)));
            }
        }
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
        let answers = in_parallel(&running, AT_ONCE, |(_, id)| service.cancel(id));
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
