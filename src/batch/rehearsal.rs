//! Runs of a batch on a simulated clock, for benchmarks: how well a plan uses the slots, and how
//! many requests that takes; and runs of a real batch on a clock that the caller advances.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::backend::{Delivery, JobBackend, Source};
use super::batch::Batch;
use super::journal::{Head, Journal};
use super::locked_run::Task;
use super::plan::{Item, Kind, Owner};
use super::policy::Policy;
use super::run::{Limit, Run, RunStart};
use super::state::{Event, State};
use super::submission::Submission;
use crate::client::Client;
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobStatus, JobsPage};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::wait::Clock;

/// Number of jobs on a page of the list.
const PAGE: usize = 100;

/// Result of a rehearsal.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsed {
    /// Time until the end of the last job was noticed.
    pub makespan: Duration,
    /// Number of requests.
    pub requests: usize,
}

/// Runs jobs of these durations, up to `limit` at a time, on a clock that only waiting advances.
/// With `estimates`, the longest jobs are started first.
///
/// # Errors
///
/// Only if the journal, which is in memory, cannot be created.
pub fn rehearse(durations: &[Duration], limit: usize, estimates: Option<&[Duration]>) -> Result<Rehearsed> {
    run(Journal::in_memory(&head())?, |_| Map::new(), durations, limit, estimates)
}

/// Runs a batch on a clock that only waiting advances, and returns the elapsed time. `wait` is
/// called with each pause, so that the clock of the platform can be advanced as well.
///
/// # Errors
///
/// The errors of [`Batch::run`].
pub fn rehearse_batch(batch: &Batch, wait: impl Fn(Duration) + Sync) -> Result<Duration> {
    let clock = Hand { now: Mutex::default(), wait };
    batch.run_with_clock(&clock, Task::Run, None)?;
    Ok(clock.now())
}

struct Hand<W> {
    now: Mutex<Duration>,
    wait: W,
}

impl<W: Fn(Duration) + Sync> Clock for Hand<W> {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn wait(&self, pause: Duration) {
        (self.wait)(pause);
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner()) += pause;
    }
}

/// Runs [`rehearse`] with the longest jobs first, a journal in a folder, and realistic inputs.
///
/// # Errors
///
/// [`ErrorKind::Io`] if the journal cannot be written.
pub fn rehearse_in(folder: &Path, durations: &[Duration], limit: usize) -> Result<Rehearsed> {
    let head = head();
    let journal = Journal::create(&Journal::path(folder, &head.name), &head)?;
    run(journal, inputs, durations, limit, Some(durations))
}

fn head() -> Head {
    let [host, scope_id, id, name] = ["h", "p", "w", "rehearsal"].map(str::to_owned);
    let owner = Owner { kind: Kind::Workflow, host, scope_id, id, name, budget: None };
    Head { name: "rehearsal".into(), run: String::new(), owner, created: String::new() }
}

/// Returns inputs as large as those of a job for one area.
fn inputs(number: usize) -> Map<String, Value> {
    let west = number as f64 * 1e-3;
    let inputs = json!({"sobloo-s2-l1c-aoiclipped:1": {
        "bbox": [west, 14.68, west + 0.04, 14.72], "time": "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z",
        "ids": null, "limit": 1, "contains": null, "intersects": null, "zoom_level": 17,
        "time_series": null, "max_cloud_cover": 100,
    }});
    inputs.as_object().cloned().unwrap_or_default()
}

