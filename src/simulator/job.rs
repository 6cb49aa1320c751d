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
use super::catalog::shape::Bbox;

#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: String,
    pub name: Option<String>,
    pub workflow_id: String,
    pub workflow_name: String,
    pub inputs: Map<String, Value>,
    pub dry_run: bool,
    pub created: Timestamp,
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
    /// What is delivered, and the area it is cut to.
    pub scenes: Vec<Scene>,
    pub area: Bbox,
    /// The place of the job among all jobs.
    pub number: usize,
    pub paid: bool,
}

#[derive(Clone, Debug)]
pub(super) struct JobTask {
    pub id: String,
    pub name: String,
    pub block: &'static Block,
    /// For the data or the work, and for the machine.
    pub credits: (i64, i64),
}

/// What a job costs, and when it has to be paid.
pub(super) struct Charge {
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

    /// What it costs if it succeeds.
    pub(super) fn price(&self) -> i64 {
        if self.dry_run { 0 } else { self.tasks.iter().map(|task| task.credits.0 + task.credits.1).sum() }
    }

    /// Whether it has succeeded and nobody has paid for it.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.paid && self.status(now) == "SUCCEEDED"
    }

    pub(super) fn charge(&mut self) -> Charge {
        self.paid = true;
        Charge { credits: self.price(), at: self.finished }
    }

    pub(super) fn credits_used(&self) -> i64 {
        if self.paid { self.price() } else { 0 }
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

    /// When the tasks begin and end: one after another, each for the same time.
    fn task_times(&self, place: usize) -> (Timestamp, Timestamp) {
        let run = self.finished.duration_since(self.started);
        let share = run.checked_div(self.tasks.len().max(1) as i32).unwrap_or_default();
        let at = |place: usize| self.started.checked_add(share * place as i32).unwrap_or(self.finished);
        let end = if place + 1 == self.tasks.len() { self.finished } else { at(place + 1) };
        (at(place), end)
    }

    /// The task that a failure happens to: the first.
    fn fails(&self, place: usize) -> bool {
        place == 0 && self.ending != "SUCCEEDED"
    }

    pub(super) fn task_status(&self, place: usize, now: Timestamp) -> &str {
        let job = self.status(now);
        let (start, end) = self.task_times(place);
        let until = self.cancelled.unwrap_or(now);
        match job {
            "NOT_STARTED" | "PENDING" => job,
            "CANCELLING" | "CANCELLED" => {
                if end <= until {
                    "SUCCEEDED"
                } else {
                    job
                }
            }
            "RUNNING" => match (now < start, now < end) {
                (true, _) => "NOT_STARTED",
                (false, true) => "RUNNING",
                (false, false) => "SUCCEEDED",
            },
            _ if self.fails(place) => job,
            "SUCCEEDED" => "SUCCEEDED",
            _ => "CANCELLED",
        }
    }

    pub(super) fn tasks_json(&self, now: Timestamp) -> Vec<Value> {
        let task = |(place, task): (usize, &JobTask)| {
            let status = self.task_status(place, now);
            let (start, end) = self.task_times(place);
            let parents = place.checked_sub(1).map(|parent| &self.tasks[parent].id);
            let begun = !matches!(status, "NOT_STARTED" | "PENDING") && start <= now;
            json!({
                "id": task.id,
                "displayId": &task.id[..8],
                "createdAt": stamp(self.created),
                "updatedAt": stamp(self.created.max(start.min(now))),
                "name": task.name,
                "status": status,
                "parentsIds": parents.into_iter().collect::<Vec<_>>(),
                "startedAt": begun.then(|| seconds(start)),
                "finishedAt": (begun && is_terminal(status)).then(|| seconds(end.min(now))),
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

fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}
