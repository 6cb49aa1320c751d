use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::id::checked;
use super::{JobParameters, JobStatus, Project, Workflow, credits, optional, required};
use crate::client::{data, items};
use crate::transport::{Request, Secret};
use up42_core::error::{Context, Result};
use up42_core::redact;
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Id of a job on the platform.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(crate) String);

/// Mode of a job: real or dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobMode {
    /// Processes data; each task is charged when it succeeds.
    #[default]
    Default,
    /// Only searches for images; free.
    DryRun,
}

/// Page of the list of jobs.
pub(crate) struct JobsPage {
    pub(crate) jobs: Vec<Job>,
    /// `false` if entries that could not be parsed were skipped.
    pub(crate) is_whole: bool,
    /// Argument for the request of the next page; `None` on the last page.
    pub(crate) next: Option<String>,
}

/// State of a job, as last read from the platform.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Job {
    /// Id on the platform.
    pub id: JobId,
    /// Name given on creation.
    pub name: Option<String>,
    /// Status.
    pub status: JobStatus,
    /// Progress in %, if the service states it.
    pub progress: Option<u8>,
    /// Creation time, UTC.
    pub created: Option<Timestamp>,
    /// Start time, UTC, in whole seconds.
    pub started: Option<Timestamp>,
    /// End time, UTC, in whole seconds.
    pub finished: Option<Timestamp>,
    /// Inputs of the job, if the service returns them; for a workflow task to parameters, including
    /// defaults.
    pub inputs: Map<String, Value>,
    /// Mode: real or dry run.
    pub mode: JobMode,
    /// Id of its workflow or process.
    pub workflow_id: Option<String>,
    /// Name of its workflow.
    pub workflow: Option<String>,
}

impl JobId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str>> From<T> for JobId {
    fn from(id: T) -> Self {
        Self(id.as_ref().to_owned())
    }
}

impl From<&JobId> for JobId {
    fn from(id: &JobId) -> Self {
        id.clone()
    }
}

/// Prints the sanitized id on one line; [`as_str`](JobId::as_str) returns the id itself.
impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.0, 200))
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.0, 80))
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({:?}, {})", self.id, sanitize(&self.status.to_string(), 80))
    }
}

impl Job {
    /// Creates a job of which only the id and the status are known.
    pub(crate) fn new(id: impl Into<JobId>, status: JobStatus) -> Self {
        Self {
            id: id.into(),
            name: None,
            status,
            progress: None,
            created: None,
            started: None,
            finished: None,
            inputs: Map::new(),
            mode: JobMode::Default,
            workflow_id: None,
            workflow: None,
        }
    }

    /// Reads a job as sent by the projects API.
    pub(crate) fn read(json: &Value) -> Result<Self> {
        let instant = |field| parse_timestamp(&optional(json, field)?);
        Ok(Self {
            id: JobId(required(json, "id")?),
            name: optional(json, "name"),
            status: JobStatus::read(&required(json, "status")?),
            progress: json
                .get("progress")
                .and_then(Value::as_u64)
                .and_then(|percent| u8::try_from(percent).ok()),
            created: instant("createdAt"),
            started: instant("startedAt"),
            finished: instant("finishedAt"),
            inputs: json.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default(),
            mode: match json.get("mode").and_then(Value::as_str) {
                Some("DRY_RUN") => JobMode::DryRun,
                _ => JobMode::Default,
            },
            workflow_id: optional(json, "workflowId"),
            workflow: optional(json, "workflowName"),
        })
    }

    /// Writes the fields that [`read`](Self::read) reads, without inputs, mode and workflow.
    pub(crate) fn to_json(&self) -> Value {
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let mut json = json!({
            "id": self.id.as_str(),
            "name": self.name.as_deref().map(redact::data),
            "status": self.status.word(),
            "createdAt": instant(self.created),
            "startedAt": instant(self.started),
            "finishedAt": instant(self.finished),
        });
        if let Some(percent) = self.progress {
            json["progress"] = percent.into();
        }
        json
    }

    /// Returns the run time; `None` before the job has ended.
    pub fn duration(&self) -> Option<Duration> {
        self.finished?.duration_since(self.started?).try_into().ok()
    }
}

