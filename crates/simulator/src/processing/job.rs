//! Processing job and its states (`docs/up42-api.md`, 13).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::LedgerEntry;
use crate::auth::WORKSPACE_ID;
use crate::orders::order::Order;
use crate::store::stamp;

/// Times at which licence, inputs and balance have been checked, in seconds after the creation.
const CHECK_TIMES: [f64; 3] = [0.5, 1.0, 1.5];
/// Seconds after a failure until its credits are released.
const RELEASE: f64 = 5.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProcessingJob {
    pub id: String,
    pub process: String,
    pub inputs: Value,
    pub budget: Option<String>,
    pub credits: i64,
    pub created: Timestamp,
    /// Time from which the list contains it, by the steady clock.
    pub listed: Timestamp,
    /// Start and end of the run, in seconds after the creation.
    pub starts: f64,
    pub ends: f64,
    /// Final status: `unlicensed`, `invalid`, `rejected`, `failed` or `successful`.
    pub ending: String,
    /// Name and message of the error.
    pub error_message: Option<(String, String)>,
    /// Its result, as an order in the storage.
    pub made: Option<Order>,
    /// Whether its charge is in the store.
    #[serde(skip)]
    pub paid: bool,
    pub key: u64,
}

impl ProcessingJob {
    fn at(&self, seconds: f64) -> Timestamp {
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        self.created.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn status(&self, now: Timestamp) -> &str {
        let past = |seconds: f64| self.at(seconds) <= now;
        let [licence, inputs, balance] = CHECK_TIMES.map(past);
        match self.ending.as_str() {
            _ if !licence => "created",
            ending @ "unlicensed" => ending,
            _ if !inputs => "licensed",
            ending @ "invalid" => ending,
            _ if !balance => "valid",
            ending @ "rejected" => ending,
            _ if !past(self.starts) => "accepted",
            _ if !past(self.ends) => "running",
            "failed" if past(self.ends + RELEASE) => "released",
            ending => ending,
        }
    }

    /// Returns the time of its last change of status.
    fn updated(&self, now: Timestamp) -> Timestamp {
        let [licence, inputs, balance] = CHECK_TIMES;
        let steps = match self.ending.as_str() {
            "unlicensed" => vec![licence],
            "invalid" => vec![licence, inputs],
            "rejected" => vec![licence, inputs, balance],
            "failed" => vec![licence, inputs, balance, self.starts, self.ends, self.ends + RELEASE],
            _ => vec![licence, inputs, balance, self.starts, self.ends],
        };
        let passed = steps.into_iter().map(|seconds| self.at(seconds)).filter(|at| *at <= now);
        passed.max().unwrap_or(self.created)
    }

    /// Returns its run time so far in seconds; `None` before it starts.
    pub(crate) fn duration(&self, now: Timestamp) -> Option<f64> {
        let started = self.at(self.starts);
        let runs = matches!(self.ending.as_str(), "successful" | "failed") && started <= now;
        runs.then(|| self.at(self.ends).min(now).duration_since(started).as_secs_f64())
    }

    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "created" | "licensed" | "valid" | "accepted" | "running")
    }

    /// Returns the credits that are held now: from the creation until they are captured or released
    /// (0.6).
    pub(crate) fn held(&self, now: Timestamp) -> i64 {
        let will_run = matches!(self.ending.as_str(), "successful" | "failed");
        let is_held = self.is_open(now) || self.status(now) == "failed";
        if will_run && is_held { self.credits } else { 0 }
    }

    /// Returns the time at which its credits were captured, if that is past.
    pub(crate) fn captured(&self, now: Timestamp) -> Option<Timestamp> {
        (self.status(now) == "successful").then(|| self.at(self.ends))
    }

    /// Returns the job as `JobV2` (`docs/up42-api.md`, 13).
    pub(super) fn json(&self, now: Timestamp, collection: Option<String>) -> Value {
        let past = |seconds: f64| Some(self.at(seconds)).filter(|at| *at <= now).map(nanos);
        let runs = matches!(self.ending.as_str(), "successful" | "failed");
        let status = self.status(now);
        let (is_done, is_bad) = (status == "successful", !self.is_open(now) && self.error_message.is_some());
        let errors = self.error_message.as_ref().filter(|_| is_bad);
        let errors = errors.map(|(name, message)| json!([{"name": name, "message": message}]));
        json!({
            "processID": self.process,
            "jobID": self.id,
            "accountID": WORKSPACE_ID,
            "workspaceID": WORKSPACE_ID,
            "definition": {"inputs": self.inputs},
            "results": (is_done || is_bad).then(|| json!({"collection": collection.filter(|_| is_done), "errors": errors})),
            "creditConsumption": is_done.then(|| json!({"credits": self.credits})),
            "status": status,
            "created": nanos(self.created),
            "started": past(self.starts).filter(|_| runs),
            "finished": past(self.ends).filter(|_| runs),
            "updated": nanos(self.updated(now)),
        })
    }

    pub(crate) fn ledger_entry(&self, now: Timestamp) -> LedgerEntry {
        LedgerEntry {
            id: self.id.clone(),
            name: self.inputs["title"].as_str().map(str::to_owned),
            inputs: self.inputs.clone(),
            mode: "DEFAULT".to_owned(),
            status: self.status(now).to_owned(),
            credits: self.captured(now).map_or(0, |_| self.credits),
            foreign: false,
        }
    }

    pub(crate) fn charge(&mut self, now: Timestamp) -> Option<Value> {
        let at = self.captured(now).filter(|_| !self.paid)?;
        self.paid = true;
        Some(json!({
            "type": "JOB",
            "createdAt": stamp(at),
            "createdBy": {"id": WORKSPACE_ID, "type": "USER"},
            "delta": -self.credits,
            "details": {"jobId": self.id, "processId": self.process},
        }))
    }
}

/// Returns a time with nanoseconds, as the platform writes it.
fn nanos(at: Timestamp) -> String {
    format!("{at:.9}")
}
