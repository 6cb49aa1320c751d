use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::batch::backend::{Delivery, JobBackend, Mark, Source};
use crate::batch::plan::{Kind, Owner};
use crate::batch::submission::{Submission, tokens};
use crate::client::Client;
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobsPage};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::wait::Clock;

/// Platform with faults that a test chooses, on a simulated clock.
#[derive(Default)]
pub(super) struct Platform {
    pub(super) now: Mutex<Duration>,
    pub(super) jobs: Mutex<Vec<FakeJob>>,
    /// Duration of each job.
    pub(super) lasts: Duration,
    /// Number of first requests to create a job that get no response and create no job.
    pub(super) losses: AtomicUsize,
    pub(super) list: Broken,
    /// Start and end of a network outage.
    pub(super) outage: Option<[Duration; 2]>,
    /// Seconds that the machine sleeps in the next pause.
    pub(super) sleep: AtomicUsize,
    /// Limit of unfinished jobs of the project, and number of jobs that the credits suffice for.
    pub(super) slots: Option<usize>,
    pub(super) affordable: Option<usize>,
    /// Number of first requests for credits and logs that fail.
    pub(super) silence: AtomicUsize,
    pub(super) cancelled: Mutex<Vec<String>>,
    /// Whether jobs can be requested by their ids.
    pub(super) by_ids: bool,
    pub(super) sort: Sort,
    /// Delay until the list contains a job.
    pub(super) lag: Duration,
    /// Results of requests to create jobs: 6 is a lost response without a job, 7 a lost response
    /// with a job, 8 a refusal for a missing slot.
    pub(super) answers: Mutex<Vec<u8>>,
    pub(super) requests: AtomicUsize,
}

/// Job; its id is its index.
#[derive(Clone, Debug)]
pub(super) struct FakeJob {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) status: &'static str,
    pub(super) ends: Duration,
    pub(super) ending: &'static str,
    /// Time from which the list contains the job.
    pub(super) listed: Duration,
}

/// Content of the list for a job.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Sort {
    #[default]
    Named,
    ByIds,
    /// Its inputs.
    Telling,
    /// Neither name nor inputs.
    Silent,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Broken {
    #[default]
    No,
    /// An entry cannot be parsed.
    Entry,
    /// Each page is the first one.
    Pages,
    /// The second page is an error.
    Failing,
    /// The second page times out.
    Late,
    /// Every page times out.
    Never,
}

impl Platform {
    /// Adds a job from before the run, whose status never changes.
    pub(super) fn has(&self, name: &str, status: &'static str) -> Job {
        let made = FakeJob {
            name: name.into(),
            label: name.into(),
            status,
            ends: Duration::MAX,
            ending: status,
            listed: Duration::ZERO,
        };
        self.jobs.lock().unwrap().push(made);
        self.shown(self.made().len() - 1)
    }

    pub(super) fn made(&self) -> Vec<FakeJob> {
        self.jobs.lock().unwrap().clone()
    }

    fn shown(&self, id: usize) -> Job {
        let made = self.made()[id].clone();
        let status = if self.now() >= made.ends { made.ending } else { made.status };
        let inputs = json!({"label": made.label});
        Job::read(&json!({"id": id.to_string(), "name": made.name, "status": status, "inputs": inputs}))
            .unwrap()
    }

    fn all(&self) -> Vec<Job> {
        (0..self.made().len()).rev().map(|id| self.shown(id)).collect()
    }

    /// Counts a request; fails during the network outage.
    fn count_request(&self) -> Result<()> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        match self.outage {
            Some([from, to]) if (from..to).contains(&self.now()) => {
                *self.now.lock().unwrap() += Duration::from_secs(10);
                Err(timeout().unsent())
            }
            _ => Ok(()),
        }
    }
}

fn timeout() -> Error {
    Error::new(ErrorKind::Network, "no answer")
}

fn is_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

impl Source for Platform {
    fn client(&self) -> &Client {
        unreachable!("nobody is asked")
    }

    fn credits(&self, _: &JobId) -> Result<Option<i64>> {
        self.count_request()?;
        match is_one(&self.silence) {
            true => Err(Error::new(ErrorKind::Server, "500")),
            false => Ok(Some(7)),
        }
    }

    fn reason(&self, _: &Job) -> Result<String> {
        self.count_request()?;
        match is_one(&self.silence) {
            true => Err(Error::new(ErrorKind::Server, "500")),
            false => Ok("out of memory".into()),
        }
    }

