use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use serde_json::json;

use super::block::quoted;
use super::id::checked;
use super::{Job, JobId, JobLogs, JobQuicklooks, JobTask, Project};
use crate::client::data;
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::wait::{SystemClock, wait};

/// First and longest pause between two polls.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// Job on the platform: its last known state, and requests about it.
///
/// ```
/// # use up42::{Client, simulator::Clock, simulator::Simulator};
/// # use up42::jobs::ParallelParameters;
/// # use std::time::Duration;
/// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
/// # let client = Client::builder().simulator(simulator).build()?;
/// # let project = client.project()?;
/// # let workflow = project.workflow("airports")?;
/// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
/// # let aoi = up42::Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
/// # let places = ParallelParameters::new().geometries(&aoi).interval_dates([("2019-01-01", "2019-12-31")]);
/// # let jobs = workflow.run_jobs_parallel(workflow.construct_parameters_parallel(places)?)?;
/// # let id = jobs.iter().next().unwrap().job.as_ref().unwrap().id.clone();
/// let job = project.job(&id)?;
/// assert!(job.status.is_terminal() && job.cost()? > 0);
/// let again = job.rename("Dakar")?.rerun("Dakar, again")?.wait(Duration::from_secs(60))?;
/// assert!(again.logs()?.to_string().contains("scenes found"));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct ProjectJob {
    project: Project,
    job: Job,
}

impl Project {
    /// Returns the job with this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the project has no such job.
    #[doc(alias = "initialize_job")]
    pub fn job(&self, id: impl Into<JobId>) -> Result<ProjectJob> {
        Ok(ProjectJob { job: self.job_now(&id.into())?, project: self.clone() })
    }
}

impl Deref for ProjectJob {
    type Target = Job;

    fn deref(&self) -> &Job {
        &self.job
    }
}

impl ProjectJob {
    /// Returns the job's project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Requests the current state of the job.
    ///
    /// # Errors
    ///
    /// Same as [`Project::job`].
    #[doc(alias = "info")]
    pub fn refresh(&self) -> Result<Self> {
        self.project.job(&self.job.id)
    }

    /// Polls the job until it has ended or the timeout has passed, and returns its last state: the
    /// `status` shows whether it has ended. Unknown statuses do not count as ended.
    ///
    /// # Errors
    ///
    /// Same as [`Project::job`].
    #[doc(alias = "track_status")]
    pub fn wait(&self, timeout: Duration) -> Result<Self> {
        wait(&SystemClock::default(), timeout, PAUSES, || self.refresh(), |job| job.status.is_terminal())
    }

    /// Renames the job. Do not rename jobs of a batch that is still running: after a lost response,
    /// a batch finds its jobs by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the platform rejects the
    /// name, for example an empty one.
    pub fn rename(&self, name: impl AsRef<str>) -> Result<Self> {
        let name = name.as_ref();
        let rename = || {
            let url = self.project.client().url(&self.workflow_path()?);
            self.read(Request::put(url, json!({"name": name})))
        };
        rename().with_context(|| format!("rename job `{}` to `{name}`", self.id))
    }

    /// Runs the job again with the same inputs, under the given name. Each call creates a new job
    /// that is charged. To run many jobs, each only once, use a [`Batch`](crate::batch::Batch).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) if the balance does not suffice,
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) if the project has reached its limit of
    /// unfinished jobs. The request is not retried: after
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) or
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) the job may exist.
    pub fn rerun(&self, name: impl AsRef<str>) -> Result<Self> {
        let name = name.as_ref();
        let rerun = || {
            let url = self.project.client().url(&self.workflow_path()?);
            self.read(Request::post(url, json!({})).query("name", name).mark_charging())
        };
        rerun().with_context(|| format!("run job `{}` again as `{name}`", self.id))
    }

    /// Requests the cancellation of the job, and returns its state afterwards. The job may still
    /// complete.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the job no longer exists.
    #[doc(alias = "cancel_job")]
    pub fn cancel(&self) -> Result<Self> {
        self.project.cancel_job(&self.id)?;
        self.refresh()
    }

    /// Requests the cost of the job so far, in credits. Tasks are charged when they succeed.
    ///
    /// # Errors
    ///
    /// Same as [`Project::job`].
    #[doc(alias = "get_credits")]
    pub fn cost(&self) -> Result<i64> {
        self.project.job_credits(&self.id)
    }

    /// Returns the job's tasks, in order.
    ///
    /// # Errors
    ///
    /// Same as [`Project::job`].
    #[doc(alias = "get_jobtasks")]
    pub fn tasks(&self) -> Result<Vec<JobTask>> {
        self.project.job_tasks(&self.id).with_context(|| format!("tasks of job `{}`", self.id))
    }

    /// Returns one task, by name, id or block.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the job has no such task; the
    /// message lists its tasks.
    #[doc(alias = "initialize_jobtask")]
    pub fn task(&self, task: impl AsRef<str>) -> Result<JobTask> {
        let wanted = task.as_ref();
        let tasks = self.tasks()?;
        let names: Vec<String> = tasks.iter().map(|task| task.name.clone()).collect();
        let found =
            tasks.into_iter().find(|one| [&one.name, &one.id, &one.block].contains(&&wanted.to_owned()));
        found.ok_or_else(|| {
            Error::invalid(format!("job `{}` has no task `{wanted}`, but {}", self.id, quoted(&names)))
        })
    }

    /// Returns the logs of its tasks.
    ///
    /// # Errors
    ///
    /// Same as [`Project::job`].
    #[doc(alias = "get_logs")]
    pub fn logs(&self) -> Result<JobLogs> {
        self.project.logs(&self.id)
    }

    /// Downloads the quicklooks of the images that the data task found, with footprints if the
    /// platform states them.
    ///
    /// # Errors
    ///
    /// Same as [`JobTask::download_quicklooks`].
    pub fn download_quicklooks(&self) -> Result<JobQuicklooks> {
        match self.tasks()?.first() {
            // Only the data task has quicklooks (`docs/up42-api.md`, 5.7).
            Some(task) => task.download_quicklooks(),
            None => Ok(JobQuicklooks::default()),
        }
    }

    /// Returns the path for renaming the job and for running it again.
    fn workflow_path(&self) -> Result<String> {
        let workflow = self.workflow_id.as_deref();
        let workflow = workflow.ok_or_else(|| Error::response("the job has no `workflowId`"))?;
        let (workflow, id) = (checked("workflow", workflow)?, checked("job", self.id.as_str())?);
        Ok(self.project.path(&format!("/workflows/{workflow}/jobs/{id}")))
    }

    fn read(&self, request: Request) -> Result<Self> {
        let job = Job::read(&self.project.client().json(request).and_then(data)?)?;
        Ok(Self { project: self.project.clone(), job })
    }
}

impl fmt::Debug for ProjectJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.job.fmt(f)
    }
}
