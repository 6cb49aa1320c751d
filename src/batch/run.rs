use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::engine::{AT_ONCE, Batch};
use super::progress::Progress;
use super::state::{Action, Event, State};
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobStatus;
use crate::parallel::in_parallel;

/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;
/// The shortest and the longest pause between two looks at the jobs.
const SHORTEST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(15);

/// A batch on its way.
pub(super) struct Run<'a> {
    batch: &'a Batch,
    /// In the names of its jobs: no other run's are taken for them.
    id: String,
    state: State,
    start: Instant,
    /// Why nothing may be moving.
    trouble: Option<Error>,
}

impl<'a> Run<'a> {
    pub(super) fn new(batch: &'a Batch, limit: usize) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let state = State::new(batch.plan.items.len(), limit);
        Self { batch, id, state, start: Instant::now(), trouble: None }
    }

    /// Does what the state asks for until everything has ended.
    pub(super) fn drive(mut self) -> Result<State> {
        let mut progress = Progress::new(self.batch.is_quiet);
        let mut pause = SHORTEST;
        loop {
            let actions = self.state.next(self.now());
            let before = tally(&self.state);
            let submissions: Vec<usize> = actions.iter().filter_map(Action::submission).collect();
            self.submit(&submissions)?;
            if actions.contains(&Action::Poll) {
                self.poll();
            }
            progress.show(&self.state, self.trouble.as_ref(), self.now());
            if actions.contains(&Action::Finish) {
                return Ok(self.state);
            }
            let has_changed = tally(&self.state) != before;
            pause = if has_changed { SHORTEST } else { pause.mul_f64(1.3).min(LONGEST) };
            if submissions.is_empty() || !has_changed {
                std::thread::sleep(pause);
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Creates the jobs. Fails only when that is refused and there are none.
    fn submit(&mut self, submissions: &[usize]) -> Result<()> {
        for item in submissions {
            self.state.apply(Event::Intent { item: *item });
        }
        let Batch { plan, workflow, .. } = self.batch;
        let answers = in_parallel(submissions, AT_ONCE, |item| {
            let name = plan.job_name(*item, &self.id);
            workflow.create_job(&name, &plan.items[*item].parameters, plan.mode)
        });
        let mut stop = None;
        for (item, answer) in submissions.iter().copied().zip(answers) {
            let now = self.now();
            let error = match answer {
                Ok(job) => {
                    self.state.apply(Event::Submitted { item, job });
                    self.trouble = None;
                    continue;
                }
                Err(error) => error,
            };
            match error.kind() {
                // They befall every job to come.
                ErrorKind::Auth | ErrorKind::Credits => {
                    stop = Some(error.clone());
                    self.state.apply(Event::Rejected { item, error });
                }
                ErrorKind::Busy => self.state.apply(Event::Deferred { item, now }),
                ErrorKind::Network | ErrorKind::Server | ErrorKind::Response => {
                    self.trouble = Some(error.clone());
                    self.state.apply(match error.is_unsent() {
                        true => Event::Deferred { item, now },
                        false => Event::Lost { item, error, now },
                    });
                }
                _ => self.state.apply(Event::Rejected { item, error }),
            }
        }
        let Some(error) = stop else { return Ok(()) };
        if self.state.phases().iter().all(|phase| phase.job().is_none() && !phase.is_lost()) {
            return Err(error);
        }
        self.state.apply(Event::Stopped { error });
        Ok(())
    }

    /// Reads the list until every unfinished job was seen: a request for a hundred
    /// jobs, not one for each. What cannot be read now is read the next time: the jobs
    /// go on.
    fn poll(&mut self) {
        let Batch { plan, workflow, .. } = self.batch;
        let project = workflow.project();
        let mut unfinished: HashMap<String, usize> = HashMap::new();
        let mut lost: HashMap<String, usize> = HashMap::new();
        for (item, phase) in self.state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.as_str().to_owned(), item);
            }
            if phase.is_lost() {
                lost.insert(plan.job_name(item, &self.id), item);
            }
        }
        for page in 0..PAGES {
            if unfinished.is_empty() && lost.is_empty() {
                return;
            }
            let jobs = match project.jobs_page(page) {
                Ok(jobs) => jobs,
                Err(error) => {
                    self.trouble = Some(error);
                    return;
                }
            };
            self.trouble = None;
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                let by_name = || job.name.as_ref().and_then(|name| lost.remove(name));
                if let Some(item) = unfinished.remove(job.id.as_str()).or_else(by_name) {
                    self.state.apply(Event::Seen { item, job });
                }
            }
        }
        let now = self.now();
        for item in lost.into_values() {
            self.state.apply(Event::NotFound { item, now });
        }
        // Jobs that the list does not show: it may lag, or be too long.
        for item in unfinished.into_values() {
            let Some(id) = self.state.phase(item).unfinished_id() else { continue };
            match project.job(id) {
                Ok(job) => self.state.apply(Event::Seen { item, job }),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.state.apply(Event::NotFound { item, now });
                }
                Err(error) => self.trouble = Some(error),
            }
        }
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

/// What a person would see change.
fn tally(state: &State) -> Vec<Option<JobStatus>> {
    state.phases().iter().map(|phase| phase.status().cloned()).collect()
}
