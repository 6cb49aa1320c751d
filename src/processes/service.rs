//! A batch on a server of the standard.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{OgcProcess, job, results};
use crate::batch::{Delivery, Kind, Mark, Owner, Service, Source};
use crate::client::{Client, items, optional};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobStatus, JobsPage};
use crate::plain::plain;
use crate::transport::Request;

/// Unfinished jobs at a time, unless the user says otherwise: servers tell no limit, and
/// many of them are small.
const AT_ONCE: usize = 10;
/// Jobs of a page; a server may send fewer.
const PAGE: &str = "100";
/// The longest message of a job that is kept, in characters.
const LONGEST: usize = 4000;

/// A process on its server.
pub(crate) struct OnServer(OgcProcess);

impl OnServer {
    pub(crate) fn of(process: &OgcProcess) -> Arc<dyn Service> {
        Arc::new(Self(process.clone()))
    }

    fn job_url(&self, id: &JobId) -> Result<String> {
        self.0.server().path(&["jobs", id.as_str()])
    }

    fn status(&self, id: &JobId) -> Result<Value> {
        let ask = || self.client().json(Request::get(self.job_url(id)?).wants_json());
        ask().with_context(|| format!("job `{id}`"))
    }

    /// What the answer to an execution says of the job. Its body may be empty: the standard
    /// wants the header (1.0, 7.11.4).
    fn created(&self, body: &Value, location: Option<&str>) -> Result<Job> {
        if let Ok(job) = job::read(body) {
            return Ok(job);
        }
        let told = optional(body, "jobID").or_else(|| {
            let path = location?.split(['?', '#']).next()?.trim_end_matches('/');
            path.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned)
        });
        let id = told.ok_or_else(|| Error::response("the answer names no job, by `Location` or `jobID`"))?;
        Ok(Job::new(id, JobStatus::Pending))
    }
}

impl Source for OnServer {
    fn client(&self) -> &Client {
        self.0.server().client()
    }

    /// The standard knows no credits.
    fn credits(&self, _id: &JobId) -> Result<Option<i64>> {
        Ok(None)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        // A server may forget what was dismissed.
        let message = match self.status(&job.id) {
            Ok(json) => optional(&json, "message"),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match message {
            Some(message) => plain(&message, LONGEST),
            None => format!("the job is {}, and the server does not say why", job.status),
        })
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        let read = || results::delivery(&self.0, &format!("{}/results", self.job_url(id)?));
        read().with_context(|| format!("results of job `{id}`"))
    }
}

impl Service for OnServer {
    fn owner(&self) -> Owner {
        let (host, place) = self.0.server().place();
        let (id, name) = (self.0.id().to_owned(), self.0.id().to_owned());
        Owner { kind: Kind::OgcProcess, host, place, id, name, budget: None }
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// The standard has no names for jobs.
    fn create(&self, _name: &str, parameters: &JobParameters) -> Result<Job> {
        let create = || -> Result<Job> {
            let mut body = json!({"inputs": parameters.inputs});
            // A single output comes as it is, several as one document.
            if self.0.outputs().len() > 1 {
                body["response"] = "document".into();
            }
            let url = format!("{}/execution", self.0.server().process_url(self.0.id())?);
            let answer =
                self.client().send(Request::post(url, body).wants_json().respond_async().charging())?;
            let body = answer.json().unwrap_or_default();
            if answer.status != 201 && job::read(&body).is_err() {
                return Err(Error::invalid(format!(
                    "the server ran it at once (status {}), though it was asked not to wait: no job can be followed",
                    answer.status
                )));
            }
            self.created(&body, answer.location.as_deref())
        };
        create().with_context(|| format!("execute `{}`", parameters.label))
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        let server = self.0.server();
        let read = || -> Result<JobsPage> {
            let request = match next {
                Some(url) => Request::get(url),
                None => Request::get(server.path(&["jobs"])?).query("limit", PAGE),
            };
            let mut json = self.client().json(request.wants_json())?;
            let next = server.next(&json)?;
            let list = items(json.get_mut("jobs").map(Value::take).unwrap_or_default(), "jobs")?;
            let jobs: Vec<Job> = list.iter().filter_map(|one| job::read(one).ok()).collect();
            let (is_whole, is_empty) = (jobs.len() == list.len(), list.is_empty());
            Ok(JobsPage { jobs, is_whole, next: next.filter(|_| !is_empty) })
        };
        read().context("list the jobs")
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        job::read(&self.status(id)?).with_context(|| format!("job `{id}`"))
    }

    /// Dismisses it. A server may forget it with that.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        let dismiss = || -> Result<Option<Job>> {
            let answer = self.client().send(Request::delete(self.job_url(id)?).wants_json())?;
            let job = answer.json().and_then(|json| job::read(&json));
            // Whatever it tells, it has taken it.
            Ok(job.ok().or_else(|| Some(Job::new(id.clone(), JobStatus::Cancelled))))
        };
        dismiss().with_context(|| format!("dismiss job `{id}`"))
    }

    fn mark_of(&self, job: &Job) -> Mark {
        match (job.workflow_id.as_deref(), job.inputs.is_empty()) {
            (Some(process), _) if process != self.0.id() => Mark::None,
            (_, true) => Mark::Hidden,
            (_, false) => Mark::Inputs,
        }
    }

    fn balance(&self) -> Result<i64> {
        Err(priceless())
    }

    fn reach(&self) -> Result<()> {
        self.client().send(Request::get(format!("{}/", self.0.server().url()))).map(drop)
    }

    fn estimate(&self, _jobs: &[JobParameters]) -> Result<Estimate> {
        Err(priceless())
    }
}

fn priceless() -> Error {
    Error::invalid("an OGC API - Processes server has no prices: run the batch without estimate and budget")
}
