use std::collections::{HashMap, HashSet};

use super::journal::Journal;
use super::pace::Pace;
use super::plan::Item;
use super::policy::{OnFailure, Policy};
use super::progress::Progress;
use super::report::JobRecord;
use super::service::Service;
use super::state::{Action, Event, State};
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::{Job, JobId, JobStatus};
use crate::parallel::in_parallel;

/// Requests at a time to create jobs, and to fetch what finished jobs left.
const AT_ONCE: usize = 16;
/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;

/// A batch on its way, by the one who has the lock.
pub(super) struct Run<'a, S> {
    service: &'a S,
    /// The batch's name.
    name: &'a str,
    policy: &'a Policy,
    journal: Journal,
    state: State,
    /// The plan as the journal has it.
    items: Vec<Item>,
    /// Where each item stands in the collection.
    places: Vec<usize>,
    /// In the names of its jobs.
    id: String,
    limit: Limit,
    /// Why nothing may be moving.
    trouble: Option<Error>,
    /// Jobs that were asked to stop, once it is to be cancelled.
    cancelled: Option<HashSet<JobId>>,
}

/// How many jobs may be unfinished at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// By the project's settings: whoever began them.
    pub(super) project: usize,
    /// By the user: those of the batch.
    pub(super) asked: usize,
}

impl Limit {
    /// Of the batch, when nobody else has jobs in the project.
    pub(super) fn ours(self) -> usize {
        self.asked.min(self.project)
    }
}

/// What is known of a batch when it is driven.
pub(super) struct Known {
    pub(super) journal: Journal,
    pub(super) state: State,
    pub(super) items: Vec<Item>,
    /// Where each item stands in the collection.
    pub(super) places: Vec<usize>,
}

impl<'a, S: Service> Run<'a, S> {
    pub(super) fn new(
        service: &'a S,
        name: &'a str,
        policy: &'a Policy,
        known: Known,
        limit: Limit,
    ) -> Result<Self> {
        let Known { journal, state, items, places } = known;
        let id = journal.head()?.run;
        let (trouble, cancelled) = (None, None);
        Ok(Self { service, name, policy, journal, state, items, places, id, limit, trouble, cancelled })
    }

    /// Does what the state asks for until there is nothing more to do.
    pub(super) fn drive(mut self) -> Result<State> {
        let ended = Error::new(ErrorKind::Network, "the program ended before the answer came");
        let start = self.service.now();
        let lost = |item| Event::Lost { item, at: start, error: ended.clone() };
        self.keep(self.state.orphans().map(lost).collect())?;
        self.state.catch_up(start);
        let mut progress = Progress::new(self.policy.is_quiet);
        let mut pace = Pace::default();
        loop {
            // Before anything is paid.
            if self.journal.is_to_cancel()? {
                self.cancel()?;
            }
            let actions = self.state.next(self.service.now());
            let submissions: Vec<usize> = actions.iter().filter_map(Action::submission).collect();
            self.submit(&submissions)?;
            // It sends or it looks: what was sent just now has not ended.
            if submissions.is_empty() && actions.contains(&Action::Poll) {
                self.poll()?;
            }
            self.stop_cancelled();
            self.tell()?;
            let elapsed = self.service.now().saturating_sub(start);
            progress.show(&self.state, self.trouble.as_ref(), elapsed);
            if actions.contains(&Action::Finish) {
                self.state.give_up();
                return Ok(self.state);
            }
            if self.policy.deadline.is_some_and(|deadline| elapsed >= deadline) {
                return Ok(self.state);
            }
            pace.see(&self.state, self.service.now());
            // A slot that has just come free is filled before anything else.
            let can_send = |action: &Action| matches!(action, Action::Submit(_));
            if !self.state.next(self.service.now()).iter().any(can_send) {
                self.service.wait(pace.pause(self.service.now()));
            }
        }
    }

    /// Sends nothing any more, and stops what runs.
    pub(super) fn cancel(&mut self) -> Result<()> {
        self.journal.is_to_cancel()?;
        self.cancelled.get_or_insert_default();
        self.state.stop_sending(Error::invalid("the batch was cancelled"));
        Ok(())
    }

