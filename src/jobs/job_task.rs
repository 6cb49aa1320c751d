use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::id::checked;
use super::{JobId, JobStatus, Project, TaskLog, optional, required};
use crate::client::{data, items};
use crate::transport::{Request, Secret};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Longest line of a log, in characters.
const LINE: usize = 4_000;

/// Task of a job: the execution of one block (`docs/up42-api.md`, `JobTask`).
#[derive(Clone)]
#[non_exhaustive]
pub struct JobTask {
    project: Project,
    /// Id of the task's job.
    pub job: JobId,
    /// Id on the platform.
    pub id: String,
    /// Name: the name of the workflow's task and a number.
    pub name: String,
    /// Status. Tasks run in order.
    pub status: JobStatus,
    /// Technical name of the block.
    pub block: String,
    /// Version of the block.
    pub version: Option<String>,
    /// Start time, UTC, in whole seconds.
    pub started: Option<Timestamp>,
    /// End time, UTC, in whole seconds.
    pub finished: Option<Timestamp>,
}

impl Project {
    pub(crate) fn job_tasks(&self, job: &JobId) -> Result<Vec<JobTask>> {
        let list = items(self.job_data(job, "/tasks/")?, "data")?;
        list.iter().map(|json| JobTask::read(self, job, json)).collect()
    }
}

impl JobTask {
    pub(super) fn read(project: &Project, job: &JobId, json: &Value) -> Result<Self> {
        let instant = |field| parse_timestamp(&optional(json, field)?);
        let block = json.get("block").unwrap_or(&Value::Null);
        Ok(Self {
            project: project.clone(),
            job: job.clone(),
            id: required(json, "id")?,
            name: optional(json, "name").unwrap_or_default(),
            status: JobStatus::read(&optional(json, "status").unwrap_or_else(|| "unknown".into())),
            block: optional(block, "name").unwrap_or_default(),
            version: optional(block, "version").or_else(|| optional(json, "blockVersion")),
            started: instant("startedAt"),
            finished: instant("finishedAt"),
        })
    }

    /// Returns the task's project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns the task's log.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the job no longer exists.
    pub fn log(&self) -> Result<TaskLog> {
        let read = || {
            let log = self.project.client().send(Request::get(self.url("/logs")?))?;
            let text = String::from_utf8_lossy(&log.body).into_owned();
            // Some servers send the text as a JSON string (`docs/up42-api.md`, 5.4).
            let text = serde_json::from_str::<String>(&text).unwrap_or(text);
            let text = text.lines().map(|line| sanitize(&line.replace('\t', "    "), LINE) + "\n").collect();
            Ok::<_, Error>(TaskLog { task: self.name.clone(), status: self.status.clone(), text })
        };
        read().with_context(|| self.error_context("log"))
    }

    /// Requests the features of its `data.json`; empty before the task has succeeded. The features
    /// of a dry run are the scenes that it found.
    pub(super) fn features(&self) -> Result<Vec<Value>> {
        let mut json = self.project.client().json(Request::get(self.url("/outputs/data-json")?))?;
        items(json.get_mut("features").map(Value::take).unwrap_or_default(), "features")
    }

    /// Requests a signed URL of the task's results, valid for some minutes.
    pub(crate) fn results_url(&self) -> Result<Secret> {
        let read = || {
            let request = Request::get(self.url("/downloads/results/")?).secret();
            required(&self.project.client().json(request).and_then(data)?, "url").map(Secret::new)
        };
        read().with_context(|| self.error_context("results"))
    }

    /// Returns the URL of the API below this task.
    pub(crate) fn url(&self, rest: &str) -> Result<String> {
        let (job, task) = (checked("job", self.job.as_str())?, self.checked_id()?);
        Ok(self.project.client().url(&self.project.path(&format!("/jobs/{job}/tasks/{task}{rest}"))))
    }

    /// Returns the URL of a quicklook; its name is encoded as one path segment, because it comes
    /// from outside.
    pub(crate) fn quicklook_url(&self, name: &str) -> Result<String> {
        let mut url = Url::parse(&self.url("/outputs/quicklooks")?)
            .map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))?;
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.push(name);
        }
        Ok(url.into())
    }

    /// Returns the id of the task, checked for use in a path.
    pub(crate) fn checked_id(&self) -> Result<&str> {
        checked("task", &self.id)
    }

    pub(super) fn error_context(&self, what: &str) -> String {
        format!("{what} of task `{}` of job `{}`", self.name, self.job)
    }
}

impl fmt::Debug for JobTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobTask({}, {})", sanitize(&self.name, 200), sanitize(&self.status.to_string(), 80))
    }
}
