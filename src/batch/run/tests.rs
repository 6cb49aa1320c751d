use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, json};

use super::*;
use crate::batch::journal::Head;
use crate::batch::plan::Owner;
use crate::jobs::{JobParameters, JobsPage};

/// A platform whose lists are broken in some way, on a clock that only waiting moves.
#[derive(Default)]
struct Platform {
    now: Mutex<Duration>,
    /// Name and status; the place is the id.
    jobs: Mutex<Vec<(String, &'static str)>>,
    /// Answers to the first requests to create a job are lost, and so are the jobs.
    losses: AtomicUsize,
    list: Broken,
    has_credits: AtomicBool,
    cancelled: Mutex<Vec<String>>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Broken {
    #[default]
    No,
    /// An entry cannot be read.
    Entry,
    /// Each page is the first.
    Pages,
    /// The second page is an error.
    Failing,
}

impl Platform {
    fn shown(&self, id: usize) -> Job {
        let (name, status) = self.jobs.lock().unwrap()[id].clone();
        Job::read(&json!({"id": id.to_string(), "name": name, "status": status})).unwrap()
    }
}

impl Service for Platform {
    fn create(&self, name: &str, _: &JobParameters) -> Result<Job> {
        if self.losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            *self.now.lock().unwrap() += Duration::from_secs(100);
            return Err(Error::new(ErrorKind::Network, "the connection broke"));
        }
        let mut jobs = self.jobs.lock().unwrap();
        jobs.push((name.to_owned(), "SUCCEEDED"));
        let id = jobs.len() - 1;
        drop(jobs);
        Ok(self.shown(id))
    }

    fn page(&self, page: usize) -> Result<Option<JobsPage>> {
        match (page, self.list) {
            (1, Broken::Failing) => return Err(Error::new(ErrorKind::Server, "500")),
            (0, _) | (_, Broken::Pages) => {}
            _ => return Ok(None),
        }
        let job = Job::read(&json!({"id": "theirs", "status": "SUCCEEDED"})).unwrap();
        Ok(Some(JobsPage { jobs: vec![job], is_whole: self.list != Broken::Entry }))
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        Ok(self.shown(id.as_str().parse().unwrap()))
    }

    fn cancel(&self, id: &JobId) -> Result<()> {
        self.cancelled.lock().unwrap().push(id.to_string());
        self.jobs.lock().unwrap()[id.as_str().parse::<usize>().unwrap()].1 = "CANCELLED";
        Ok(())
    }

    fn credits(&self, _: &JobId) -> Result<i64> {
        match self.has_credits.swap(true, Ordering::SeqCst) {
            true => Ok(7),
            false => Err(Error::new(ErrorKind::Server, "500")),
        }
    }

    fn reason(&self, _: &Job) -> Result<String> {
        Ok("out of memory".into())
    }

    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn wait(&self, pause: Duration) {
        *self.now.lock().unwrap() += pause;
    }
}

fn known(items: usize) -> Known {
    let owner =
        Owner { host: "h".into(), project: "p".into(), workflow: "w".into(), workflow_name: "w".into() };
    let head = Head { name: "b".into(), run: "r".into(), owner, created: String::new() };
    let mut journal = Journal::in_memory(&head).unwrap();
    let item = |number: usize| Item {
        key: number.to_string(),
        parameters: JobParameters { label: format!("job {number}"), inputs: Map::new() },
    };
    let items: Vec<Item> = (0..items).map(item).collect();
    journal.add(&items).unwrap();
    let state = State::new(items.len(), 5, Duration::from_secs(60));
    let places = (0..items.len()).rev().collect();
    Known { journal, state, items, places }
}

fn drive(platform: &Platform, policy: &Policy, known: Known) -> State {
    let limit = Limit { project: 5, asked: 5 };
    Run::new(platform, "b", policy, known, limit).unwrap().drive().unwrap()
}

fn policy() -> Policy {
    Policy { is_quiet: true, ..Policy::default() }
}

#[test]
fn a_list_that_may_not_be_whole_proves_nothing_and_the_batch_ends() {
    for (list, is_sent_again) in
        [(Broken::No, true), (Broken::Entry, false), (Broken::Pages, false), (Broken::Failing, false)]
    {
        let platform = Platform { losses: 1.into(), list, ..Platform::default() };
        let state = drive(&platform, &policy(), known(1));
        assert_eq!(state.phase(0).has_succeeded(), is_sent_again);
        assert_eq!(platform.jobs.lock().unwrap().len(), usize::from(is_sent_again));
        // The answer took 100 s.
        let settled = Duration::from_secs(if is_sent_again { 100 + 60 } else { 100 + 5 * 60 });
        assert!(platform.now() >= settled, "{:?}", platform.now());
    }
}

#[test]
fn a_job_is_told_once_and_whole() {
    let told = std::sync::Arc::new(Mutex::new(Vec::new()));
    let (platform, mut policy, hook) = (Platform::default(), policy(), told.clone());
    policy.on_finished = Some(std::sync::Arc::new(move |record: &JobRecord| {
        hook.lock().unwrap().push((record.label.clone(), record.index, record.credits()));
    }));
    drive(&platform, &policy, known(2));
    let mut told = told.lock().unwrap().clone();
    told.sort();
    assert_eq!(told, [("job 0".into(), 1, Some(7)), ("job 1".into(), 0, Some(7))]);
}

#[test]
fn a_cancelled_batch_sends_nothing_and_leaves_alone_what_is_left_out() {
    let platform = Platform::default();
    let mut known = known(3);
    for item in 0..2 {
        platform.jobs.lock().unwrap().push((String::new(), "RUNNING"));
        known.state.apply(&Event::Intent { item, at: Duration::ZERO });
        known.state.apply(&Event::Submitted { item, job: platform.shown(item) });
    }
    known.state.leave_out(0);
    known.journal.ask_to_cancel().unwrap();
    drive(&platform, &policy(), known);
    assert_eq!(platform.jobs.lock().unwrap().len(), 2, "the third was not sent");
    assert_eq!(*platform.cancelled.lock().unwrap(), ["1"]);
}

#[test]
fn what_is_left_out_stops_nothing() {
    let platform = Platform::default();
    let (mut known, mut policy) = (known(2), policy());
    platform.jobs.lock().unwrap().push((String::new(), "FAILED"));
    known.state.apply(&Event::Intent { item: 0, at: Duration::ZERO });
    known.state.apply(&Event::Submitted { item: 0, job: platform.shown(0) });
    known.state.leave_out(0);
    policy.on_failure = OnFailure::Stop;
    let state = drive(&platform, &policy, known);
    assert!(state.stop().is_none() && state.phase(1).has_succeeded());
}

#[test]
fn a_deadline_is_not_a_budget() {
    let platform = Platform::default();
    let (mut known, mut policy) = (known(2), policy());
    platform.jobs.lock().unwrap().push((String::new(), "RUNNING"));
    known.state.set_budget(10, vec![7, 7]);
    known.state.apply(&Event::Intent { item: 0, at: Duration::ZERO });
    known.state.apply(&Event::Submitted { item: 0, job: platform.shown(0) });
    policy.deadline = Some(Duration::from_secs(10));
    assert!(drive(&platform, &policy, known).stop().is_none());
}