    /// Asks each unfinished job once to stop, but for those that are left out.
    fn stop_cancelled(&mut self) {
        let Some(cancelled) = &mut self.cancelled else { return };
        let phases = self.state.phases().iter().enumerate();
        let unfinished = phases
            .filter(|(item, _)| !self.state.is_left_out(*item))
            .filter_map(|(_, phase)| phase.unfinished_id());
        let running: Vec<JobId> = unfinished.filter(|id| !cancelled.contains(*id)).cloned().collect();
        let service = self.service;
        let answers = in_parallel(&running, AT_ONCE, |id| service.cancel(id));
        for (id, answer) in running.into_iter().zip(answers) {
            match answer {
                Ok(()) => drop(cancelled.insert(id)),
                Err(error) => self.trouble = Some(error),
            }
        }
    }

    /// Takes events in, and keeps those that tell something new.
    fn keep(&mut self, events: Vec<Event>) -> Result<()> {
        let news: Vec<Event> = events.into_iter().filter(|event| self.state.apply(event)).collect();
        self.journal.append(&news)
    }

    /// The item's name on the platform, so that a job whose answer was lost can be found
    /// again, and is not taken for one of another batch.
    fn job_name(&self, item: usize) -> String {
        let prefix: String = self.name.chars().take(60).collect();
        let name = format!("{prefix}_{item}_{}_{}", self.items[item].key, self.id);
        match self.state.retries(item) {
            0 => name,
            again => format!("{name}_{again}"),
        }
    }

    /// Creates the jobs. Fails only when that is refused and there are none.
    fn submit(&mut self, submissions: &[usize]) -> Result<()> {
        let at = self.service.now();
        self.keep(submissions.iter().map(|item| Event::Intent { item: *item, at }).collect())?;
        let named: Vec<_> = submissions.iter().map(|item| (*item, self.job_name(*item))).collect();
        let answers = in_parallel(&named, AT_ONCE, |(item, name)| {
            self.service.create(name, &self.items[*item].parameters)
        });
        let mut stop = None;
        let mut events = Vec::with_capacity(answers.len());
        for (item, answer) in submissions.iter().copied().zip(answers) {
            let at = self.service.now();
            let error = match answer {
                Ok(job) => {
                    self.trouble = None;
                    events.push(Event::Submitted { item, job });
                    continue;
                }
                Err(error) => error,
            };
            events.push(match error.kind() {
                // They befall every job to come; nothing was created.
                ErrorKind::Auth | ErrorKind::Credits => {
                    stop = Some(error);
                    Event::Deferred { item, at }
                }
                ErrorKind::Busy => Event::Deferred { item, at },
                ErrorKind::Network | ErrorKind::Server | ErrorKind::Response => {
                    self.trouble = Some(error.clone());
                    match error.is_unsent() {
                        true => Event::Deferred { item, at },
                        false => Event::Lost { item, at, error },
                    }
                }
                _ => Event::Rejected { item, error },
            });
        }
        let refused = events.iter().find_map(|event| match event {
            Event::Rejected { item, .. } => Some(*item),
            _ => None,
        });
        self.keep(events)?;
        if let (Some(item), OnFailure::Stop) = (refused, self.policy.on_failure) {
            self.state.stop_sending(self.stopped_by(item));
        }
        let Some(error) = stop else { return Ok(()) };
        if self.state.phases().iter().all(|phase| phase.job().is_none() && !phase.is_lost()) {
            return Err(error);
        }
        self.state.stop_sending(error);
        Ok(())
    }