impl Workflow {
    /// Creates one job. The request is not retried: after an error of kind
    /// [`Network`](crate::ErrorKind::Network) or [`Server`](crate::ErrorKind::Server) the job may
    /// exist.
    pub(crate) fn create_job(&self, name: &str, parameters: &JobParameters, mode: JobMode) -> Result<Job> {
        let mut body = parameters.inputs.clone();
        if mode == JobMode::DryRun {
            body.insert("config".into(), json!({"mode": "DRY_RUN"}));
        }
        let client = self.project().client();
        let request = Request::post(client.url(&self.path("/jobs")), Value::Object(body))
            .query("name", name)
            .mark_charging();
        client
            .json(request)
            .and_then(data)
            .and_then(|json| Job::read(&json))
            .with_context(|| format!("create job `{name}`"))
    }
}

impl Project {
    /// Requests one page of the project's jobs, newest first. The page after the last job is empty.
    pub(crate) fn jobs_page(&self, page: usize) -> Result<JobsPage> {
        let request = Request::get(self.client().url(&self.path("/jobs")))
            .query("page", page.to_string())
            .query("sort", "createdAt,desc");
        let list = self.client().json(request).and_then(data).and_then(|list| items(list, "data"));
        let list = list.context("list the jobs")?;
        let jobs: Vec<Job> = list.iter().filter_map(|job| Job::read(job).ok()).collect();
        let is_whole = jobs.len() == list.len();
        let next = (!list.is_empty()).then(|| (page + 1).to_string());
        Ok(JobsPage { jobs, is_whole, next })
    }

    /// Requests the current state of a job.
    pub(crate) fn job_now(&self, id: &JobId) -> Result<Job> {
        self.job_data(id, "").and_then(|json| Job::read(&json)).with_context(|| format!("job `{id}`"))
    }

    /// Requests the cancellation of the job. The job may still complete.
    pub(crate) fn cancel_job(&self, id: &JobId) -> Result<()> {
        let cancel = || {
            let path = self.path(&format!("/jobs/{}/cancel/", checked("job", id.as_str())?));
            // Repeating a cancellation is harmless.
            self.client().send(Request::post(self.client().url(&path), json!({})))
        };
        cancel().with_context(|| format!("cancel job `{id}`")).map(drop)
    }

    /// Requests the cost of the job, in credits.
    pub(crate) fn job_credits(&self, id: &JobId) -> Result<i64> {
        let json = self.job_data(id, "/credits").with_context(|| format!("credits of job `{id}`"))?;
        credits(&json, "creditsUsed")
    }

    /// Requests a signed URL of the job's results, valid for some minutes.
    pub(crate) fn results_url(&self, id: &JobId) -> Result<Secret> {
        let request = || {
            let path = self.path(&format!("/jobs/{}/downloads/results/", checked("job", id.as_str())?));
            self.client().json(Request::get(self.client().url(&path)).secret()).and_then(data)
        };
        required(&request().with_context(|| format!("results of job `{id}`"))?, "url").map(Secret::new)
    }

    pub(super) fn job_data(&self, id: &JobId, rest: &str) -> Result<Value> {
        let path = self.path(&format!("/jobs/{}{rest}", checked("job", id.as_str())?));
        self.client().get(&path).and_then(data)
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::*;
    use crate::client::Client;

    #[test]
    fn an_id_that_changes_the_path_is_not_requested() {
        let project = Client::simulator().unwrap().project().unwrap();
        let id = JobId::from("../../users");
        let refused = [
            project.job_now(&id).map(drop),
            project.cancel_job(&id),
            project.job_credits(&id).map(drop),
            project.results_url(&id).map(drop),
        ];
        for error in refused.map(Result::unwrap_err) {
            assert!(error.to_string().contains("`../../users` is not a valid job id"), "{error}");
        }
    }

    #[test]
    fn ids_and_statuses_are_printed_as_one_sanitized_line() {
        let hostile = "x\nEVCXR_BEGIN_CONTENT text/html\n\u{1b}[2J";
        let id = JobId::from(hostile);
        for printed in [id.to_string(), format!("{id:?}"), JobStatus::from(hostile).to_string()] {
            assert!(!printed.contains("EVCXR_") && !printed.contains(char::is_control), "{printed}");
        }
        assert_eq!(id.as_str(), hostile);
    }
}
