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

/// Many jobs, run in parallel under the limit of whoever runs them.
///
/// | jobs of | by | price | cancelled |
/// |---|---|---|---|
/// | a workflow of a project | [`Workflow::batch`](crate::jobs::Workflow::batch) | yes | yes |
/// | a process of today's platform | [`Process::batch`](crate::processes::Process::batch) | yes | no: the platform has no way |
/// | orders of a data product | [`OrderPlan::batch`](crate::orders::OrderPlan::batch) | yes | what the platform has not begun with |
/// | a process of an OGC server | [`OgcProcess::batch`](crate::processes::OgcProcess::batch) | no | yes, where the server can |
///
/// What is done is written to a journal before and after each request that costs money:
/// an SQLite file in the folder `up42-batches`, beside the notebook
/// ([`ClientBuilder::batches`](crate::client::ClientBuilder::batches)). So a batch can be run
/// again at any time, also after the kernel was killed, and goes on where it was: a job
/// that exists is never paid for again.
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
/// assert_eq!(client.batch("dakar-2019")?.run()?.credits(), jobs.credits());
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Batch {
    pub(super) service: Arc<dyn JobBackend>,
    pub(super) plan: Plan,
    pub(super) policy: Policy,
}

impl Batch {
    /// A batch of a service's jobs. Nothing is sent yet.
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

    /// The name that it is known by.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// The price of each job and of them all, before a credit is spent. A run after it
    /// begins with the jobs that take longest by this estimate, so that none is left
    /// running alone at the end.
    ///
    /// # Errors
    ///
    /// As for [`Workflow::estimate`](crate::jobs::Workflow::estimate); and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where nothing has a price,
    /// which is so on an OGC server.
    pub fn estimate(&self) -> Result<Estimate> {
        let jobs: Vec<_> = self.plan.items.iter().map(|item| item.parameters.clone()).collect();
        self.service.estimate(&jobs)
    }

    /// The jobs as they stand, from the journal alone: nothing is asked of the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the journal cannot be read, and as for [`run`](Self::run)
    /// when it does not fit the parameters.
    pub fn jobs(&self) -> Result<JobCollection> {
        self.jobs_in_journal().with_context(|| self.description())
    }

    /// Runs the jobs, as many at a time as the project or the server allows, and waits for the
    /// last one. A job that fails or is refused does not stop the others: its
    /// [`outcome`](crate::batch::JobRecord::outcome) says why. A line is printed for each change
    /// that matters.
    ///
    /// Jobs that were [estimated](Self::estimate) are sent longest first, the others after
    /// them in order. A project that is full, a network that is gone and a machine that
    /// sleeps are waited out. When the credits do not suffice, those that run are waited
    /// for, and what they leave is used; then it ends, and says how many are missing. A
    /// job in a status that this version does not know is shown, and waited for until it
    /// has not changed for an hour.
    ///
    /// Run again, it goes on where it was, also after it was killed. What failed stays
    /// failed until [`retry_failed`](Self::retry_failed). While another kernel runs the
    /// same batch, this waits, and goes on when the other has ended.
    ///
    /// # Errors
    ///
    /// What refuses the batch before it has a job: a login, credits that do not suffice,
    /// a project that cannot be read. Once there are jobs, they are waited for, and what
    /// was not sent any more says why: nothing that is paid is lost to an error.
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the journal belongs to another workflow, or has
    /// jobs that the parameters no longer have. [`ErrorKind::Io`](crate::ErrorKind::Io) when the journal cannot
    /// be written.
    #[doc(alias = "run_jobs_parallel")]
    pub fn run(&self) -> Result<JobCollection> {
        self.drive(Task::Run).with_context(|| self.description())
    }

    /// Sends those jobs again that failed, were refused, or may not exist, and runs the
    /// batch. Jobs that failed may be paid in part: see their credits before. One that may exist
    /// is looked for first, where jobs have names or tags, and is not sent again when it is there.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn retry_failed(&self) -> Result<JobCollection> {
        self.drive(Task::Retry).with_context(|| self.description())
    }

    /// Sends no further job, and cancels those that have not ended; also when another cell
    /// or another kernel runs the batch. Waits until they have stopped. What was done until
    /// then is paid. [`run`](Self::run) sends the others later,
    /// [`retry_failed`](Self::retry_failed) the cancelled ones too.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn cancel(&self) -> Result<JobCollection> {
        let cancel = || match self.journal()? {
            Some(journal) => {
                journal.request_cancel()?;
                self.drive(Task::Cancel)
            }
            // Whoever drives it may still ask for prices, and begins its journal after them.
            None if self.is_driven()? => self.drive(Task::Cancel),
            None => self.jobs(),
        };
        cancel().with_context(|| self.description())
    }

    /// The jobs that the parameters have.
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
