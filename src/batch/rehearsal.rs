//! A batch on a platform that only keeps time: how well a plan uses the slots, and what
//! that costs in requests. For benches.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, json};

use super::journal::{Head, Journal};
use super::plan::{Item, Owner};
use super::policy::Policy;
use super::run::{Known, Limit, Run};
use super::service::Service;
use super::state::{Event, State};
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::{Job, JobId, JobParameters, JobsPage};

/// Jobs a page of the list has.
const PAGE: usize = 100;

/// What came of a rehearsal.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsed {
    /// Until the end of the last job was noticed.
    pub makespan: Duration,
    /// Requests that it took.
    pub requests: usize,
}

/// Runs jobs of these durations, so many at a time, on a clock that only waiting moves.
/// With `estimates` the longest are begun first.
///
/// # Errors
///
/// Only when the journal, which is in memory, cannot be made.
pub fn rehearse(durations: &[Duration], limit: usize, estimates: Option<&[Duration]>) -> Result<Rehearsed> {
    let platform = Platform {
        durations,
        limit,
        now: Mutex::default(),
        jobs: Mutex::default(),
        requests: AtomicUsize::new(0),
    };
    let owner = Owner {
        host: String::new(),
        project: String::new(),
        workflow: String::new(),
        workflow_name: String::new(),
    };
    let head = Head { name: "rehearsal".into(), run: String::new(), owner, created: String::new() };
    let mut journal = Journal::in_memory(&head)?;
    let item = |number: usize| Item {
        key: number.to_string(),
        parameters: JobParameters { label: number.to_string(), inputs: Map::new() },
    };
    let items: Vec<Item> = (0..durations.len()).map(item).collect();
    journal.add(&items)?;
    let policy = Policy { is_quiet: true, ..Policy::default() };
    let mut state = State::new(items.len(), limit, policy.settle);
    if let Some(estimates) = estimates {
        for (item, lasts) in estimates.iter().copied().enumerate() {
            state.apply(&Event::Estimated { item, lasts });
        }
    }
    let limit = Limit { project: limit, asked: limit };
    let places = (0..items.len()).collect();
    Run::new(
        &platform,
        "rehearsal",
        &policy,
        Known { journal, state, items, places, began: Duration::ZERO },
        limit,
    )?
    .drive()?;
    Ok(Rehearsed { makespan: platform.now(), requests: platform.requests.into_inner() })
}

struct Platform<'a> {
    durations: &'a [Duration],
    limit: usize,
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
        let status = if end <= self.now() { "SUCCEEDED" } else { "RUNNING" };
        Job::read(&json!({"id": number.to_string(), "name": item.to_string(), "status": status}))
            .unwrap_or_else(|_| unreachable!("it has an id and a status"))
    }
}

impl Service for Platform<'_> {
    fn create(&self, _name: &str, parameters: &JobParameters) -> Result<Job> {
        self.asked();
        let item: usize = parameters.label.parse().map_err(|_| Error::invalid("no number"))?;
        let now = self.now();
        let mut jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        if jobs.iter().filter(|(_, end)| *end > now).count() >= self.limit {
            return Err(Error::new(ErrorKind::Busy, "too many unfinished jobs"));
        }
        jobs.push((item, now + self.durations[item]));
        Ok(self.shown(jobs.len() - 1, jobs[jobs.len() - 1]))
    }

    fn page(&self, page: usize) -> Result<Option<JobsPage>> {
        self.asked();
        let jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        let newest = jobs.iter().copied().enumerate().rev().skip(page * PAGE).take(PAGE);
        let jobs: Vec<Job> = newest.map(|(number, job)| self.shown(number, job)).collect();
        Ok((!jobs.is_empty()).then_some(JobsPage { jobs, is_whole: true }))
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.asked();
        let jobs = self.jobs.lock().unwrap_or_else(|broken| broken.into_inner());
        let number: usize = id.as_str().parse().map_err(|_| Error::invalid("no number"))?;
        Ok(self.shown(number, jobs[number]))
    }

    fn cancel(&self, _id: &JobId) -> Result<()> {
        self.asked();
        Ok(())
    }

    fn credits(&self, _id: &JobId) -> Result<i64> {
        self.asked();
        Ok(1)
    }

    fn reason(&self, _job: &Job) -> Result<String> {
        self.asked();
        Ok(String::new())
    }

    fn balance(&self) -> Result<i64> {
        Ok(0)
    }

    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>> {
        Ok(vec![0; jobs.len()])
    }

    fn now(&self) -> Duration {
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn wait(&self, pause: Duration) {
        *self.now.lock().unwrap_or_else(|broken| broken.into_inner()) += pause;
    }
}
