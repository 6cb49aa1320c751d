//! Job and its states.
//!
//! The times of a job are determined when it is created, and its status follows from the clock.
//! Only a cancellation changes it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::blocks::Block;
use super::catalog::scene::Scene;
use super::catalog::shape::{Bbox, overlap};
use super::times::Times;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub id: String,
    pub name: Option<String>,
    pub workflow_id: String,
    pub workflow_name: String,
    pub inputs: Map<String, Value>,
    pub dry_run: bool,
    /// Whether it is another user's job.
    pub foreign: bool,
    pub created: Timestamp,
    /// Time from which the list contains it, by the steady clock.
    pub listed: Timestamp,
    pub updated: Timestamp,
    pub pending: Timestamp,
    /// Time at which it could start if a machine were free.
    pub ready: Timestamp,
    pub started: Timestamp,
    pub finished: Timestamp,
    /// Final status, unless it is cancelled.
    pub ending: String,
    /// Error message in the log.
    pub error_message: Option<String>,
    pub cancelled: Option<Timestamp>,
    /// Whether it was cancelled and the jobs behind it in the queue have been moved forward.
    pub is_dequeued: bool,
    pub tasks: Vec<JobTask>,
    /// Delivered scenes, and the boxes to which they are cut; whole scenes if there are none.
    #[serde(skip)]
    pub scenes: Vec<Scene>,
    pub boxes: Vec<Bbox>,
    /// Source of its id: hash of its inputs, and number of earlier jobs with the same inputs.
    pub key: u64,
    pub nth: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct JobTask {
    pub id: String,
    pub name: String,
    #[serde(with = "crate::blocks::as_id")]
    pub block: &'static Block,
    /// Cost of the data or the processing, and of the machine.
    pub credits: (i64, i64),
    pub paid: bool,
}

/// Start, end and final status of a task's run.
pub(super) struct Run<'a> {
    pub start: Timestamp,
    pub end: Timestamp,
    ending: &'a str,
}

/// Cost of a task, and the time at which it is charged.
pub(super) struct Charge {
    /// Id of the task.
    pub task: String,
    pub credits: i64,
    pub at: Timestamp,
}

/// Time that the platform takes to stop a job.
const STOPPING: Duration = Duration::from_secs(2);

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

pub(super) fn is_terminal(status: &str) -> bool {
    !matches!(status, "NOT_STARTED" | "PENDING" | "RUNNING" | "CANCELLING")
}

