use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use super::engine::Batch;
use super::journal::Journal;
use super::plan::Item;
use super::progress::Progress;
use super::state::{Action, Event, State};
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobStatus;
use crate::transport::in_parallel;

/// Requests at a time to create jobs, and to fetch what finished jobs left.
const AT_ONCE: usize = 16;
/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;
/// The shortest and the longest pause between two looks at the jobs.
const SHORTEST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(15);

/// A batch on its way, by the one who has the lock.
pub(super) struct Run<'a> {
    pub(super) batch: &'a Batch,
    pub(super) journal: Journal,
    pub(super) state: State,
    /// The plan as the journal has it.
    pub(super) items: Vec<Item>,
    /// In the names of its jobs.
    pub(super) id: String,
    /// Why nothing may be moving.
    pub(super) trouble: Option<Error>,
}

impl Run<'_> {
    /// Does what the state asks for until there is nothing more to do.
    pub(super) fn drive(mut self) -> Result<State> {
        let ended = Error::new(ErrorKind::Network, "the program ended before the answer came");
        let lost = |item| Event::Lost { item, error: ended.clone() };
        self.keep(self.state.orphans().map(lost).collect())?;
        let mut progress = Progress::new(self.batch.is_quiet);
        let start = Instant::now();
        let mut pause = SHORTEST;
        loop {
            let actions = self.state.next(now());
            let before = tally(&self.state);
            let submissions: Vec<usize> = actions.iter().filter_map(Action::submission).collect();
            self.submit(&submissions)?;
            if actions.contains(&Action::Poll) {
                self.poll()?;
            }
            let has_changed = tally(&self.state) != before;
            progress.show(&self.state, self.trouble.as_ref(), start.elapsed());
            if actions.contains(&Action::Finish) {
                self.tell()?;
                return Ok(self.state);
            }
            pause = if has_changed { SHORTEST } else { pause.mul_f64(1.3).min(LONGEST) };
            if submissions.is_empty() || !has_changed {
                std::thread::sleep(pause);
            }
        }
    }

    /// Takes events in, and keeps those that tell something new.
    pub(super) fn keep(&mut self, events: Vec<Event>) -> Result<()> {
        let news: Vec<Event> = events.into_iter().filter(|event| self.state.apply(event)).collect();
        self.journal.append(&news)
    }

    /// The item's name on the platform, so that a job whose answer was lost can be found
    /// again, and is not taken for one of another batch.
    fn job_name(&self, item: usize) -> String {
        let prefix: String = self.batch.name().chars().take(60).collect();
        let name = format!("{prefix}_{item}_{}_{}", self.items[item].key, self.id);
        match self.state.retries(item) {
            0 => name,
            again => format!("{name}_{again}"),
        }
    }

    /// Creates the jobs. Fails only when that is refused and there are none.
    fn submit(&mut self, submissions: &[usize]) -> Result<()> {
        let at = now();
        self.keep(submissions.iter().map(|item| Event::Intent { item: *item, at }).collect())?;
        let named: Vec<_> = submissions.iter().map(|item| (*item, self.job_name(*item))).collect();
        let answers = in_parallel(&named, AT_ONCE, |(item, name)| {
            self.batch.workflow.create_job(name, &self.items[*item].parameters, self.batch.mode())
        });
        let mut stop = None;
        let mut events = Vec::with_capacity(answers.len());
        for (item, answer) in submissions.iter().copied().zip(answers) {
            let at = now();
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
                        false => Event::Lost { item, error },
                    }
                }
                _ => Event::Rejected { item, error },
            });
        }
        self.keep(events)?;
        let Some(error) = stop else { return Ok(()) };
        if self.state.phases().iter().all(|phase| phase.job().is_none() && !phase.is_lost()) {
            return Err(error);
        }
        self.state.stop_sending(error);
        Ok(())
    }

    /// Reads the list until every unfinished job was seen: a request for a hundred
    /// jobs, not one for each. What cannot be read now is read the next time: the jobs
    /// go on.
    fn poll(&mut self) -> Result<()> {
        let asked = now();
        let most = if self.state.wants_whole_list(asked) { usize::MAX } else { PAGES };
        let project = self.batch.workflow.project();
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
        let mut events = Vec::new();
        let mut is_whole = false;
        for page in 0..most {
            if unfinished.is_empty() && lost.is_empty() {
                break;
            }
            let jobs = match project.jobs_page(page) {
                Ok(jobs) => jobs,
                Err(error) => {
                    self.trouble = Some(error);
                    return self.keep(events);
                }
            };
            self.trouble = None;
            let Some(jobs) = jobs else {
                is_whole = true;
                break;
            };
            for job in jobs {
                let by_name = || job.name.as_ref().and_then(|name| lost.remove(name));
                if let Some(item) = unfinished.remove(job.id.as_str()).or_else(by_name) {
                    events.push(Event::Seen { item, job });
                }
            }
        }
        events.extend(lost.into_values().filter_map(|item| self.state.judge(item, asked, is_whole)));
        // Jobs that the list does not show: it may lag, or be too long.
        for item in unfinished.into_values() {
            let Some(id) = self.state.phase(item).unfinished_id() else { continue };
            match project.job(id) {
                Ok(job) => events.push(Event::Seen { item, job }),
                Err(error) if error.kind() == ErrorKind::NotFound => events.push(Event::Missing { item }),
                Err(error) => self.trouble = Some(error),
            }
        }
        self.keep(events)
    }

    /// Asks what the ended jobs cost, and why some failed.
    fn tell(&mut self) -> Result<()> {
        let phases = self.state.phases().iter().enumerate();
        let untold: Vec<usize> =
            phases.filter(|(_, phase)| phase.is_untold()).map(|(item, _)| item).collect();
        let told = in_parallel(&untold, AT_ONCE, |item| {
            let job = self.state.phase(*item).job()?;
            // Tasks that had succeeded are paid even when a later one failed.
            let credits = self.batch.workflow.project().job_credits(&job.id).ok();
            let reason = (job.status != JobStatus::Succeeded).then(|| self.batch.reason(job));
            Some(Event::Told { item: *item, credits, reason })
        });
        self.keep(told.into_iter().flatten().collect())
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

/// Since the Unix epoch.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// What a person would see change.
fn tally(state: &State) -> Vec<Option<JobStatus>> {
    state.phases().iter().map(|phase| phase.status().cloned()).collect()
}