    fn results(&self, _: &JobId) -> Result<Delivery> {
        unreachable!("nobody asks for results")
    }
}

impl Clock for Platform {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn wait(&self, pause: Duration) {
        let slept = self.sleep.swap(0, Ordering::SeqCst) as u64;
        *self.now.lock().unwrap() += pause + Duration::from_secs(slept);
    }
}

impl JobBackend for Platform {
    fn owner(&self) -> Owner {
        let [host, scope_id, id, name] = ["h", "p", "w", "w"].map(str::to_owned);
        Owner { kind: Kind::Workflow, host, scope_id, id, name, budget: None }
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        self.count_request()?;
        let (name, parameters) = (submission.name(), submission.parameters);
        if is_one(&self.losses) {
            *self.now.lock().unwrap() += Duration::from_secs(100);
            return Err(Error::new(ErrorKind::Network, "the connection broke"));
        }
        let unfinished = self.all().iter().filter(|job| !job.status.is_terminal()).count();
        if self.slots.is_some_and(|slots| unfinished >= slots) {
            return Err(Error::new(ErrorKind::Busy, "429: too many non-finished jobs"));
        }
        if self.affordable.is_some_and(|jobs| self.made().len() >= jobs) {
            return Err(Error::new(ErrorKind::Credits, "403: Insufficient credits to run job"));
        }
        let answer = self.answers.lock().unwrap().pop().unwrap_or(0);
        match answer {
            6 => return Err(timeout()),
            8 => return Err(Error::new(ErrorKind::Busy, "429: too many non-finished jobs")),
            _ => {}
        }
        let now = self.now();
        let (label, ends) = (parameters.label.clone(), now + self.lasts);
        let listed = now + self.lag;
        let mut jobs = self.jobs.lock().unwrap();
        jobs.push(FakeJob { name, label, status: "RUNNING", ends, ending: "SUCCEEDED", listed });
        let id = jobs.len() - 1;
        drop(jobs);
        if answer == 7 { Err(timeout()) } else { Ok(self.shown(id)) }
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        self.count_request()?;
        let page: usize = next.map_or(0, |page| page.parse().unwrap());
        match (page, self.list) {
            (1, Broken::Failing) => return Err(Error::new(ErrorKind::Server, "500")),
            (1, Broken::Late) | (_, Broken::Never) => return Err(timeout()),
            (0, _) | (_, Broken::Pages) => {}
            _ => return Ok(JobsPage { jobs: Vec::new(), is_whole: true, next: None }),
        }
        let now = self.now();
        let listed: Vec<bool> = self.made().iter().rev().map(|made| made.listed <= now).collect();
        let mut jobs: Vec<Job> =
            self.all().into_iter().zip(listed).filter(|(_, listed)| *listed).map(|(job, _)| job).collect();
        jobs.push(
            Job::read(&json!({"id": "theirs", "status": "SUCCEEDED", "inputs": {"label": "theirs"}}))
                .unwrap(),
        );
        let next = Some((page + 1).to_string());
        Ok(JobsPage { jobs, is_whole: self.list != Broken::Entry, next })
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.count_request()?;
        Ok(self.shown(id.as_str().parse().unwrap()))
    }

    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        self.count_request()?;
        self.cancelled.lock().unwrap().push(id.to_string());
        self.jobs.lock().unwrap()[id.as_str().parse::<usize>().unwrap()].status = "CANCELLED";
        Ok(None)
    }

    fn balance(&self) -> Result<i64> {
        self.count_request()?;
        Ok(1420)
    }

    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>> {
        self.count_request()?;
        Ok(vec![1000; jobs.len()])
    }

    fn estimate(&self, _: &[JobParameters]) -> Result<Estimate> {
        unreachable!("prices are asked for")
    }

    fn jobs(&self, ids: &[JobId]) -> Option<Result<Vec<Job>>> {
        let known = |ids: &[JobId]| ids.iter().map(|id| self.shown(id.as_str().parse().unwrap())).collect();
        self.by_ids.then(|| self.count_request().map(|()| known(ids)))
    }

    fn mark_of(&self, job: &Job) -> Mark {
        match self.sort {
            Sort::Telling => Mark::Inputs,
            Sort::Silent if job.id.as_str() == "theirs" => Mark::None,
            Sort::Silent => Mark::Hidden,
            Sort::Named | Sort::ByIds => Mark::Names(tokens(job.name.as_deref().unwrap_or_default())),
        }
    }
}
