use std::collections::HashSet;

use jiff::Timestamp;

use super::block::quoted;
use super::{Job, JobId, JobMode, JobStatus, Project};
use up42_core::error::{Error, Result};
use up42_core::parallel::in_parallel;
use up42_core::time::DateRange;

/// Jobs to ask for by id at a time.
const CONCURRENT_REQUESTS: usize = 16;
/// Pages of a list: a server that never ends one is not followed further.
const MOST_PAGES: usize = 10_000;

/// Which jobs of a project or workflow are meant. What is left unset matches every job.
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
    /// Where the job stands: in one of these.
    pub statuses: Vec<JobStatus>,
    /// Whether it is for real.
    pub mode: Option<JobMode>,
    /// A part of its name, in any case.
    pub name: Option<String>,
    /// The first and the last day or instant of its creation, UTC; `..` is open.
    pub between: Option<(String, String)>,
    /// The newest so many of them.
    pub limit: Option<usize>,
}

impl JobFilter {
    /// Every job.
    pub fn new() -> Self {
        Self::default()
    }

    /// Jobs in one of these states: [`JobStatus`], or its word as the platform or a table
    /// writes it, such as `FAILED` or `queued`.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<JobStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Real jobs, or dry runs.
    pub fn mode(mut self, mode: JobMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Jobs with this in their names, in any case.
    pub fn name(mut self, part: impl Into<String>) -> Self {
        self.name = Some(part.into());
        self
    }

    /// Jobs that were created between two days or instants, UTC, both included; `..` is open.
    pub fn between(mut self, start: impl Into<String>, end: impl Into<String>) -> Self {
        self.between = Some((start.into(), end.into()));
        self
    }

    /// The newest so many.
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
            // What does not tell when it was created is in no interval.
            && (self.between.is_none() || job.created.is_some_and(|at| days.overlaps(at, at)))
    }

    /// A status that nobody knows and that no job has was never meant.
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
    /// The jobs of the project, or of one of its workflows, that fit; the newest first.
    /// Entries of the platform's list that cannot be read are left out.
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
                // A job that was created meanwhile moves all others to later places.
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
            // The list has the newest first, so the others are older still.
            let is_past = oldest.zip(days.ends().0).is_some_and(|(oldest, start)| oldest < start);
            // The first platform had no pages, and answers each with everything.
            if is_past || seen.len() == before || found.len() >= most {
                break;
            }
        }
        filter.check(&statuses)?;
        found.sort_by_key(|job| std::cmp::Reverse(job.created.unwrap_or(Timestamp::MIN)));
        Ok(found)
    }

    /// The jobs with these ids, in their order.
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
    fn a_filter_keeps_what_fits_in_every_way() {
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
    fn a_status_is_told_by_any_of_its_words() {
        for word in ["NOT_STARTED", "not started", "Not Started"] {
            assert_eq!(JobStatus::from(word), JobStatus::NotStarted);
        }
        assert_eq!(JobStatus::from("queued"), JobStatus::Pending);
        assert_eq!(JobStatus::from("PAUSED"), JobStatus::Unknown("PAUSED".into()));
    }

    #[test]
    fn a_status_that_some_job_has_is_one() {
        let filter = JobFilter::new().status(["PAUSED"]);
        assert!(filter.check(&[JobStatus::Unknown("PAUSED".into())]).is_ok());
        assert_eq!(
            filter.check(&[]).unwrap_err().to_string(),
            "there is no status `PAUSED`, but `not started`, `queued`, `running`, `cancelling`, `cancelled`, `failed`, \
             `error`, `succeeded`, `rejected`"
        );
    }
}
