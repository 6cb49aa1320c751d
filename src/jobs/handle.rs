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

/// The first pause between two looks at a job, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// A job on the platform: what was last told of it, and what can be done with it.
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
/// assert!(job.status.is_terminal() && job.credits()? > 0);
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
    /// The job with an id: its state, its tasks, its logs, its results.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the project has none.
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
    /// The project that it belongs to.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The job as it is now.
    ///
    /// # Errors
    ///
    /// Those of [`Project::job`].
    #[doc(alias = "info")]
    pub fn refresh(&self) -> Result<Self> {
        self.project.job(&self.job.id)
    }

    /// Looks at the job again and again until it has ended, or until so much time has
    /// passed: a status that is not known is never taken for the end. Whether it has ended is
    /// told by its `status`.
    ///
    /// # Errors
    ///
    /// Those of [`Project::job`].
    #[doc(alias = "track_status")]
    pub fn wait(&self, at_most: Duration) -> Result<Self> {
        wait(&SystemClock::default(), at_most, PAUSES, || self.refresh(), |job| job.status.is_terminal())
    }

    /// Gives the job another name. A batch finds jobs whose answers were lost by their
    /// names: better leave those of a batch that goes on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the platform
    /// refuses the name, such as an empty one.
    pub fn rename(&self, name: impl AsRef<str>) -> Result<Self> {
        let name = name.as_ref();
        let rename = || {
            let url = self.project.client().url(&self.workflow_path()?);
            self.read(Request::put(url, json!({"name": name})))
        };
        rename().with_context(|| format!("rename job `{}` to `{name}`", self.id))
    }

    /// Runs the job again, with the same inputs, under a name. That is a new job, which is
    /// paid: each call makes one. Many jobs, none of them twice, are a
    /// [`Batch`](crate::batch::Batch).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) when the balance does not allow it,
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) when the project runs as many jobs as it
    /// may. After [`ErrorKind::Network`](crate::ErrorKind::Network) and
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) the job may exist: it is sent once.
    pub fn rerun(&self, name: impl AsRef<str>) -> Result<Self> {
        let name = name.as_ref();
        let rerun = || {
            let url = self.project.client().url(&self.workflow_path()?);
            self.read(Request::post(url, json!({})).query("name", name).charging())
        };
        rerun().with_context(|| format!("run job `{}` again as `{name}`", self.id))
    }

    /// Asks the job to stop, and tells how it stands then. It may still come to its end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is gone.
    #[doc(alias = "cancel_job")]
    pub fn cancel(&self) -> Result<Self> {
        self.project.cancel_job(&self.id)?;
        self.refresh()
    }

    /// What it has cost so far, in credits. Tasks are paid as they succeed.
    ///
    /// # Errors
    ///
    /// Those of [`Project::job`].
    #[doc(alias = "get_credits")]
    pub fn credits(&self) -> Result<i64> {
        self.project.job_credits(&self.id)
    }

    /// Its tasks, in order.
    ///
    /// # Errors
    ///
    /// Those of [`Project::job`].
    #[doc(alias = "get_jobtasks")]
    pub fn tasks(&self) -> Result<Vec<JobTask>> {
        self.project.job_tasks(&self.id).with_context(|| format!("tasks of job `{}`", self.id))
    }

    /// One of its tasks, by name, id or block.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it has no such task;
    /// the error tells which it has.
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

    /// What its tasks wrote.
    ///
    /// # Errors
    ///
    /// Those of [`Project::job`].
    #[doc(alias = "get_logs")]
    pub fn logs(&self) -> Result<JobLogs> {
        self.project.logs(&self.id)
    }

    /// The quicklooks of the images that its data task found, in their places where the
    /// platform tells them.
    ///
    /// # Errors
    ///
    /// Those of [`JobTask::download_quicklooks`].
    pub fn download_quicklooks(&self) -> Result<JobQuicklooks> {
        match self.tasks()?.first() {
            // Only the data task has any (`docs/up42-api.md`, 5.7).
            Some(task) => task.download_quicklooks(),
            None => Ok(JobQuicklooks::default()),
        }
    }

    /// Where a job is renamed and run again.
    fn workflow_path(&self) -> Result<String> {
        let workflow = self.workflow_id.as_deref();
        let workflow = workflow.ok_or_else(|| Error::response("the job does not tell its `workflowId`"))?;
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
