use std::collections::HashSet;

use serde_json::Value;

use super::job::read;
use crate::batch::JobCollection;
use crate::client::{Client, items};
use crate::jobs::{Job, JobId, JobStatus, JobsPage};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};

use super::Process;

/// Jobs of a page.
const PAGE: &str = "100";
/// Pages of a list: a server that never ends one is not followed further.
const MOST_PAGES: usize = 1_000;

/// Which processing jobs of a process: all of them unless told.
#[derive(Clone, Debug, Default)]
pub struct ProcessingFilter {
    /// These statuses, as [`JobStatus`] has them.
    pub statuses: Vec<JobStatus>,
    /// These ids.
    pub ids: Vec<JobId>,
    /// So many at most, the newest first.
    pub limit: Option<usize>,
}

impl ProcessingFilter {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }

    /// Jobs in one of these statuses.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<JobStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Jobs with these ids.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<JobId>>) -> Self {
        self.ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// So many at most, the newest first.
    pub fn limit(mut self, jobs: usize) -> Self {
        self.limit = Some(jobs);
        self
    }
}

impl Process {
    /// The jobs of the process in the workspace, the newest first: a collection like that of a
    /// batch. What they cost and why they failed is another question for each:
    /// [`JobCollection::with_details`].
    ///
    /// # Errors
    ///
    /// Those of the network.
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
                // A job that was created meanwhile moves all others to later places.
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
        // What a batch adds to a title is for the batch.
        Ok(jobs.called(|job| Some(job.name.as_ref()?.rsplit_once(" | ")?.0.to_owned())))
    }
}

/// A page of a list of jobs: the first, by what is asked, or the one that another led to.
pub(super) fn page(
    client: &Client,
    next: Option<&str>,
    asked: impl Fn() -> Vec<(&'static str, String)>,
) -> Result<JobsPage> {
    let request = match next {
        // The link is a path of the API (`docs/up42-api.md`, 0.5).
        Some(path) if path.starts_with('/') => Request::get(client.url(path)),
        Some(url) => Request::get(url),
        None => {
            let first = Request::get(client.url("/v2/processing/jobs"))
                .query("limit", PAGE)
                .query("sort", "created,desc");
            asked().into_iter().fold(first, |request, (name, value)| request.query(name, value))
        }
    };
    if !client.brings_login(&request) {
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
