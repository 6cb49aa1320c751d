use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::backend::{Delivery, Source};
use super::state::Phase;
use crate::client::Client;
use crate::jobs::{Job, JobId, JobParameters, Project};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::elements::{StatusKind, counted};

/// Jobs of a batch, in the order of their parameters; or jobs that a project, a workflow or a
/// process lists, newest first.
#[derive(Clone)]
pub struct JobCollection {
    source: Arc<dyn Source>,
    /// Kind of the object that has the jobs, such as `Batch` or `Project`.
    kind: &'static str,
    name: String,
    records: Vec<JobRecord>,
    /// Time at which the jobs were read.
    pub(super) at: Timestamp,
    billing: BillingSummary,
}

/// Credits and limits of a batch as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BillingSummary {
    /// Credits paid, including those for jobs that were retried.
    pub(super) paid: Option<i64>,
    /// Spending limit, in credits.
    pub(super) max_credits: Option<i64>,
    /// Limit of unfinished jobs.
    pub(super) limit: Option<usize>,
}

/// One job of a batch: its inputs and its outcome.
#[derive(Clone)]
#[non_exhaustive]
pub struct JobRecord {
    /// Index of the job in the parameters, from 0.
    pub index: usize,
    /// Label that distinguishes the job: place and dates.
    pub label: String,
    /// Inputs of the job.
    pub inputs: Map<String, Value>,
    /// The job on the platform, if there is one.
    pub job: Option<Job>,
    /// Outcome of the job.
    pub outcome: Outcome,
}

/// Outcome of a job.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// The job has results.
    Succeeded {
        /// Cost of the job, in credits; `None` if the platform did not report it.
        credits: Option<i64>,
    },
    /// The job ended without results.
    Failed {
        /// Logs of the tasks, or the reason that the service gives.
        reason: String,
        /// Cost of the job, in credits: tasks that succeeded are paid. `None` if the platform did
        /// not report it.
        credits: Option<i64>,
    },
    /// The platform refused the job; it does not exist.
    Rejected(Error),
    /// The job was not sent, since this error stopped the batch before.
    Unsent(Error),
    /// The response was lost, and the job was not found: it may exist. Search for its name, or on
    /// an OGC server for its inputs, before you run it again.
    Unproven(Error),
    /// The job has not ended, or was not sent yet: the batch was not run to its end.
    Unfinished,
}

impl_list!(JobCollection(records: JobRecord), "Returns an iterator over the jobs.");

impl JobCollection {
    pub(super) fn new(source: Arc<dyn Source>, name: String, records: Vec<JobRecord>) -> Self {
        let (at, billing) = (Timestamp::now(), BillingSummary::default());
        Self { source, kind: "Batch", name, records, at, billing }
    }

    pub(super) fn with_billing(self, billing: BillingSummary) -> Self {
        Self { billing, ..self }
    }

    /// Sets the kind of the object that has the jobs, if it is not a batch.
    pub(crate) fn of(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    /// Sets the service that has the results.
    pub(super) fn from(self, source: Arc<dyn Source>) -> Self {
        Self { source, ..self }
    }

    pub(super) fn with_records(&self, records: Vec<JobRecord>) -> Self {
        Self { records, ..self.clone() }
    }

    /// Returns the title of a table of these jobs.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.description(), counted(self.len(), "job"))
    }

