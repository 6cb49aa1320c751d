//! Batch backend for OGC API - Processes servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stored_response::{Execution, ResponseStore, StoredResponse};
use super::{OgcProcess, ProcessServer, job, results};
use crate::batch::{Delivery, JobBackend, Kind, Mark, Owner, Source, Submission, tokens};
use crate::client::{Client, items, optional};
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobStatus, JobsPage};
use crate::transport::{Request, Response};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;

/// Default limit of unfinished jobs: servers state no limit, and many of them are small.
const MAX_UNFINISHED: usize = 10;
/// Jobs per page; a server may send fewer.
const PAGE: &str = "100";
/// Page token for the first page of the server's list, which follows the stored responses.
const SERVER_LIST_PAGE: &str = "server";
/// Longest message of a job, in characters.
const LONGEST: usize = 4000;

/// Batch backend for one process of a server.
pub(crate) struct OgcBackend {
    process: OgcProcess,
    /// Whether the server responds with results instead of a job: then its list of jobs proves
    /// nothing.
    is_synchronous: AtomicBool,
}

impl OgcBackend {
    pub(crate) fn of(process: &OgcProcess) -> Arc<dyn JobBackend> {
        let is_synchronous = AtomicBool::new(!process.is_async());
        Arc::new(Self { process: process.clone(), is_synchronous })
    }

    fn server(&self) -> &ProcessServer {
        self.process.server()
    }

    fn answers(&self) -> ResponseStore {
        let (host, path) = self.server().host_and_path();
        ResponseStore::of(self.client(), &format!("{host}{path} {}", self.process.id()))
    }

    fn job_url(&self, id: &JobId) -> Result<String> {
        self.server().path(&["jobs", id.as_str()])
    }

    fn status(&self, id: &JobId) -> Result<Value> {
        let read = || self.server().json(Request::get(self.job_url(id)?));
        read().with_context(|| format!("job `{id}`"))
    }

    /// Executes synchronously: the response is the result.
    fn wait_for(&self, execution: Execution, request: Request) -> Result<Job> {
        let sent = Timestamp::now();
        match self.server().send(request) {
            Ok(answer) if answer.status == 201 => {
                self.created(&answer.json().unwrap_or_default(), answer.location.as_deref())
            }
            answer => self.keep(execution, sent, answer),
        }
    }

    /// Stores the response of a synchronous execution and returns it as a job that has ended.
    fn keep(&self, execution: Execution, sent: Timestamp, answer: Result<Response>) -> Result<Job> {
        self.is_synchronous.store(true, Ordering::Relaxed);
        let times = Some((sent, Timestamp::now()));
        let answer = match answer {
            Ok(Response { content_type, body, .. }) => {
                StoredResponse { execution, times, content_type, body, failure: None }
            }
            Err(error) => match failure(&error) {
                Some(reason) => {
                    StoredResponse { execution, times, failure: Some(reason), ..StoredResponse::default() }
                }
                None => return Err(error),
            },
        };
        // The job has run: without this error kind the batch would count it as not created.
        let id = self.answers().keep(&answer).map_err(|error| Error::response(error.to_string()));
        Ok(self.with_process(answer.job(id.context("it has run")?)))
    }

    /// Returns the job of a stored response with the id of the process.
    fn with_process(&self, job: Job) -> Job {
        Job { workflow_id: Some(self.process.id().to_owned()), ..job }
    }

    /// Reads the job from the response to an execution request. The body may be empty: the standard
    /// requires the `Location` header (1.0, 7.11.4).
    fn created(&self, body: &Value, location: Option<&str>) -> Result<Job> {
        if let Ok(job) = job::read(body) {
            return Ok(job);
        }
        let id = optional(body, "jobID").or_else(|| {
            let path = location?.split(['?', '#']).next()?.trim_end_matches('/');
            path.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned)
        });
        let id = id.ok_or_else(|| Error::response("the answer names no job, by `Location` or `jobID`"))?;
        Ok(Job::new(id, JobStatus::Pending))
    }
}

impl Source for OgcBackend {
    fn client(&self) -> &Client {
        self.server().client()
    }

    /// Returns `None`: the standard has no prices.
    fn credits(&self, _id: &JobId) -> Result<Option<i64>> {
        Ok(None)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        if ResponseStore::is_stored_id(&job.id) {
            return Ok(self.answers().get(&job.id)?.failure.unwrap_or_default());
        }
        // A server may delete dismissed jobs.
        let message = match self.status(&job.id) {
            Ok(json) => optional(&json, "message"),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match message {
            Some(message) => sanitize(&message, LONGEST),
            None => format!("the job is {}, and the server does not say why", job.status),
        })
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        let read = || match ResponseStore::is_stored_id(id) {
            true => results::of_answer(&self.process, self.answers().get(id)?.into_response()),
            false => results::delivery(&self.process, &format!("{}/results", self.job_url(id)?)),
        };
        read().with_context(|| format!("results of job `{id}`"))
    }
}

impl JobBackend for OgcBackend {
    fn owner(&self) -> Owner {
        let (host, scope_id) = self.server().host_and_path();
        let (id, name) = (self.process.id().to_owned(), self.process.id().to_owned());
        Owner { kind: Kind::OgcProcess, host, scope_id, id, name, budget: None }
    }

