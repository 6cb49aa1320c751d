use std::fmt;

use super::plan::Plan;
use super::report::{JobCollection, JobRecord, Outcome};
use super::run::Run;
use super::state::Phase;
use crate::error::{Context, Error, Result};
use crate::jobs::{Estimate, Job, JobMode, JobParameters, JobStatus, Workflow};
use crate::parallel::in_parallel;

/// Requests at a time to create jobs, and to fetch what finished jobs left.
pub(super) const AT_ONCE: usize = 16;

/// Many jobs of a workflow, run in parallel under the project's limit.
///
/// ```
/// # use up42::{Aoi, Client, ParallelParameters};
/// # let client = Client::simulator()?;
/// let workflow = client.project()?.workflow("dakar")?;
/// workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
/// let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
/// let parameters = workflow.construct_parameters_parallel(
///     ParallelParameters::new().geometries(&aoi).interval_dates([("2019-01-01", "2019-12-31")]),
/// )?;
/// let batch = workflow.batch("dakar-2019", parameters)?;
/// assert!(batch.estimate()?.total().max > 0);
/// let jobs = batch.run()?;
/// assert_eq!(jobs.succeeded(), 1);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Batch {
    pub(super) workflow: Workflow,
    pub(super) plan: Plan,
    pub(super) is_quiet: bool,
    max_concurrent: Option<usize>,
}

impl Workflow {
    /// A batch of jobs, one for each set of parameters. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there are no parameters, or two that are the
    /// same.
    pub fn batch(&self, name: impl Into<String>, parameters: Vec<JobParameters>) -> Result<Batch> {
        self.plan(name.into(), JobMode::Default, parameters)
    }

    /// Runs a job for each set of parameters and waits for them all; the short form
    /// of [`batch`](Self::batch) and [`run`](Batch::run), named by the workflow.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn run_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        self.batch(self.name(), parameters)?.run()
    }

    /// Dry runs: which images each job would find. They are free.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn test_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        self.plan(self.name().to_owned(), JobMode::DryRun, parameters)?.run()
    }

    fn plan(&self, name: String, mode: JobMode, parameters: Vec<JobParameters>) -> Result<Batch> {
        let plan = Plan::new(name, mode, parameters)?;
        Ok(Batch { workflow: self.clone(), plan, max_concurrent: None, is_quiet: false })
    }
}

impl Batch {
    /// Unfinished jobs at a time. The project's own setting is heeded all the same.
    pub fn max_concurrent(mut self, jobs: usize) -> Self {
        self.max_concurrent = Some(jobs);
        self
    }

    /// Prints no progress.
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// The price of each job and of them all, before a credit is spent.
    ///
    /// # Errors
    ///
    /// As for [`Workflow::estimate`].
    pub fn estimate(&self) -> Result<Estimate> {
        let jobs: Vec<_> = self.plan.items.iter().map(|item| item.parameters.clone()).collect();
        self.workflow.estimate(&jobs)
    }

    /// Runs the jobs, as many at a time as the project allows, and waits for the
    /// last one. A job that fails or is refused does not stop the others: its
    /// [`outcome`](JobRecord::outcome) says why. A line is printed for each change
    /// that matters.
    ///
    /// # Errors
    ///
    /// What refuses the batch before it has a job: a login, credits that do not suffice,
    /// a project that cannot be read. Once there are jobs, they are waited for, and what
    /// was not sent any more says why: nothing that is paid is lost to an error.
    #[doc(alias = "run_jobs_parallel")]
    pub fn run(&self) -> Result<JobCollection> {
        self.drive().with_context(|| format!("batch `{}`", self.plan.name))
    }

    fn drive(&self) -> Result<JobCollection> {
        let state = Run::new(self, self.limit()?).drive()?;
        let indices: Vec<usize> = (0..self.plan.items.len()).collect();
        let records = in_parallel(&indices, AT_ONCE, |index| self.record(*index, state.phase(*index)));
        Ok(JobCollection::new(self.workflow.project().clone(), self.plan.name.clone(), records))
    }

    /// The smaller of the asked limit and the project's setting.
    fn limit(&self) -> Result<usize> {
        let setting = self.workflow.project().settings()?.max_concurrent_jobs();
        let setting = setting.map_or(1, |jobs| jobs as usize);
        Ok(self.max_concurrent.map_or(setting, |asked| asked.min(setting)))
    }

    /// What is left of an item: the job with its price, or why there is none.
    fn record(&self, index: usize, phase: &Phase) -> JobRecord {
        let project = self.workflow.project();
        let item = &self.plan.items[index];
        let outcome = match phase {
            Phase::Created { job, .. } => {
                // Tasks that had succeeded are paid even when a later one failed.
                let credits = project.job_credits(&job.id).ok();
                match job.status {
                    JobStatus::Succeeded => Outcome::Succeeded { credits },
                    _ => Outcome::Failed { reason: self.reason(job), credits },
                }
            }
            Phase::Rejected { error } => Outcome::Rejected(error.clone()),
            Phase::Unsent { error } => Outcome::Unsent(error.clone()),
            Phase::Lost { error, .. } | Phase::Unproven { error } => Outcome::Unproven(error.clone()),
            Phase::Waiting | Phase::Sending => Outcome::Unsent(Error::invalid("its turn did not come")),
        };
        let job = phase.job().cloned();
        JobRecord {
            index,
            label: item.parameters.label.clone(),
            inputs: item.parameters.inputs.clone(),
            job,
            outcome,
        }
    }

    fn reason(&self, job: &Job) -> String {
        if !job.status.is_terminal() {
            return format!(
                "the platform does not know the job any more; it was {} when last seen",
                job.status
            );
        }
        let logs = self.workflow.project().job_logs(&job.id);
        match logs {
            Ok(logs) if !logs.trim().is_empty() => logs,
            Ok(_) => format!("the job is {}, and left no log", job.status),
            Err(error) => format!("the job is {}, and its logs cannot be read: {error}", job.status),
        }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({}, {} jobs of {})", self.plan.name, self.plan.items.len(), self.workflow.name())
    }
}
