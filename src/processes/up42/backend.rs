//! Batch backend for UP42's processing.

use std::sync::Arc;

use serde_json::Value;

use super::Process;
use super::job::{read, reason};
use super::jobs::page;
use crate::batch::{Delivery, JobBackend, Kind, Mark, Owner, Source, Submission, tokens};
use crate::client::{Client, credits, id::checked};
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobsPage};
use crate::storage::deliver;
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Longest title before the batch's own name, in characters.
const TITLE: usize = 100;

/// Batch backend for one process.
pub(crate) struct ProcessingBackend(Process);

impl ProcessingBackend {
    pub(crate) fn of(process: &Process) -> Arc<dyn JobBackend> {
        Arc::new(Self(process.clone()))
    }

    pub(super) fn source(process: &Process) -> Arc<dyn Source> {
        Arc::new(Self(process.clone()))
    }

    fn job_json(&self, id: &JobId) -> Result<Value> {
        self.client().get(&format!("/v2/processing/jobs/{}", checked("job", id.as_str())?))
    }
}

impl Source for ProcessingBackend {
    fn client(&self) -> &Client {
        &self.0.client
    }

    fn credits(&self, id: &JobId) -> Result<Option<i64>> {
        let context = || format!("credits of job `{id}`");
        let json = self.job_json(id).with_context(context)?;
        match json.get("status").and_then(Value::as_str).unwrap_or_default() {
            "released" | "unlicensed" | "invalid" | "rejected" => Ok(Some(0)),
            // The credits are released some seconds after `failed`.
            "failed" => Err(Error::new(ErrorKind::Server, "they are still held: ask again in a minute")
                .context(context())),
            _ => json
                .get("creditConsumption")
                .map_or_else(
                    || Err(Error::response("`creditConsumption` is missing")),
                    |one| credits(one, "credits"),
                )
                .map(Some)
                .with_context(context),
        }
    }

    fn reason(&self, job: &Job) -> Result<String> {
        Ok(reason(&self.job_json(&job.id).with_context(|| format!("job `{}`", job.id))?))
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        let read = || {
            let json = self.job_json(id)?;
            let url = json.pointer("/results/collection").and_then(Value::as_str);
            let collection = url.and_then(|url| url.trim_end_matches('/').rsplit('/').next());
            let collection = collection.ok_or_else(|| Error::response("`results.collection` is missing"))?;
            deliver(&self.client().storage().of_collection(collection)?)
        };
        read().with_context(|| format!("results of job `{id}`"))
    }
}

impl JobBackend for ProcessingBackend {
    fn owner(&self) -> Owner {
        Owner {
            kind: Kind::Process,
            host: self.client().host(),
            scope_id: self.0.workspace.clone(),
            id: self.0.id().to_owned(),
            name: self.0.id().to_owned(),
            budget: self.0.budget.clone(),
        }
    }

    /// Returns the hash of the inputs without the title, which does not change the result.
    fn key(&self, parameters: &JobParameters) -> Option<String> {
        let mut inputs = parameters.inputs.clone();
        inputs.shift_remove("title");
        Some(JobParameters::new("", inputs).key())
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        let parameters = submission.parameters;
        let mut inputs = parameters.inputs.clone();
        if self.0.has_title() {
            let title = inputs.get("title").and_then(Value::as_str).unwrap_or(&parameters.label);
            let title: String = title.chars().take(TITLE).collect();
            inputs.insert("title".into(), format!("{title} | {}", submission.name()).into());
        }
        let create = || read(&self.client().json(self.0.execution(&inputs)?)?);
        create().with_context(|| format!("create job `{}`", parameters.label))
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        page(self.client(), next, || {
            vec![("workspaceId", self.0.workspace.clone()), ("processId", self.0.id().to_owned())]
        })
        .context("list the jobs")
    }

    fn jobs(&self, ids: &[JobId]) -> Option<Result<Vec<Job>>> {
        let ids: Vec<&str> = ids.iter().map(JobId::as_str).collect();
        let query = || vec![("workspaceId", self.0.workspace.clone()), ("ids", ids.join(","))];
        Some(page(self.client(), None, query).map(|page| page.jobs).context("ask for jobs"))
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.job_json(id).and_then(|json| read(&json)).with_context(|| format!("job `{id}`"))
    }

    /// Returns `None`: the platform cannot cancel processing jobs (`docs/up42-api.md`, 13).
    fn cancel(&self, _id: &JobId) -> Result<Option<Job>> {
        Ok(None)
    }

    fn mark_of(&self, job: &Job) -> Mark {
        match (self.0.has_title(), &job.name) {
            _ if job.workflow_id.as_deref().is_some_and(|process| process != self.0.id()) => Mark::None,
            (true, Some(title)) => Mark::Names(tokens(title)),
            (true, None) => Mark::None,
            (false, _) if job.inputs.is_empty() => Mark::Hidden,
            (false, _) => Mark::Inputs,
        }
    }

    fn balance(&self) -> Result<i64> {
        self.client().balance()
    }

    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        self.0.prices(jobs).with_context(|| format!("estimate `{}`", self.0.id()))
    }
}