impl Job {
    /// Creates a job that will succeed after these times, without a workflow, inputs or tasks.
    pub(super) fn new(id: String, (key, nth): (u64, u64), times: &Times, now: Timestamp) -> Self {
        let ready = times.ready(now);
        Self {
            id,
            name: None,
            workflow_id: String::new(),
            workflow_name: String::new(),
            inputs: Map::new(),
            dry_run: false,
            foreign: false,
            created: now,
            listed: now,
            updated: now,
            pending: times.pending(now),
            ready,
            started: ready,
            finished: times.finish(ready),
            ending: "SUCCEEDED".into(),
            error_message: None,
            cancelled: None,
            is_dequeued: false,
            tasks: Vec::new(),
            scenes: Vec::new(),
            boxes: Vec::new(),
            key,
            nth,
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> &str {
        match self.cancelled {
            Some(at) if now < later(at, STOPPING) => "CANCELLING",
            Some(_) => "CANCELLED",
            None if now < self.pending => "NOT_STARTED",
            None if now < self.started => "PENDING",
            None if now < self.finished => "RUNNING",
            None => &self.ending,
        }
    }

    pub(super) fn cancel(&mut self, now: Timestamp) {
        if !is_terminal(self.status(now)) && self.cancelled.is_none() {
            self.cancelled = Some(now);
            self.updated = now;
        }
    }

    /// Lets the job fail half way.
    pub(super) fn fail(&mut self, ending: impl Into<String>, error_message: impl Into<String>) {
        self.ending = ending.into();
        self.error_message = Some(error_message.into());
        let run = self.finished.duration_since(self.started);
        self.finished = self.started.checked_add(run / 2).unwrap_or(self.finished);
    }

    /// Lets the job run until it is cancelled.
    pub(super) fn hang(&mut self) {
        self.finished = Timestamp::MAX;
    }

    /// Moves the start of the run; its duration stays the same.
    pub(super) fn start_at(&mut self, started: Timestamp) {
        let runs = self.finished.duration_since(self.started);
        if self.finished < Timestamp::MAX {
            self.finished = started.checked_add(runs).unwrap_or(Timestamp::MAX);
        }
        self.started = started;
    }

    /// Returns the time at which its machine is free.
    pub(super) fn end(&self) -> Timestamp {
        match self.cancelled {
            // A job that had not started needs no machine.
            Some(at) if at < self.started => at,
            Some(at) => later(at, STOPPING),
            None => self.finished,
        }
    }

    /// Returns its cost if it succeeds.
    pub(super) fn price(&self) -> i64 {
        self.tasks.iter().map(JobTask::price).sum()
    }

    /// Marks the tasks that have succeeded and are not paid as paid, and returns their charges.
    pub(super) fn charge(&mut self, now: Timestamp) -> Vec<Charge> {
        let mut charges = Vec::new();
        for place in 0..self.tasks.len() {
            let end = self.run(place).map_or(Timestamp::MAX, |run| run.end);
            let due = !self.tasks[place].paid && self.task_status(place, now) == "SUCCEEDED";
            let task = &mut self.tasks[place];
            task.paid |= due;
            if due && task.price() > 0 {
                charges.push(Charge { task: task.id.clone(), credits: task.price(), at: end });
            }
        }
        charges
    }

    pub(super) fn credits_used(&self) -> i64 {
        self.tasks.iter().filter(|task| task.paid).map(JobTask::price).sum()
    }

    /// Returns the box to which a scene is cut.
    pub(super) fn frame(&self, scene: &Scene) -> Bbox {
        let touched = self.boxes.iter().find(|part| overlap(**part, scene.bbox()));
        touched.or(self.boxes.first()).copied().unwrap_or_else(|| scene.bbox())
    }

    pub(super) fn mode(&self) -> &'static str {
        if self.dry_run { "DRY_RUN" } else { "DEFAULT" }
    }

    pub(super) fn started_at(&self, now: Timestamp) -> Option<Timestamp> {
        let started = self.started <= now && self.cancelled.is_none_or(|at| self.started <= at);
        started.then_some(self.started)
    }

    pub(super) fn finished_at(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.cancelled.map_or(self.finished, |at| later(at, STOPPING));
        (end <= now).then_some(end)
    }

    /// Returns the run of a task, if it runs at all: tasks run one after another, each for the same
    /// time. A job fails in its first task.
    pub(super) fn run(&self, place: usize) -> Option<Run<'_>> {
        let share = |place: usize| {
            let run = self.finished.duration_since(self.started);
            let share = run.checked_div(self.tasks.len().max(1) as i32).unwrap_or_default();
            self.started.checked_add(share * place as i32).unwrap_or(self.finished)
        };
        let last = place + 1 == self.tasks.len();
        let run = match (self.ending.as_str(), place) {
            ("SUCCEEDED", _) if !last => {
                Run { start: share(place), end: share(place + 1), ending: "SUCCEEDED" }
            }
            ("SUCCEEDED", _) => Run { start: share(place), end: self.finished, ending: "SUCCEEDED" },
            (ending, 0) => Run { start: self.started, end: self.finished, ending },
            _ => return None,
        };
        match self.cancelled {
            Some(at) if at < run.start => None,
            Some(at) if at < run.end => Some(Run { end: later(at, STOPPING), ending: "CANCELLED", ..run }),
            _ => Some(run),
        }
    }

    pub(super) fn task_status(&self, place: usize, now: Timestamp) -> &str {
        let job = self.status(now);
        match self.run(place) {
            Some(run) if run.end <= now => run.ending,
            Some(run) if run.start <= now && self.cancelled.is_none() => "RUNNING",
            _ if self.cancelled.is_some() => job,
            None if is_terminal(job) => "CANCELLED",
            // The others wait for the first task.
            _ if place == 0 => job,
            _ => "NOT_STARTED",
        }
    }
}

impl JobTask {
    fn price(&self) -> i64 {
        self.credits.0 + self.credits.1
    }
}
