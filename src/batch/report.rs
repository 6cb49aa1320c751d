use std::fmt;
use std::time::Duration;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::state::{Phase, State};
use crate::error::{Context, Error, Result};
use crate::frame::Frame;
use crate::jobs::{Job, JobStatus, Project};

/// The jobs of a batch, in the order of their parameters.
#[derive(Clone)]
pub struct JobCollection {
    project: Project,
    name: String,
    records: Vec<JobRecord>,
}

/// One job of a batch: what was asked, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobRecord {
    /// Its place in the parameters, from 0.
    pub index: usize,
    /// What sets it apart: place and dates.
    pub label: String,
    /// What it was told.
    pub inputs: Map<String, Value>,
    /// The job on the platform, if there is one.
    pub job: Option<Job>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It has results.
    Succeeded {
        /// What it cost; `None` when the platform did not say.
        credits: Option<i64>,
    },
    /// It ended without results, and cost nothing.
    Failed {
        /// The logs of its tasks.
        reason: String,
    },
    /// The platform refused it; no job exists.
    Rejected(Error),
    /// The answer was lost, and the job cannot be found: it may exist. Look for its
    /// name on the platform before you run it again.
    Unproven(Error),
}

impl JobCollection {
    pub(super) fn new(project: Project, name: String, records: Vec<JobRecord>) -> Self {
        Self { project, name, records }
    }

    /// The batch's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The jobs, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, JobRecord> {
        self.records.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many have results.
    pub fn succeeded(&self) -> usize {
        self.iter().filter(|record| matches!(record.outcome, Outcome::Succeeded { .. })).count()
    }

    /// What they cost together, in credits.
    pub fn credits(&self) -> i64 {
        self.iter().filter_map(JobRecord::credits).sum()
    }

    /// The jobs as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `job` | String | | no job was created | `id` |
    /// | `label` | String | | never null | |
    /// | `status` | String | | never null | `status` in words, or `rejected`, `unproven` |
    /// | `created`, `started`, `finished` | Datetime(ms) | UTC | not yet | `createdAt`, `startedAt`, `finishedAt` |
    /// | `elapsed` | Float64 | s | not finished | `finishedAt` - `startedAt` |
    /// | `credits` | Int64 | credits | no results | `creditsUsed` |
    /// | `reason` | String | | it succeeded | logs, or the refusal |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let words: Vec<(String, Option<String>)> =
            self.iter().map(|record| (record.status_word(), record.reason())).collect();
        let job = |record: &JobRecord| record.job.clone();
        Frame::of(&self.records)
            .text("job", |record| Some(record.job.as_ref()?.id.as_str()))
            .text("label", |record| Some(&record.label))
            .strings("status", words.iter().map(|(status, _)| Some(status.clone())).collect())
            .instant("created", |record| job(record)?.created)?
            .instant("started", |record| job(record)?.started)?
            .instant("finished", |record| job(record)?.finished)?
            .number("elapsed", |record| Some(job(record)?.duration()?.as_secs_f64()))
            .integer("credits", JobRecord::credits)
            .strings("reason", words.iter().map(|(_, reason)| reason.clone()).collect())
            .finish()
            .context("jobs to a DataFrame")
    }

    pub(crate) fn project(&self) -> &Project {
        &self.project
    }
}

impl JobRecord {
    /// What it cost, in credits.
    pub fn credits(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Succeeded { credits } => credits,
            _ => None,
        }
    }

    /// Why there are no results.
    pub fn reason(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Succeeded { .. } => None,
            Outcome::Failed { reason } => Some(reason.clone()),
            Outcome::Rejected(error) => Some(error.to_string()),
            Outcome::Unproven(error) => {
                Some(format!("{error}: the job may exist, look for it before you run it again"))
            }
        }
    }

    pub(super) fn status_word(&self) -> String {
        match (&self.outcome, &self.job) {
            (Outcome::Rejected(_), _) => "rejected".into(),
            (Outcome::Unproven(_), _) => "unproven".into(),
            (_, Some(job)) => job.status.to_string(),
            (_, None) => "unknown".into(),
        }
    }
}

impl<'a> IntoIterator for &'a JobCollection {
    type Item = &'a JobRecord;
    type IntoIter = std::slice::Iter<'a, JobRecord>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for JobCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {} jobs succeeded, {} credits",
            self.name,
            self.succeeded(),
            self.len(),
            self.credits()
        )
    }
}

/// Progress as lines that are only ever added: a notebook cannot change a line that
/// it has shown.
pub(super) struct Progress {
    is_quiet: bool,
    shown: Option<(usize, usize)>,
    at: Duration,
}

/// Lines come at least this far apart, but for the last.
const APART: Duration = Duration::from_secs(2);

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, shown: None, at: Duration::ZERO }
    }

    pub(super) fn show(&mut self, state: &State, now: Duration) {
        let ended = state.phases().iter().filter(|phase| phase.has_ended()).count();
        let created = state.phases().iter().filter(|phase| matches!(phase, Phase::Created(_))).count();
        let total = state.phases().len();
        let is_due = self.shown.is_none() || ended == total || now >= self.at + APART;
        if self.is_quiet || self.shown == Some((ended, created)) || !is_due {
            return;
        }
        (self.shown, self.at) = (Some((ended, created)), now);
        let status =
            |wanted: &JobStatus| state.phases().iter().filter(|phase| phase.status() == Some(wanted)).count();
        let unfinished = state.phases().iter().filter(|phase| phase.unfinished_id().is_some()).count();
        let succeeded = status(&JobStatus::Succeeded);
        let mut parts = vec![format!("{succeeded} succeeded")];
        let others = [
            (ended - succeeded, "without results"),
            (status(&JobStatus::Running), "running"),
            (unfinished - status(&JobStatus::Running), "queued"),
            (total - ended - unfinished, "to come"),
        ];
        parts.extend(
            others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")),
        );
        println!("{:>4} s  {ended}/{total}  {}", now.as_secs(), parts.join(", "));
    }
}