fn run(
    mut journal: Journal,
    inputs: impl Fn(usize) -> Map<String, Value>,
    durations: &[Duration],
    limit: usize,
    estimates: Option<&[Duration]>,
) -> Result<Rehearsed> {
    let item = |number: usize| Item {
        key: format!("{number:016x}"),
        parameters: JobParameters { label: number.to_string(), inputs: inputs(number) },
    };
    let items: Vec<Item> = (0..durations.len()).map(item).collect();
    let platform = Platform {
        items: &items,
        durations,
        limit,
        blank: Job::read(&json!({"id": "", "status": "", "createdAt": "2020-01-01T00:00:00Z"}))?,
        now: Mutex::default(),
        jobs: Mutex::default(),
        requests: AtomicUsize::new(0),
    };
    journal.add(&items)?;
    let policy = Policy { is_quiet: true, ..Policy::default() };
    let mut state = State::new(items.len(), limit, policy.limits.lost_job_timeout());
    let estimates = estimates.unwrap_or_default().iter().copied().enumerate();
    let events: Vec<Event> = estimates.map(|(item, lasts)| Event::Estimated { item, lasts }).collect();
    journal.append(&events)?;
    for event in &events {
        state.apply(event);
    }
    let limit = Limit { service: limit, user: limit };
    let indices = (0..items.len()).collect();
    let start =
        RunStart { journal, state, items: items.clone(), indices, started: Duration::ZERO, existed: false };
    Run::new((&platform, &platform), "rehearsal", &policy, start, limit)?.run_to_end()?;
    Ok(Rehearsed { makespan: platform.now(), requests: platform.requests.into_inner() })
}

struct Platform<'a> {
    items: &'a [Item],
    durations: &'a [Duration],
    limit: usize,
    /// Job with the fields that are the same for all jobs.
    blank: Job,
    now: Mutex<Duration>,
    /// Item and end of each job, in the order of their creation.
    jobs: Mutex<Vec<(usize, Duration)>>,
    requests: AtomicUsize,
}

impl Platform<'_> {
    fn asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn shown(&self, number: usize, (item, end): (usize, Duration)) -> Job {
        let status = if end <= self.now() { JobStatus::Succeeded } else { JobStatus::Running };
        Job {
            id: JobId(format!("{number:036}")),
            name: Some(item.to_string()),
            status,
            inputs: self.items[item].parameters.inputs.clone(),
            ..self.blank.clone()
        }
    }
}

impl Source for Platform<'_> {
    fn client(&self) -> &Client {
        unreachable!("a rehearsal asks nobody")
    }

    fn credits(&self, _id: &JobId) -> Result<Option<i64>> {
        self.asked();
        Ok(Some(1))
    }

    fn reason(&self, _job: &Job) -> Result<String> {
        self.asked();
        Ok(String::new())
    }

    fn results(&self, _id: &JobId) -> Result<Delivery> {
        Err(Error::invalid("a rehearsal has no results"))
    }
}

impl Clock for Platform<'_> {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn wait(&self, pause: Duration) {
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner()) += pause;
    }
}

impl JobBackend for Platform<'_> {
    fn owner(&self) -> Owner {
        head().owner
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        self.asked();
        let item: usize = submission.parameters.label.parse().map_err(|_| Error::invalid("no number"))?;
        let now = self.now();
        let mut jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        if jobs.iter().filter(|(_, end)| *end > now).count() >= self.limit {
            return Err(Error::new(ErrorKind::Busy, "too many unfinished jobs"));
        }
        jobs.push((item, now + self.durations[item]));
        Ok(self.shown(jobs.len() - 1, jobs[jobs.len() - 1]))
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        self.asked();
        let page: usize = next.and_then(|page| page.parse().ok()).unwrap_or(0);
        let jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        let newest = jobs.iter().copied().enumerate().rev().skip(page * PAGE).take(PAGE);
        let jobs: Vec<Job> = newest.map(|(number, job)| self.shown(number, job)).collect();
        let next = (!jobs.is_empty()).then(|| (page + 1).to_string());
        Ok(JobsPage { jobs, is_whole: true, next })
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.asked();
        let jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        let number: usize = id.as_str().parse().map_err(|_| Error::invalid("no number"))?;
        Ok(self.shown(number, jobs[number]))
    }

    fn cancel(&self, _id: &JobId) -> Result<Option<Job>> {
        self.asked();
        Ok(None)
    }

    fn balance(&self) -> Result<i64> {
        Ok(0)
    }

    fn estimate(&self, _jobs: &[JobParameters]) -> Result<Estimate> {
        Err(Error::invalid("a rehearsal has no prices"))
    }
}