    fn default_max_unfinished(&self) -> usize {
        MAX_UNFINISHED
    }

    /// Returns jobs of stored responses that belong to the submissions. The server's list has no
    /// job names.
    fn existing(&self, submissions: &[Submission]) -> Option<Result<Vec<(usize, Job)>>> {
        let named = |job: Job| {
            let tokens = tokens(job.name.as_deref()?);
            let place = submissions.iter().position(|one| tokens.contains(&one.token()))?;
            Some((place, self.with_process(job)))
        };
        Some(Ok(self.answers().jobs().into_iter().filter_map(named).collect()))
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        let parameters = submission.parameters;
        let create = || -> Result<Job> {
            let execution = Execution { name: submission.name(), inputs: parameters.inputs.clone() };
            let mut body = json!({"inputs": parameters.inputs});
            // A single output is requested raw, several as one document.
            if self.process.outputs().len() > 1 {
                body["response"] = "document".into();
            }
            let url = format!("{}/execution", self.server().process_url(self.process.id())?);
            let request = Request::post(url, body).mark_charging();
            if !self.process.is_async() {
                return self.wait_for(execution, request);
            }
            let sent = Timestamp::now();
            let answer = self.server().send(request.respond_async())?;
            let body = answer.json().unwrap_or_default();
            // The server may ignore the `Prefer` header (RFC 7240, 2).
            if answer.status == 200 && job::read(&body).is_err() {
                return self.keep(execution, sent, Ok(answer));
            }
            self.created(&body, answer.location.as_deref())
        };
        create().with_context(|| format!("execute `{}`", parameters.label))
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        let server = self.server();
        if next.is_none() {
            let jobs: Vec<Job> =
                self.answers().jobs().into_iter().map(|job| self.with_process(job)).collect();
            if !self.process.is_async() || !jobs.is_empty() {
                let next = self.process.is_async().then(|| SERVER_LIST_PAGE.to_owned());
                return Ok(JobsPage { jobs, is_whole: true, next });
            }
        }
        let read = || -> Result<JobsPage> {
            let request = match next.filter(|next| *next != SERVER_LIST_PAGE) {
                Some(url) => Request::get(url),
                None => Request::get(server.path(&["jobs"])?).query("limit", PAGE),
            };
            let mut json = server.json(request)?;
            let next = server.next(&json)?;
            let list = items(json.get_mut("jobs").map(Value::take).unwrap_or_default(), "jobs")?;
            let jobs: Vec<Job> = list.iter().filter_map(|one| job::read(one).ok()).collect();
            let (is_whole, is_empty) = (jobs.len() == list.len(), list.is_empty());
            Ok(JobsPage { jobs, is_whole, next: next.filter(|_| !is_empty) })
        };
        match read() {
            // A server without a list of jobs: stored responses were returned as the first page.
            Err(error) if error.kind() == ErrorKind::NotFound && next == Some(SERVER_LIST_PAGE) => {
                Ok(JobsPage { jobs: Vec::new(), is_whole: false, next: None })
            }
            page => page.context("list the jobs"),
        }
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        if ResponseStore::is_stored_id(id) {
            return Ok(self.with_process(self.answers().get(id)?.job(id.clone())));
        }
        job::read(&self.status(id)?).with_context(|| format!("job `{id}`"))
    }

    /// Dismisses the job. The server may delete it.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        let dismiss = || -> Result<Option<Job>> {
            let answer = self.server().send(Request::delete(self.job_url(id)?))?;
            let job = answer.json().and_then(|json| job::read(&json));
            // Any successful response means that the job was dismissed.
            Ok(job.ok().or_else(|| Some(Job::new(id.clone(), JobStatus::Cancelled))))
        };
        dismiss().with_context(|| format!("dismiss job `{id}`"))
    }

    fn list_proves(&self) -> bool {
        // A stored response shows that another program found the server to be synchronous.
        !self.is_synchronous.load(Ordering::Relaxed) && !self.answers().exist()
    }

    fn mark_of(&self, job: &Job) -> Mark {
        if ResponseStore::is_stored_id(&job.id) {
            return job.name.as_deref().map_or(Mark::None, |name| Mark::Names(tokens(name)));
        }
        match (job.workflow_id.as_deref(), job.inputs.is_empty()) {
            (Some(process), _) if process != self.process.id() => Mark::None,
            (_, true) => Mark::Hidden,
            (_, false) => Mark::Inputs,
        }
    }

    fn costs(&self) -> bool {
        false
    }

    fn balance(&self) -> Result<i64> {
        Err(no_prices_error())
    }

    fn reach(&self) -> Result<()> {
        self.server().send(Request::get(format!("{}/", self.server().url()))).map(drop)
    }

    fn estimate(&self, _jobs: &[JobParameters]) -> Result<Estimate> {
        Err(no_prices_error())
    }
}

/// Returns the reason of a failed execution: a response 500 with a message comes from the process.
/// Without a message it may come from a gateway, and the result is unknown.
fn failure(error: &Error) -> Option<String> {
    let server_error = error.server_error().filter(|server_error| server_error.status == 500)?;
    server_error.message.as_ref().map(|message| sanitize(message, LONGEST))
}

fn no_prices_error() -> Error {
    Error::invalid(
        "an OGC API - Processes server has no prices: run the batch without `estimate` and `max_credits`",
    )
}
