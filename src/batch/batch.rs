use std::fmt;
use std::sync::Arc;

use super::backend::JobBackend;
use super::locked_run::Task;
use super::plan::{Item, Plan};
use super::policy::Policy;
use super::report::JobCollection;
use crate::jobs::{Estimate, JobParameters};
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;

/// Many jobs of one service, run in parallel up to the limit of unfinished jobs.
///
/// | jobs | created by | price | cancellable |
/// |---|---|---|---|
/// | workflow of a project | [`Workflow::batch`] | yes | yes |
/// | process of today's platform | [`Process::batch`] | yes | no |
/// | orders of a data product | [`OrderPlan::batch`] | yes | before placement |
/// | process of an OGC server | [`OgcProcess::batch`] | no | if the server supports it |
///
/// [`Workflow::batch`]: crate::jobs::Workflow::batch
/// [`Process::batch`]: crate::processes::Process::batch
/// [`OrderPlan::batch`]: crate::orders::OrderPlan::batch
/// [`OgcProcess::batch`]: crate::processes::OgcProcess::batch
///
/// The journal of the batch records each request that costs money, before it is sent and after its
/// response. It is an SQLite file in the folder `up42-batches` beside the notebook
/// ([`ClientBuilder::batches`](crate::client::ClientBuilder::batches)). A batch can be run again at
/// any time, also after the kernel was killed: it resumes, and a job that exists is never paid
/// again.
///
/// ```
/// # use up42::{Aoi, Client};
/// # use up42::jobs::ParallelParameters;
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
/// // The same batch, by its name alone: nothing is sent.
/// assert_eq!(client.batch("dakar-2019")?.run()?.cost(), jobs.cost());
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Batch {
    pub(super) service: Arc<dyn JobBackend>,
    pub(super) plan: Plan,
    pub(super) policy: Policy,
}

impl Batch {
    /// Creates a batch of a service's jobs. Sends no request.
    pub(crate) fn of(
        service: Arc<dyn JobBackend>,
        name: impl Into<String>,
        jobs: Vec<JobParameters>,
    ) -> Result<Self> {
        let plan = Plan::new(&*service, name, jobs)?;
        Ok(Self::with_plan(service, plan))
    }

    pub(crate) fn with_plan(service: Arc<dyn JobBackend>, plan: Plan) -> Self {
        Self { service, plan, policy: Policy::default() }
    }

    /// Returns the name of the batch.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// Returns the price of each job and of all, without spending credits. The next run starts the
    /// jobs with the longest estimated duration first, which shortens the run.
    ///
    /// # Errors
    ///
    /// The errors of [`Workflow::estimate`](crate::jobs::Workflow::estimate), and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if jobs have no price, as on an
    /// OGC server.
    pub fn estimate(&self) -> Result<Estimate> {
        let jobs: Vec<_> = self.plan.items.iter().map(|item| item.parameters.clone()).collect();
        self.service.estimate(&jobs)
    }

    /// Returns the jobs as recorded in the journal. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the journal cannot be read, and the errors of
    /// [`run`](Self::run) if it does not match the parameters.
    pub fn jobs(&self) -> Result<JobCollection> {
        self.jobs_in_journal().with_context(|| self.description())
    }

    /// Runs the jobs, as many at a time as the project or the server allows, and waits until all
    /// have ended. A job that fails or is refused does not stop the others, unless
    /// [`on_failure`](Self::on_failure) is set; its [`outcome`](crate::batch::JobRecord::outcome)
    /// contains the reason. Prints a line when the progress changes.
    ///
    /// Jobs with an [estimate](Self::estimate) are sent longest first, then the others in order.
    /// The run waits while the project is full, the network is down or the machine sleeps. If the
    /// credits do not suffice, it waits for the unfinished jobs and sends more if these release
    /// credits; then it ends and reports how many credits are missing. A job in a status that is
    /// unknown to this version is shown, and waited for until it has not changed for an hour.
    ///
    /// A second run resumes the batch, also after the program was killed. Failed jobs stay failed
    /// until [`retry_failed`](Self::retry_failed). While another kernel runs the same batch, this
    /// run waits, and resumes when the other has ended.
    ///
    /// # Errors
    ///
    /// Errors that stop the batch before any job exists: a failed login, missing credits, a project
    /// that cannot be read. If jobs exist, they are waited for instead, and the jobs that were not
    /// sent have the error as their outcome, [`Outcome::Unsent`](crate::batch::Outcome::Unsent).
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the journal belongs to
    /// another workflow, or contains jobs that are no longer among the parameters.
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the journal cannot be written.
    #[doc(alias = "run_jobs_parallel")]
    pub fn run(&self) -> Result<JobCollection> {
        self.run_to_end(Task::Run).with_context(|| self.description())
    }

    /// Resubmits the jobs that failed, were cancelled or refused, or may not exist, and runs the
    /// batch. Failed jobs may have been paid in part: check their credits first. A job that may
    /// exist is first searched by its name or tag, where jobs have these, and is not resubmitted if
    /// it exists.
    ///
    /// # Errors
    ///
    /// The errors of [`run`](Self::run).
    pub fn retry_failed(&self) -> Result<JobCollection> {
        self.run_to_end(Task::Retry).with_context(|| self.description())
    }

    /// Cancels the unfinished jobs, sends no others, and waits until all have ended; also if
    /// another cell or another kernel runs the batch. Work done until then is paid.
    /// [`run`](Self::run) sends the unsent jobs later, [`retry_failed`](Self::retry_failed) also
    /// the cancelled ones.
    ///
    /// # Errors
    ///
    /// The errors of [`run`](Self::run).
    pub fn cancel(&self) -> Result<JobCollection> {
        let cancel = || match self.journal()? {
            Some(journal) => {
                journal.request_cancel()?;
                self.run_to_end(Task::Cancel)
            }
            // The program that runs the batch may still request prices; it creates the journal
            // later.
            None if self.is_driven()? => self.run_to_end(Task::Cancel),
            None => self.jobs(),
        };
        cancel().with_context(|| self.description())
    }

    /// Returns the jobs of the plan.
    pub(super) fn items(&self) -> &[Item] {
        &self.plan.items
    }

    pub(super) fn description(&self) -> String {
        format!("batch `{}`", self.plan.name)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, workflow) = (sanitize(&self.plan.name, 200), sanitize(&self.service.owner().name, 200));
        write!(f, "Batch({name}, {} jobs of {workflow})", self.plan.items.len())
    }
}
