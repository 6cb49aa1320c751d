//! Jobs that a service lists, as a [`JobCollection`].

use std::collections::HashSet;
use std::sync::Arc;

use super::backend::Source;
use super::report::{JobCollection, JobRecord, Outcome};
use crate::jobs::{Job, JobFilter, JobId, JobStatus, JobTask, Project, ProjectJob, Workflow};
use up42_core::error::{Context, Result};
use up42_core::parallel::in_parallel;

/// Number of concurrent requests for details; the client's rate limiter also applies.
const CONCURRENT_REQUESTS: usize = 16;
/// Placeholder for a reason that was not requested.
const REASON_NOT_READ: &str = "`with_details` reads the reason";

impl Project {
    /// Returns the project's jobs that match a [`JobFilter`] or a [`JobStatus`], newest first.
    /// Costs and failure reasons need further requests for each job: see
    /// [`JobCollection::with_details`].
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::jobs::{JobFilter, JobStatus};
    /// # let project = Client::simulator()?.project()?;
    /// let all = project.jobs(JobFilter::new())?;
    /// let failed = project.jobs(JobStatus::Failed)?.with_details()?;
    /// assert_eq!((all.len(), failed.cost()), (0, 0));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a status that does not
    /// exist and a date that cannot be read.
    #[doc(alias = "get_jobs")]
    pub fn jobs(&self, filter: impl Into<JobFilter>) -> Result<JobCollection> {
        let context = || format!("jobs of project `{}`", self.name().unwrap_or(self.id()));
        let jobs = self.find_jobs(&filter.into(), None).with_context(context)?;
        Ok(listed(self, self.name().unwrap_or(self.id()), jobs).of("Project"))
    }

    /// Returns the jobs with these ids, in this order, each of them once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the project does not have one of the
    /// jobs; the error contains its id.
    #[doc(alias = "initialize_jobcollection")]
    pub fn jobs_by_id(&self, ids: impl IntoIterator<Item = impl Into<JobId>>) -> Result<JobCollection> {
        let ids: Vec<JobId> = ids.into_iter().map(Into::into).collect();
        let mut jobs = self.jobs_of(&ids)?;
        let mut seen = HashSet::new();
        jobs.retain(|job| seen.insert(job.id.clone()));
        Ok(listed(self, self.name().unwrap_or(self.id()), jobs).of("Project"))
    }
}

impl Workflow {
    /// Returns the workflow's jobs that match a [`JobFilter`] or a [`JobStatus`], as
    /// [`Project::jobs`] does.
    ///
    /// # Errors
    ///
    /// The errors of [`Project::jobs`].
    #[doc(alias = "get_jobs")]
    pub fn jobs(&self, filter: impl Into<JobFilter>) -> Result<JobCollection> {
        let jobs = self.project().find_jobs(&filter.into(), Some(self.id()));
        let jobs = jobs.with_context(|| format!("jobs of workflow `{}`", self.name()))?;
        Ok(listed(self.project(), self.name(), jobs).of("Workflow"))
    }
}

impl JobCollection {
    /// Returns the same jobs with their costs, and with the logs of the failed ones. Sends one or
    /// more requests for each job.
    ///
    /// # Errors
    ///
    /// The errors of these requests, such as [`ErrorKind::Network`](crate::ErrorKind::Network); the
    /// error contains the job's id.
    pub fn with_details(&self) -> Result<Self> {
        let records: Vec<JobRecord> = self.iter().cloned().collect();
        let answers = in_parallel(&records, CONCURRENT_REQUESTS, |record| detailed(&**self.source(), record));
        let records = answers.into_iter().collect::<Result<_>>()?;
        Ok(self.with_records(records))
    }
}

/// Returns a collection of one job.
pub(crate) fn job_of(job: &ProjectJob) -> JobCollection {
    listed(job.project(), job.name.as_deref().unwrap_or("job"), vec![(**job).clone()]).of("Job")
}

/// Returns a collection of the job of a task, with the results of the task.
pub(crate) fn task_of(task: &JobTask, job: &ProjectJob) -> JobCollection {
    // The task may have succeeded although its job failed.
    let succeeded = |record: &JobRecord| JobRecord {
        label: task.name.clone(),
        outcome: Outcome::Succeeded { credits: None },
        ..record.clone()
    };
    let job = job_of(job);
    job.with_records(job.iter().map(succeeded).collect()).from(Arc::new(task.clone()))
}

fn listed(project: &Project, name: &str, jobs: Vec<Job>) -> JobCollection {
    JobCollection::listed(Arc::new(project.clone()), name, jobs)
}

impl JobCollection {
    /// Creates a collection of the jobs that a service lists.
    pub(crate) fn listed(source: Arc<dyn Source>, name: &str, jobs: Vec<Job>) -> Self {
        let records = jobs.into_iter().enumerate().map(|(index, job)| JobRecord {
            index,
            label: job.name.clone().unwrap_or_else(|| job.id.to_string()),
            inputs: job.inputs.clone(),
            outcome: outcome(&job.status),
            job: Some(job),
        });
        Self::new(source, name.to_owned(), records.collect())
    }

    /// Returns the same jobs, with the label of `label` where it returns one.
    pub(crate) fn called(self, label: impl Fn(&Job) -> Option<String>) -> Self {
        let call = |record: &JobRecord| {
            let label = record.job.as_ref().and_then(&label).unwrap_or_else(|| record.label.clone());
            JobRecord { label, ..record.clone() }
        };
        self.with_records(self.iter().map(call).collect())
    }
}

fn outcome(status: &JobStatus) -> Outcome {
    match status {
        JobStatus::Succeeded => Outcome::Succeeded { credits: None },
        status if status.is_terminal() => Outcome::Failed { reason: REASON_NOT_READ.into(), credits: None },
        _ => Outcome::Unfinished,
    }
}

fn detailed(source: &dyn Source, record: &JobRecord) -> Result<JobRecord> {
    let mut record = record.clone();
    let Some(job) = &record.job else { return Ok(record) };
    match &mut record.outcome {
        Outcome::Succeeded { credits } if credits.is_none() => *credits = source.credits(&job.id)?,
        Outcome::Failed { reason, credits } => {
            *credits = source.credits(&job.id)?;
            if reason == REASON_NOT_READ {
                *reason = source.reason(job)?;
            }
        }
        _ => {}
    }
    Ok(record)
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Client;

    #[test]
    fn a_list_contains_only_data_of_the_platform() {
        let project = Client::simulator().unwrap().project().unwrap();
        let job = |name: Option<&str>, status: &str| {
            Job::read(&json!({"id": "31e82142-5823", "name": name, "status": status})).unwrap()
        };
        let jobs = vec![job(Some("Dakar"), "SUCCEEDED"), job(None, "FAILED"), job(Some("x"), "PAUSED")];
        let list = listed(&project, "harbours", jobs).of("Workflow");
        assert_eq!(list.title(), "Workflow harbours: 3 jobs");
        let lines: Vec<_> = list.iter().map(|record| format!("{record:?}, {:?}", record.outcome)).collect();
        assert_eq!(
            lines,
            [
                "Dakar: succeeded, succeeded",
                "31e82142-5823: failed, `with_details` reads the reason",
                "x: PAUSED, unfinished"
            ]
        );
        assert!(list.iter().all(|record| record.cost().is_none()));
    }
}