    pub(super) fn description(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// Returns the name of the batch, the project or the workflow that has the jobs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of jobs with results.
    pub fn succeeded(&self) -> usize {
        self.tally().succeeded()
    }

    /// Returns the label and the error of each job that failed or was cancelled
    /// ([`ErrorKind::NotFound`]), was rejected, was not sent, or is unproven. An error is one line;
    /// [`JobRecord::reason`] returns logs with all their lines.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::jobs::JobFilter;
    /// # let project = Client::simulator()?.project()?;
    /// let jobs = project.jobs(JobFilter::new())?.with_details()?;
    /// for (label, error) in jobs.failed() {
    ///     println!("{label}: {error}");
    /// }
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn failed(&self) -> Vec<(&str, Error)> {
        self.iter().filter_map(|record| Some((record.label.as_str(), record.outcome.error()?))).collect()
    }

    /// Returns the sum of the known costs of the jobs, in credits.
    pub fn cost(&self) -> i64 {
        self.iter().filter_map(JobRecord::cost).fold(0, i64::saturating_add)
    }

    /// Returns the credits paid, as far as the platform reported them: [`cost`](Self::cost),
    /// and the costs of jobs that were retried.
    pub fn paid(&self) -> i64 {
        self.billing.paid.unwrap_or_else(|| self.cost())
    }

    /// Returns the location of a job's results.
    pub(crate) fn delivery(&self, id: &JobId) -> Result<Delivery> {
        self.source.results(id)
    }

    pub(crate) fn client(&self) -> &Client {
        self.source.client()
    }

    pub(super) fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Returns the project of the jobs, whose dry runs can be read. Fails for other services.
    pub(crate) fn project(&self) -> Result<&Project> {
        let message =
            "only the dry runs of a workflow return the scenes found: see `Workflow::test_jobs_parallel`";
        self.source.project().ok_or_else(|| Error::invalid(message))
    }

    pub(super) fn knows_credits(&self) -> bool {
        self.billing.paid.is_some() || self.iter().any(|record| record.cost().is_some())
    }

    pub(super) fn max_credits(&self) -> Option<i64> {
        self.billing.max_credits
    }

    pub(super) fn limit(&self) -> Option<usize> {
        self.billing.limit
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }
}

impl JobRecord {
    /// Creates the record of an item; `stop` is the reason why nothing more was sent.
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

    /// Returns the cost, in credits; `None` if there is no ended job, or its cost is unknown.
    pub fn cost(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Succeeded { credits } | Outcome::Failed { credits, .. } => credits,
            Outcome::Rejected(_) | Outcome::Unsent(_) | Outcome::Unproven(_) | Outcome::Unfinished => None,
        }
    }

    /// Returns why there are no results; `None` if the job succeeded or has not ended.
    pub fn reason(&self) -> Option<String> {
        self.outcome.reason()
    }

    /// Returns the status, with the progress in percent while the job is unfinished and the service
    /// reports it.
    pub(super) fn status_and_progress(&self) -> String {
        let progress =
            self.job.as_ref().filter(|_| !self.job_state().has_ended()).and_then(|job| job.progress);
        match progress.filter(|percent| *percent > 0) {
            Some(percent) => format!("{}, {percent} %", self.status_word()),
            None => self.status_word(),
        }
    }

    pub(super) fn status_word(&self) -> String {
        self.job_state().word()
    }

    pub(super) fn status_kind(&self) -> StatusKind {
        self.job_state().status_kind()
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

    /// Returns the reason as an error.
    fn error(&self) -> Option<Error> {
        match self {
            Outcome::Succeeded { .. } | Outcome::Unfinished => None,
            Outcome::Failed { reason, .. } => {
                Some(Error::new(ErrorKind::NotFound, reason.trim()).context("the job has no results"))
            }
            Outcome::Rejected(error) | Outcome::Unsent(error) => Some(error.clone()),
            Outcome::Unproven(error) => {
                Some(error.clone().context("the job may exist, look for it before you run it again"))
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
            self.cost()
        )
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::sample;

    #[test]
    fn jobs_without_results_have_an_error() {
        let jobs = sample::jobs();
        let failed: Vec<_> =
            jobs.failed().into_iter().map(|(label, error)| format!("{label}: {error}")).collect();
        insta::assert_snapshot!(failed.join("\n"), @r"
        Thiès: the job has no results: [s2:1] no image
        Mbour: 422: too large
        Kaolack: the job may exist, look for it before you run it again: no answer
        ");
    }
}
