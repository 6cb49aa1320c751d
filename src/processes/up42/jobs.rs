use std::collections::HashSet;

use serde_json::Value;

use super::job::read;
use crate::batch::JobCollection;
use crate::client::{Client, items};
use crate::jobs::{Job, JobId, JobStatus, JobsPage};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};

use super::Process;

/// Jobs per page.
const PAGE: &str = "100";
/// Largest number of pages read of one list, in case the server never ends it.
const MOST_PAGES: usize = 1_000;

/// Filter for processing jobs; the default matches all jobs of a process.
#[derive(Clone, Debug, Default)]
pub struct ProcessingFilter {
    /// Statuses to match, as in [`JobStatus`]; empty matches every status.
    pub statuses: Vec<JobStatus>,
    /// Ids to match; empty matches every id.
    pub ids: Vec<JobId>,
    /// Largest number of jobs, newest first.
    pub limit: Option<usize>,
}

impl ProcessingFilter {
    /// Creates a filter that matches every job.
    pub fn new() -> Self {
        Self::default()
    }

    /// Matches jobs with one of these statuses.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<JobStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Matches jobs with these ids.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<JobId>>) -> Self {
        self.ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the largest number of jobs, newest first.
    pub fn limit(mut self, jobs: usize) -> Self {
        self.limit = Some(jobs);
        self
    }
}

impl Process {
    /// Returns the jobs of the process in the workspace, newest first. Costs and reasons of
    /// failures need one more request per job: [`JobCollection::with_details`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    #[doc(alias = "get_jobs")]
    pub fn jobs(&self, filter: ProcessingFilter) -> Result<JobCollection> {
        let read = || -> Result<Vec<Job>> {
            let (mut found, mut seen, mut next) = (Vec::new(), HashSet::new(), None);
            let most = filter.limit.unwrap_or(usize::MAX);
            for _ in 0..MOST_PAGES {
                let page = page(&self.client, next.as_deref(), || {
                    let mut query =
                        vec![("workspaceId", self.workspace.clone()), ("processId", self.id().to_owned())];
                    if !filter.ids.is_empty() {
                        let ids: Vec<&str> = filter.ids.iter().map(JobId::as_str).collect();
                        query.push(("ids", ids.join(",")));
                    }
                    query
                })?;
                let fits = |job: &Job| filter.statuses.is_empty() || filter.statuses.contains(&job.status);
                // A job created between two requests shifts the others to later pages: skip
                // repeats.
                found.extend(page.jobs.into_iter().filter(|job| seen.insert(job.id.clone()) && fits(job)));
                next = page.next;
                if next.is_none() || found.len() >= most {
                    found.truncate(most);
                    return Ok(found);
                }
            }
            Err(Error::response(format!(
                "the list has more than {MOST_PAGES} pages: ask for fewer by a limit"
            )))
        };
        let jobs = read().with_context(|| format!("jobs of process `{}`", self.id()))?;
        let jobs =
            JobCollection::listed(super::ProcessingBackend::source(self), self.id(), jobs).of("Process");
        // The label is the title without the suffix that a batch adds.
        Ok(jobs.called(|job| Some(job.name.as_ref()?.rsplit_once(" | ")?.0.to_owned())))
    }
}

/// Requests a page of the list of jobs: the first by `query`, others by their link.
pub(super) fn page(
    client: &Client,
    next: Option<&str>,
    query: impl Fn() -> Vec<(&'static str, String)>,
) -> Result<JobsPage> {
    let request = match next {
        // The link is a path of the API (`docs/up42-api.md`, 0.5).
        Some(path) if path.starts_with('/') => Request::get(client.url(path)),
        Some(url) => Request::get(url),
        None => {
            let first = Request::get(client.url("/v2/processing/jobs"))
                .query("limit", PAGE)
                .query("sort", "created,desc");
            query().into_iter().fold(first, |request, (name, value)| request.query(name, value))
        }
    };
    if !client.sends_login(&request) {
        return Err(Error::response(
            "the list goes on at another server, and the login goes to the platform alone",
        ));
    }
    let mut json = client.json(request)?;
    let links = json.get("links").and_then(Value::as_array).into_iter().flatten();
    let mut next = links.filter(|link| link.get("rel").is_some_and(|rel| rel == "next"));
    let next = next.find_map(|link| link.get("href")?.as_str()).map(str::to_owned);
    let list = items(json.get_mut("jobs").map(Value::take).unwrap_or_default(), "jobs")?;
    let jobs: Vec<Job> = list.iter().filter_map(|job| read(job).ok()).collect();
    let is_whole = jobs.len() == list.len();
    Ok(JobsPage { jobs, is_whole, next: next.filter(|_| !list.is_empty()) })
}
