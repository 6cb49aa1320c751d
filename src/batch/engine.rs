use std::fmt;

use super::drive::Task;
use super::journal::Journal;
use super::plan::{Item, Owner, Plan};
use super::policy::Policy;
use super::report::JobCollection;
use crate::client::Client;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::jobs::{Estimate, JobMode, JobParameters, Workflow};
use crate::plain::plain;

/// Many jobs of a workflow, run in parallel under the project's limit.
///
/// What is done is written to a journal before and after each request that costs money:
/// an SQLite file in the folder `up42-batches`, beside the notebook
/// ([`ClientBuilder::batches`](crate::ClientBuilder::batches)). So a batch can be run
/// again at any time, also after the kernel was killed, and goes on where it was: a job
/// that exists is never paid for again.
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
/// // The same batch, by its name alone: nothing is sent.
/// assert_eq!(client.batch("dakar-2019")?.run()?.credits(), jobs.credits());
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Batch {
    workflow: Workflow,
    pub(super) plan: Plan,
    pub(super) policy: Policy,
}

impl Workflow {
    /// A batch of jobs, one for each set of parameters. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when there are no parameters, or two that are the same.
    pub fn batch(&self, name: impl Into<String>, parameters: Vec<JobParameters>) -> Result<Batch> {
        Ok(Batch::new(self, Plan::new(name, JobMode::Default, parameters)?))
    }

    /// Runs a job for each set of parameters and waits for them all; the short form
    /// of [`batch`](Self::batch) and [`run`](Batch::run). The batch is named by a hash of the
    /// workflow's id and of what is run: the same parameters, in whatever order, are the same
    /// batch.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn run_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        self.batch(format!("jobs-{}", Plan::hash(self.id(), &parameters)), parameters)?.run()
    }

    /// Dry runs: which images each job would find. They are free, and have no journal.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn test_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        Batch::new(self, Plan::new(self.name(), JobMode::DryRun, parameters)?).run()
    }
}

impl Client {
    /// The batch of this name, as its journal has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such journal,
    /// [`ErrorKind::InvalidInput`] when the batch belongs to another project.
    pub fn batch(&self, name: impl AsRef<str>) -> Result<Batch> {
        let name = name.as_ref();
        let open = || -> Result<Batch> {
            let path = Journal::path(self.batches_folder(), name);
            let journal = Journal::open(&path)?.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("there is no journal `{}`", path.display()))
            })?;
            let (head, items) = (journal.head()?, journal.items()?);
            let project = self.project()?;
            let workflow =
                Workflow::known(project, head.owner.workflow.clone(), head.owner.workflow_name.clone());
            head.owner.check(&Owner::of(&workflow))?;
            Ok(Batch::new(&workflow, Plan { name: head.name, mode: JobMode::Default, items }))
        };
        open().with_context(|| format!("batch `{name}`"))
    }
}

impl Batch {
    fn new(workflow: &Workflow, plan: Plan) -> Self {
        Self { workflow: workflow.clone(), plan, policy: Policy::default() }
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
    /// As for [`Workflow::estimate`].
    pub fn estimate(&self) -> Result<Estimate> {
        let jobs: Vec<_> = self.plan.items.iter().map(|item| item.parameters.clone()).collect();
        self.workflow.estimate(&jobs)
    }

    /// The jobs as they stand, from the journal alone: nothing is asked of the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the journal cannot be read, and as for [`run`](Self::run)
    /// when it does not fit the parameters.
    pub fn jobs(&self) -> Result<JobCollection> {
        self.as_kept().with_context(|| self.told())
    }

    /// Runs the jobs, as many at a time as the project allows, and waits for the
    /// last one. A job that fails or is refused does not stop the others: its
    /// [`outcome`](crate::JobRecord::outcome) says why. A line is printed for each change
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
    /// [`ErrorKind::InvalidInput`] when the journal belongs to another workflow, or has
    /// jobs that the parameters no longer have. [`ErrorKind::Io`] when the journal cannot
    /// be written.
    #[doc(alias = "run_jobs_parallel")]
    pub fn run(&self) -> Result<JobCollection> {
        self.drive(Task::Run).with_context(|| self.told())
    }

    /// Sends those jobs again that failed, were refused, or may not exist, and runs the
    /// batch. Jobs that failed may be paid in part: see their credits before.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn retry_failed(&self) -> Result<JobCollection> {
        self.drive(Task::Retry).with_context(|| self.told())
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
                journal.ask_to_cancel()?;
                self.drive(Task::Cancel)
            }
            // Whoever drives it may still ask for prices, and begins its journal after them.
            None if self.is_driven()? => self.drive(Task::Cancel),
            None => self.jobs(),
        };
        cancel().with_context(|| self.told())
    }

    pub(super) fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// The jobs that the parameters have.
    pub(super) fn items(&self) -> &[Item] {
        &self.plan.items
    }

    pub(super) fn mode(&self) -> JobMode {
        self.plan.mode
    }

    pub(super) fn told(&self) -> String {
        format!("batch `{}`", self.plan.name)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, workflow) = (plain(&self.plan.name, 200), plain(self.workflow.name(), 200));
        write!(f, "Batch({name}, {} jobs of {workflow})", self.plan.items.len())
    }
}
