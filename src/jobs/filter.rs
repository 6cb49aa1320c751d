use std::collections::HashSet;

use jiff::Timestamp;

use super::block::quoted;
use super::{Job, JobId, JobMode, JobStatus, Project};
use up42_core::error::{Error, Result};
use up42_core::parallel::in_parallel;
use up42_core::time::{DateBound, DateRange};

/// Largest number of simultaneous requests for single jobs.
const CONCURRENT_REQUESTS: usize = 16;
/// Largest number of pages read of one list, in case the server never ends it.
const MOST_PAGES: usize = 10_000;

/// Filter for jobs of a project or workflow. Conditions that are not set match every job.
///
/// ```
/// # use up42::Client;
/// # use up42::jobs::{JobFilter, JobMode};
/// # let project = Client::simulator()?.project()?;
/// let filter = JobFilter::new().status(["failed", "error"]).between("2019-01-01", "..").mode(JobMode::Default);
/// assert!(project.jobs(&filter)?.is_empty());
///
/// let error = project.jobs(JobFilter::new().status(["faild"])).unwrap_err();
/// assert!(error.to_string().contains("there is no status `faild`, but `not started`, "));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFilter {
    /// Statuses to match; empty matches every status.
    pub statuses: Vec<JobStatus>,
    /// Mode to match: real jobs or dry runs.
    pub mode: Option<JobMode>,
    /// Substring of the job's name, case-insensitive.
    pub name: Option<String>,
    /// First and last day or instant of the creation, UTC, inclusive; `..` is an open end.
    pub between: Option<(String, String)>,
    /// Largest number of jobs, newest first.
    pub limit: Option<usize>,
}

impl JobFilter {
    /// Creates a filter that matches every job.
    pub fn new() -> Self {
        Self::default()
    }

    /// Matches jobs with one of these statuses: [`JobStatus`], or its word as in the API or in a
    /// table, such as `FAILED` or `queued`.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<JobStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Matches only real jobs, or only dry runs.
    pub fn mode(mut self, mode: JobMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Matches jobs whose names contain this text, case-insensitive.
    pub fn name(mut self, part: impl Into<String>) -> Self {
        self.name = Some(part.into());
        self
    }

    /// Matches jobs created between two days or instants, UTC, inclusive; `..` is an open end.
    pub fn between(mut self, start: impl Into<DateBound>, end: impl Into<DateBound>) -> Self {
        self.between = Some((start.into().into(), end.into().into()));
        self
    }

    /// Sets the largest number of jobs, newest first.
    pub fn limit(mut self, jobs: usize) -> Self {
        self.limit = Some(jobs);
        self
    }

    fn fits(&self, job: &Job, days: DateRange) -> bool {
        let named = |part: &String| {
            job.name.as_ref().is_some_and(|name| name.to_lowercase().contains(&part.to_lowercase()))
        };
        (self.statuses.is_empty() || self.statuses.contains(&job.status))
            && self.mode.is_none_or(|mode| mode == job.mode)
            && self.name.as_ref().is_none_or(named)
            // Jobs without a creation time match no interval.
            && (self.between.is_none() || job.created.is_some_and(|at| days.overlaps(at, at)))
    }

    /// Rejects unknown statuses that no listed job has: they are typos.
    fn check(&self, seen: &[JobStatus]) -> Result<()> {
        let is_odd = |status: &&JobStatus| matches!(status, JobStatus::Unknown(_)) && !seen.contains(status);
        let Some(odd) = self.statuses.iter().find(is_odd) else { return Ok(()) };
        let known = JobStatus::KNOWN.map(|status| status.to_string());
        Err(Error::invalid(format!("there is no status `{odd}`, but {}", quoted(&known))))
    }
}

impl From<&JobFilter> for JobFilter {
    fn from(filter: &JobFilter) -> Self {
        filter.clone()
    }
}

impl From<JobStatus> for JobFilter {
    fn from(status: JobStatus) -> Self {
        Self::new().status([status])
    }
}

impl Project {
    /// Returns the matching jobs of the project, or of one of its workflows, newest first. Entries
    /// that cannot be parsed are skipped.
    pub(crate) fn find_jobs(&self, filter: &JobFilter, workflow: Option<&str>) -> Result<Vec<Job>> {
        let days = match &filter.between {
            Some((start, end)) => DateRange::parse(start, end)?,
            None => DateRange::default(),
        };
        let most = filter.limit.unwrap_or(usize::MAX);
        let (mut found, mut seen, mut statuses) = (Vec::new(), HashSet::<JobId>::new(), Vec::new());
        for page in 0..MOST_PAGES {
            let jobs = self.jobs_page(page)?;
            let before = seen.len();
            let oldest = jobs.jobs.last().and_then(|job| job.created);
            for job in jobs.jobs {
                // A job created between two requests shifts the others to later pages: skip
                // repeats.
                if !seen.insert(job.id.clone()) {
                    continue;
                }
                let is_of = |id: &str| job.workflow_id.as_deref() == Some(id);
                if !statuses.contains(&job.status) {
                    statuses.push(job.status.clone());
                }
                if filter.fits(&job, days) && workflow.is_none_or(is_of) && found.len() < most {
                    found.push(job);
                }
            }
            // The list is sorted newest first: all further jobs are older.
            let is_past = oldest.zip(days.ends().0).is_some_and(|(oldest, start)| oldest < start);
            // The platform's first version has no pages and returns the whole list each time.
            if is_past || seen.len() == before || found.len() >= most {
                break;
            }
        }
        filter.check(&statuses)?;
        found.sort_by_key(|job| std::cmp::Reverse(job.created.unwrap_or(Timestamp::MIN)));
        Ok(found)
    }

