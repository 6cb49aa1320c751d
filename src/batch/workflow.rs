//! Batches of a workflow's jobs (`docs/up42-api.md`, 4 to 6).

use std::sync::Arc;
use std::time::Duration;

use super::backend::{Delivery, JobBackend, Source};
use super::batch::Batch;
use super::plan::{Kind, Owner, Plan};
use super::report::JobCollection;
use super::submission::Submission;
use crate::client::Client;
use crate::jobs::{Estimate, Job, JobId, JobMode, JobParameters, JobTask, JobsPage, Project, Workflow};
use up42_core::error::Result;
use up42_core::sanitize::sanitize;

/// Longest line of a log that is stored, in characters.
const LINE: usize = 4000;

impl Workflow {
    /// Creates a batch with one job for each set of parameters. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there are no parameters, or
    /// two that are equal.
    pub fn batch(&self, name: impl Into<String>, parameters: Vec<JobParameters>) -> Result<Batch> {
        Batch::of(WorkflowBackend::service(self, JobMode::Default), name, parameters)
    }

    /// Runs a job for each set of parameters and waits until all have ended; the short form of
    /// [`batch`](Self::batch) and [`run`](Batch::run). The name of the batch is a hash of the
    /// workflow's id and of the parameters, so the same parameters in any order are the same batch.
    ///
    /// # Errors
    ///
    /// The errors of [`Batch::run`].
    pub fn run_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        self.batch(format!("jobs-{}", Plan::hash(self.id(), &parameters)), parameters)?.run()
    }

    /// Performs dry runs, which return the images that each job would find. They are free and have
    /// no journal file.
    ///
    /// # Errors
    ///
    /// The errors of [`Batch::run`].
    pub fn test_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        let service = WorkflowBackend::service(self, JobMode::DryRun);
        let plan = Plan::new(&*service, self.name(), parameters)?.dry();
        Batch::with_plan(service, plan).run()
    }
}

/// Workflow that runs the jobs of a batch.
pub(crate) struct WorkflowBackend {
    workflow: Workflow,
    mode: JobMode,
}

impl WorkflowBackend {
    fn service(workflow: &Workflow, mode: JobMode) -> Arc<dyn JobBackend> {
        Arc::new(Self { workflow: workflow.clone(), mode })
    }

    /// Returns the backend for the workflow that a journal records.
    pub(crate) fn reopened(project: Project, owner: &Owner) -> Arc<dyn JobBackend> {
        Self::service(&Workflow::known(project, owner.id.clone(), owner.name.clone()), JobMode::Default)
    }
}

impl Source for WorkflowBackend {
    fn client(&self) -> &Client {
        self.workflow.project().client()
    }

    fn credits(&self, id: &JobId) -> Result<Option<i64>> {
        self.workflow.project().credits(id)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        self.workflow.project().reason(job)
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        self.workflow.project().results(id)
    }

    fn project(&self) -> Option<&Project> {
        Some(self.workflow.project())
    }
}

impl JobBackend for WorkflowBackend {
    fn owner(&self) -> Owner {
        Owner {
            kind: Kind::Workflow,
            host: self.client().host(),
            scope_id: self.workflow.project().id().to_owned(),
            id: self.workflow.id().to_owned(),
            name: self.workflow.name().to_owned(),
            budget: None,
        }
    }

    fn limit(&self) -> Result<usize> {
        let setting = self.workflow.project().settings()?.max_concurrent_jobs();
        Ok(setting.map_or(1, |jobs| jobs as usize))
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        self.workflow.create_job(&submission.name(), submission.parameters, self.mode)
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        // The list has numbered pages and ends with an empty one.
        let page = next.and_then(|page| page.parse().ok()).unwrap_or(0);
        self.workflow.project().jobs_page(page)
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.workflow.project().job_now(id)
    }

    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        self.workflow.project().cancel_job(id).map(|()| None)
    }

    fn balance(&self) -> Result<i64> {
        Source::client(self).balance()
    }

    /// Returns the minimum balance for running a job (`docs/up42-api.md`, 0.6).
    fn least_balance(&self) -> i64 {
        1000
    }

    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        self.workflow.estimate(jobs)
    }

    fn known_duration(&self, job: &JobParameters) -> Option<Duration> {
        self.workflow.known_duration(job)
    }
}

/// Jobs of a project, of any of its workflows.
impl Source for Project {
    fn client(&self) -> &Client {
        Project::client(self)
    }

    fn credits(&self, id: &JobId) -> Result<Option<i64>> {
        self.job_credits(id).map(Some)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        let logs = self.job_logs(&job.id)?;
        Ok(match logs.trim() {
            "" => format!("the job is {}, and left no log", job.status),
            _ => harmless(&logs),
        })
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        let (project, id) = (self.clone(), id.clone());
        Ok(Delivery::Archive(Box::new(move || project.results_url(&id))))
    }

    fn project(&self) -> Option<&Project> {
        Some(self)
    }
}

/// Job of a task, with the results of the task.
impl Source for JobTask {
    fn client(&self) -> &Client {
        self.project().client()
    }

    fn credits(&self, id: &JobId) -> Result<Option<i64>> {
        self.project().credits(id)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        self.project().reason(job)
    }

    fn results(&self, _id: &JobId) -> Result<Delivery> {
        let task = self.clone();
        Ok(Delivery::Archive(Box::new(move || task.results_url())))
    }

    fn project(&self) -> Option<&Project> {
        Some(JobTask::project(self))
    }
}

/// Sanitizes a log for storage and display: tasks log the signed URLs that they read.
fn harmless(log: &str) -> String {
    log.lines().map(|line| sanitize(line, LINE) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_keep_their_lines_without_secrets() {
        let log = "[s2:1]\nread https://h/a.tif?X-Amz-Signature=hunter2 failed\n\x1b[31mno image\n";
        assert_eq!(harmless(log), "[s2:1]\nread https://h/a.tif?… failed\n [31mno image\n");
    }
}
