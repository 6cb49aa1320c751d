use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::backend::{Delivery, Source};
use super::state::Phase;
use crate::client::Client;
use crate::jobs::{Job, JobId, JobParameters, Project};
use up42_core::error::{Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::display::{Tone, counted};

/// The jobs of a batch, in the order of their parameters; or jobs that a project, a workflow
/// or a process lists, the newest first.
#[derive(Clone)]
pub struct JobCollection {
    source: Arc<dyn Source>,
    /// Whose jobs they are: those of a batch, a project or a workflow, and its name.
    kind: &'static str,
    name: String,
    records: Vec<JobRecord>,
    /// When this was asked for.
    pub(super) at: Timestamp,
    billing: BillingSummary,
}

/// What a batch knows of its jobs together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BillingSummary {
    /// What was paid, also for jobs that were sent again since.
    pub(super) paid: Option<i64>,
    /// The most that it may cost.
    pub(super) budget: Option<i64>,
    /// How many may be unfinished at a time.
    pub(super) limit: Option<usize>,
}

/// One job of a batch: what was asked, and what came of it.
#[derive(Clone)]
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
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It has results.
    Succeeded {
        /// What it cost, in credits; `None` when the platform did not say.
        credits: Option<i64>,
    },
    /// It ended without results.
    Failed {
        /// The logs of its tasks, or what else the service says.
        reason: String,
        /// What it cost all the same, in credits: tasks that had succeeded are paid. `None` when
        /// the platform did not say.
        credits: Option<i64>,
    },
    /// The platform refused it; no job exists.
    Rejected(Error),
    /// It was not sent: what is told here stopped the batch before its turn.
    Unsent(Error),
    /// The answer was lost, and the job cannot be found: it may exist. Look for its
    /// name, or on an OGC server for what it was asked, before you run it again.
    Unproven(Error),
    /// It has not ended, or was not sent yet: the batch was not run to its end.
    Unfinished,
}

impl_list!(JobCollection(records: JobRecord), "The jobs, one by one.");

impl JobCollection {
    pub(super) fn new(source: Arc<dyn Source>, name: String, records: Vec<JobRecord>) -> Self {
        let (at, billing) = (Timestamp::now(), BillingSummary::default());
        Self { source, kind: "Batch", name, records, at, billing }
    }

    pub(super) fn with_billing(self, billing: BillingSummary) -> Self {
        Self { billing, ..self }
    }

    /// Whose jobs they are, where it is no batch.
    pub(crate) fn of(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    /// Somebody else says where the results are.
    pub(super) fn from(self, source: Arc<dyn Source>) -> Self {
        Self { source, ..self }
    }

    pub(super) fn with_records(&self, records: Vec<JobRecord>) -> Self {
        Self { records, ..self.clone() }
    }

    /// What a table of them is called.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.description(), counted(self.len(), "job"))
    }

    pub(super) fn description(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// The name of the batch, project or workflow that they are of.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many have results.
    pub fn succeeded(&self) -> usize {
        self.tally().succeeded()
    }

    /// What they cost together, in credits.
    pub fn credits(&self) -> i64 {
        self.iter().filter_map(JobRecord::credits).fold(0, i64::saturating_add)
    }

    /// What was paid, in credits, as far as the platform told: [`credits`](Self::credits),
    /// and what jobs cost that were sent again since.
    pub fn paid(&self) -> i64 {
        self.billing.paid.unwrap_or_else(|| self.credits())
    }

    /// Where a job's results are.
    pub(crate) fn delivery(&self, id: &JobId) -> Result<Delivery> {
        self.source.results(id)
    }

    pub(crate) fn client(&self) -> &Client {
        self.source.client()
    }

    pub(super) fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// The project of the jobs: that is where dry runs are.
    pub(crate) fn project(&self) -> Result<&Project> {
        let message =
            "only the dry runs of a workflow tell what they found: see `Workflow::test_jobs_parallel`";
        self.source.project().ok_or_else(|| Error::invalid(message))
    }

    pub(super) fn knows_credits(&self) -> bool {
        self.billing.paid.is_some() || self.iter().any(|record| record.credits().is_some())
    }

    pub(super) fn budget(&self) -> Option<i64> {
        self.billing.budget
    }

    pub(super) fn limit(&self) -> Option<usize> {
        self.billing.limit
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }
}

impl JobRecord {
    /// What is left of an item; `stop` is why nothing more was sent.
    pub(super) fn new(index: usize, parameters: &JobParameters, phase: &Phase, stop: Option<&Error>) -> Self {
        let outcome = match (phase, stop) {
            (Phase::Created(created), _) if phase.has_ended() => {
                let (credits, reason) =
                    created.end.as_ref().map_or((None, None), |end| (end.credits, end.reason.clone()));
                match phase.has_succeeded() {
                    true => Outcome::Succeeded { credits },
                    false => Outcome::Failed { reason: reason.unwrap_or_default(), credits },
                }
            }
            (Phase::Rejected { error }, _) => Outcome::Rejected(error.clone()),
            (Phase::Unproven { error }, _) => Outcome::Unproven(error.clone()),
            (Phase::Waiting, Some(error)) => Outcome::Unsent(error.clone()),
            _ => Outcome::Unfinished,
        };
        Self {
            index,
            label: parameters.label.clone(),
            inputs: parameters.inputs.clone(),
            job: phase.job().cloned(),
            outcome,
        }
    }

    /// What it cost, in credits.
    pub fn credits(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Succeeded { credits } | Outcome::Failed { credits, .. } => credits,
            Outcome::Rejected(_) | Outcome::Unsent(_) | Outcome::Unproven(_) | Outcome::Unfinished => None,
        }
    }

    /// Why there are no results.
    pub fn reason(&self) -> Option<String> {
        self.outcome.reason()
    }

    /// Where it stands, and how much of it is done, while it runs and the service tells.
    pub(super) fn status_and_progress(&self) -> String {
        let progress =
            self.job.as_ref().filter(|_| !self.standing().has_ended()).and_then(|job| job.progress);
        match progress.filter(|percent| *percent > 0) {
            Some(percent) => format!("{}, {percent} %", self.status_word()),
            None => self.status_word(),
        }
    }

    pub(super) fn status_word(&self) -> String {
        self.standing().word()
    }

    pub(super) fn tone(&self) -> Tone {
        self.standing().tone()
    }
}

impl Outcome {
    fn reason(&self) -> Option<String> {
        match self {
            Outcome::Succeeded { .. } | Outcome::Unfinished => None,
            Outcome::Failed { reason, .. } => Some(reason.clone()),
            Outcome::Rejected(error) | Outcome::Unsent(error) => Some(error.to_string()),
            Outcome::Unproven(error) => {
                Some(format!("{error}: the job may exist, look for it before you run it again"))
            }
        }
    }
}

impl fmt::Debug for JobRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", sanitize(&self.label, 200), sanitize(&self.status_word(), 80))
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            None if matches!(self, Self::Unfinished) => f.write_str("unfinished"),
            None => f.write_str("succeeded"),
            Some(reason) => f.write_str(&sanitize(&reason, 400)),
        }
    }
}

impl fmt::Debug for JobCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {} jobs succeeded, {} credits",
            sanitize(&self.name, 80),
            self.succeeded(),
            self.len(),
            self.credits()
        )
    }
}