    /// Returns the jobs with these ids, in the given order.
    pub(crate) fn jobs_of(&self, ids: &[JobId]) -> Result<Vec<Job>> {
        in_parallel(ids, CONCURRENT_REQUESTS, |id| self.job_now(id)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(name: &str, status: &str, created: &str) -> Job {
        let json =
            json!({"id": "a", "name": name, "status": status, "createdAt": created, "mode": "DRY_RUN"});
        Job::read(&json).unwrap()
    }

    #[test]
    fn a_filter_requires_all_conditions() {
        let job = job("Airports_3_py", "FAILED", "2020-06-01T23:59:58.5Z");
        let fits = |filter: JobFilter| {
            let days = filter.between.as_ref().map(|(start, end)| DateRange::parse(start, end).unwrap());
            filter.fits(&job, days.unwrap_or_default())
        };
        let all = JobFilter::new;
        assert!(fits(all()) && fits(all().name("aiRports_3")) && fits(JobStatus::Failed.into()));
        assert!(fits(all().mode(JobMode::DryRun)) && !fits(all().mode(JobMode::Default)));
        assert!(fits(all().status(["queued", "Failed"])) && !fits(all().status(["SUCCEEDED"])));
        assert!(fits(all().between("2020-06-01", "..")) && fits(all().between("..", "2020-06-01")));
        assert!(!fits(all().between("2020-06-02", "..")) && !fits(all().name("x")));
    }

    #[test]
    fn a_status_is_parsed_from_each_of_its_spellings() {
        for word in ["NOT_STARTED", "not started", "Not Started"] {
            assert_eq!(JobStatus::from(word), JobStatus::NotStarted);
        }
        assert_eq!(JobStatus::from("queued"), JobStatus::Pending);
        assert_eq!(JobStatus::from("PAUSED"), JobStatus::Unknown("PAUSED".into()));
    }

    #[test]
    fn an_unknown_status_is_accepted_only_if_a_job_has_it() {
        let filter = JobFilter::new().status(["PAUSED"]);
        assert!(filter.check(&[JobStatus::Unknown("PAUSED".into())]).is_ok());
        assert_eq!(
            filter.check(&[]).unwrap_err().to_string(),
            "there is no status `PAUSED`, but `not started`, `queued`, `running`, `cancelling`, `cancelled`, `failed`, \
             `error`, `succeeded`, `rejected`"
        );
    }
}