    /// Reads the list until every unfinished job was seen: a request for a hundred
    /// jobs, not one for each. What cannot be read now is read the next time: the jobs
    /// go on. A list is whole when its end was reached, every entry could be read, and
    /// every page had something new: some servers know no pages.
    fn poll(&mut self) -> Result<()> {
        let asked = self.service.now();
        let most = if self.state.wants_whole_list(asked) { usize::MAX } else { PAGES };
        let mut unfinished: HashMap<String, usize> = HashMap::new();
        let mut lost: HashMap<String, usize> = HashMap::new();
        for (item, phase) in self.state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.as_str().to_owned(), item);
            }
            if phase.is_lost() {
                lost.insert(self.job_name(item), item);
            }
        }
        let ours: HashSet<&JobId> =
            self.state.phases().iter().filter_map(|phase| Some(&phase.job()?.id)).collect();
        let mut foreign = 0;
        let mut events = Vec::new();
        let (mut can_be_read, mut has_end) = (true, false);
        let mut listed: HashSet<JobId> = HashSet::new();
        let mut failure = None;
        for page in 0..most {
            if unfinished.is_empty() && lost.is_empty() {
                break;
            }
            let jobs = match self.service.page(page) {
                Ok(Some(page)) => {
                    can_be_read &= page.is_whole;
                    page.jobs
                }
                Ok(None) => {
                    has_end = true;
                    break;
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            };
            let before = listed.len();
            listed.extend(jobs.iter().map(|job| job.id.clone()));
            if listed.len() == before {
                break;
            }
            for job in jobs {
                let by_name = || job.name.as_ref().and_then(|name| lost.remove(name));
                match unfinished.remove(job.id.as_str()).or_else(by_name) {
                    Some(item) => events.push(Event::Seen { item, job }),
                    None => foreign += usize::from(!job.status.is_terminal() && !ours.contains(&job.id)),
                }
            }
        }
        // Jobs that others run in the project take slots too.
        if failure.is_none() {
            self.state.set_limit(self.limit.asked.min(self.limit.project.saturating_sub(foreign)));
        }
        // A platform that cannot be reached says nothing, however long that lasts.
        let is_offline = failure.as_ref().is_some_and(|error| error.kind() == ErrorKind::Network);
        if !is_offline {
            let is_whole = can_be_read && has_end;
            events.extend(lost.into_values().filter_map(|item| self.state.judge(item, asked, is_whole)));
        }
        self.trouble = failure;
        // Jobs that the list does not show: it may lag, or be too long.
        for item in unfinished.into_values() {
            let Some(id) = self.state.phase(item).unfinished_id() else { continue };
            match self.service.job(id) {
                Ok(job) => events.push(Event::Seen { item, job }),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    events.extend(self.state.miss(item, self.service.now()));
                }
                Err(error) => {
                    let is_offline = error.kind() == ErrorKind::Network;
                    self.trouble = Some(error);
                    // The others would wait as long for nothing.
                    if is_offline {
                        break;
                    }
                }
            }
        }
        self.keep(events)
    }

    fn stopped_by(&self, item: usize) -> Error {
        let label = &self.items[item].parameters.label;
        Error::invalid(format!("job `{label}` failed, and nothing is sent after it"))
    }

    /// Asks what the jobs that have ended cost, and why some failed, and tells of them.
    fn tell(&mut self) -> Result<()> {
        let phases = self.state.phases().iter().enumerate();
        let untold: Vec<usize> =
            phases.filter(|(_, phase)| phase.is_untold()).map(|(item, _)| item).collect();
        let (service, state) = (self.service, &self.state);
        let told = in_parallel(&untold, AT_ONCE, |item| ended(service, *item, state.phase(*item).job()?));
        self.keep(told.into_iter().flatten().collect())?;
        let policy = &self.policy;
        for item in untold {
            if self.state.is_left_out(item) {
                continue;
            }
            let (phase, parameters) = (self.state.phase(item), &self.items[item].parameters);
            // While its credits cannot be read the record is half of one.
            if let (Some(hook), false) = (&policy.on_finished, phase.is_untold()) {
                hook(&JobRecord::new(self.places[item], parameters, phase, None));
            }
            if policy.on_failure == OnFailure::Stop && !phase.has_succeeded() {
                self.state.stop_sending(self.stopped_by(item));
            }
        }
        Ok(())
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

/// What became of a job that has ended. `None` when that cannot be asked now: then it is
/// asked the next time.
fn ended(service: &impl Service, item: usize, job: &Job) -> Option<Event> {
    // Tasks that had succeeded are paid even when a later one failed.
    let credits = match service.credits(&job.id) {
        Ok(credits) => Some(credits),
        Err(error) if error.may_pass() => return None,
        Err(_) => None,
    };
    let reason =
        match &job.status {
            JobStatus::Succeeded => None,
            status if !status.is_terminal() => {
                Some(format!("the platform does not know the job any more; it was {status} when last seen"))
            }
            status => Some(service.reason(job).unwrap_or_else(|error| {
                format!("the job is {status}, and its logs cannot be read: {error}")
            })),
        };
    Some(Event::Told { item, credits, reason })
}

#[cfg(test)]
mod tests;
