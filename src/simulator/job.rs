//! A job and how it moves through its states.
//!
//! All of a job's future is decided when it is created; its status follows from
//! the clock. Only a cancellation changes it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::LedgerEntry;
use super::auth::WORKSPACE_ID;
use super::blocks::Block;
use super::books::stamp;
use super::catalog::scene::Scene;
use super::catalog::shape::{Bbox, overlap};

#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: String,
    pub name: Option<String>,
    pub workflow_id: String,
    pub workflow_name: String,
    pub inputs: Map<String, Value>,
    pub dry_run: bool,
    pub created: Timestamp,
    /// From when the list tells of it, by the steady clock.
    pub listed: Timestamp,
    pub updated: Timestamp,
    pub pending: Timestamp,
    pub started: Timestamp,
    pub finished: Timestamp,
    /// The last status, if nobody cancels.
    pub ending: String,
    /// What the log says of a failure.
    pub complaint: Option<String>,
    pub cancelled: Option<Timestamp>,
    pub tasks: Vec<JobTask>,
    /// What is delivered, and the boxes it is cut to; without one, whole scenes.
    pub scenes: Vec<Scene>,
    pub boxes: Vec<Bbox>,
    /// What its id follows from: what it was asked, and how many were asked the
    /// same before it.
    pub key: u64,
    pub nth: u64,
}

#[derive(Clone, Debug)]
pub(super) struct JobTask {
    pub id: String,
    pub name: String,
    pub block: &'static Block,
    /// For the data or the work, and for the machine.
    pub credits: (i64, i64),
    pub paid: bool,
}

/// From when to when a task runs, and how it ends.
pub(super) struct Run<'a> {
    pub start: Timestamp,
    pub end: Timestamp,
    ending: &'a str,
}

/// What a task costs, and when it has to be paid.
pub(super) struct Charge {
    /// Its id.
    pub task: String,
    pub credits: i64,
    pub at: Timestamp,
}

/// How long the platform takes to stop a job.
const STOPPING: Duration = Duration::from_secs(2);

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

pub(super) fn is_terminal(status: &str) -> bool {
    !matches!(status, "NOT_STARTED" | "PENDING" | "RUNNING" | "CANCELLING")
}

impl Job {
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

    /// Lets the job go wrong half way.
    pub(super) fn fail(&mut self, ending: impl Into<String>, complaint: impl Into<String>) {
        self.ending = ending.into();
        self.complaint = Some(complaint.into());
        let run = self.finished.duration_since(self.started);
        self.finished = self.started.checked_add(run / 2).unwrap_or(self.finished);
    }

    /// What it costs if it succeeds.
    pub(super) fn price(&self) -> i64 {
        self.tasks.iter().map(JobTask::price).sum()
    }

    /// The tasks that have succeeded and that nobody has paid for; now they are paid.
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

    /// What a scene is cut to.
    pub(super) fn frame(&self, scene: &Scene) -> Bbox {
        let touched = self.boxes.iter().find(|part| overlap(**part, scene.bbox()));
        touched.or(self.boxes.first()).copied().unwrap_or_else(|| scene.bbox())
    }

    fn mode(&self) -> &'static str {
        if self.dry_run { "DRY_RUN" } else { "DEFAULT" }
    }

    fn started_at(&self, now: Timestamp) -> Option<Timestamp> {
        let started = self.started <= now && self.cancelled.is_none_or(|at| self.started <= at);
        started.then_some(self.started)
    }

    fn finished_at(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.cancelled.map_or(self.finished, |at| later(at, STOPPING));
        (end <= now).then_some(end)
    }

    pub(super) fn json(&self, now: Timestamp) -> Value {
        let end = self.finished_at(now);
        let updated = [end, self.started_at(now), Some(self.updated)].into_iter().flatten().max();
        json!({
            "id": self.id,
            "displayId": &self.id[..8],
            "createdAt": stamp(self.created),
            "updatedAt": updated.map(stamp),
            "createdBy": {"id": WORKSPACE_ID, "type": "USER"},
            "updatedBy": {"id": WORKSPACE_ID, "type": "INTERNAL"},
            "status": self.status(now),
            "name": self.name,
            "startedAt": self.started_at(now).map(seconds),
            "finishedAt": end.map(seconds),
            "inputs": self.inputs,
            "mode": self.mode(),
            "workflowId": self.workflow_id,
            "workflowName": self.workflow_name,
        })
    }

    /// When a task runs, if it ever does: one after another, each for the same time.
    /// A job that goes wrong does so in its first task.
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
            // The others wait for the first.
            _ if place == 0 => job,
            _ => "NOT_STARTED",
        }
    }

    pub(super) fn tasks_json(&self, now: Timestamp) -> Vec<Value> {
        let task = |(place, task): (usize, &JobTask)| {
            let run = self.run(place);
            let started = run.as_ref().map(|run| run.start).filter(|start| *start <= now);
            let finished = run.as_ref().map(|run| run.end).filter(|end| *end <= now);
            let parents = place.checked_sub(1).map(|parent| &self.tasks[parent].id);
            json!({
                "id": task.id,
                "displayId": &task.id[..8],
                "createdAt": stamp(self.created),
                "updatedAt": stamp(finished.or(started).unwrap_or(self.created)),
                "name": task.name,
                "status": self.task_status(place, now),
                "parentsIds": parents.into_iter().collect::<Vec<_>>(),
                "startedAt": started.map(seconds),
                "finishedAt": finished.map(seconds),
                "block": self.block_json(task),
                "blockVersion": task.block.version,
            })
        };
        self.tasks.iter().enumerate().map(task).collect()
    }

    fn block_json(&self, task: &JobTask) -> Value {
        json!({
            "id": task.block.id(),
            "name": task.block.name,
            "type": if task.block.is_data() { "DATA" } else { "PROCESSING" },
            "version": task.block.version,
            "displayName": null,
            "description": null,
            "containerUrl": null,
            "inputCapabilities": null,
            "outputCapabilities": null,
            "provider": null,
            "tags": null,
            "parameters": null,
            "isDryRunSupported": null,
            "metadata": null,
            "machineName": null,
        })
    }

    pub(super) fn ledger_entry(&self, now: Timestamp) -> LedgerEntry {
        LedgerEntry {
            id: self.id.clone(),
            name: self.name.clone(),
            inputs: Value::Object(self.inputs.clone()),
            mode: self.mode().to_string(),
            status: self.status(now).to_string(),
            credits: self.credits_used(),
        }
    }
}

impl JobTask {
    fn price(&self) -> i64 {
        self.credits.0 + self.credits.1
    }
}

fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}
