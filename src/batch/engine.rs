use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::journal::{Head, Journal, Lock};
use super::plan::{Item, OnChange, Owner, Plan};
use super::progress::Progress;
use super::report::{JobCollection, JobRecord};
use super::run::Run;
use super::state::{Event, State};
use crate::client::Client;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::jobs::{Estimate, Job, JobMode, JobParameters, Workflow};
use crate::plain::plain;

/// How long after its request a job that is in no list counts as never created: servers
/// give up on a request, and lists are up to date, in half of it.
const SETTLE: Duration = Duration::from_secs(120);

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
    pub(super) workflow: Workflow,
    plan: Plan,
    pub(super) is_quiet: bool,
    max_concurrent: Option<usize>,
    on_change: OnChange,
    settle: Duration,
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
    /// of [`batch`](Self::batch) and [`run`](Batch::run). The batch is named by the
    /// workflow and by what is run: the same parameters are the same batch.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn run_jobs_parallel(&self, parameters: Vec<JobParameters>) -> Result<JobCollection> {
        self.batch(format!("{}-{}", self.name(), Plan::hash(&parameters)), parameters)?.run()
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
        Self {
            workflow: workflow.clone(),
            plan,
            max_concurrent: None,
            is_quiet: false,
            on_change: OnChange::Refuse,
            settle: SETTLE,
        }
    }

    /// The name that it is known by.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// Unfinished jobs at a time. The project's own setting is heeded all the same.
    pub fn max_concurrent(mut self, jobs: usize) -> Self {
        self.max_concurrent = Some(jobs);
        self
    }

    /// What becomes of jobs that the journal knows and the parameters no longer have.
    /// Unless told, [`run`](Self::run) refuses and names them.
    pub fn on_change(mut self, change: OnChange) -> Self {
        self.on_change = change;
        self
    }

    /// How long after its request a job whose answer was lost, and that is in no list of
    /// the platform, counts as never created, and is sent again. 120 s unless set: as
    /// long as a server may take for a request, and its list to tell of it.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
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

    /// The jobs as they stand, from the journal alone: nothing is asked of the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the journal cannot be read, and as for [`run`](Self::run)
    /// when it does not fit the parameters.
    pub fn jobs(&self) -> Result<JobCollection> {
        let read = || -> Result<JobCollection> {
            let Some(journal) = self.journal()? else {
                let state = State::new(self.plan.items.len(), 1, self.settle);
                return Ok(self.collection(&self.plan.items, &state));
            };
            let items = self.merged(journal.items()?)?;
            let state = self.replay(&journal, items.len(), 1)?;
            Ok(self.collection(&items, &state))
        };
        read().with_context(|| self.told())
    }

    /// Runs the jobs, as many at a time as the project allows, and waits for the
    /// last one. A job that fails or is refused does not stop the others: its
    /// [`outcome`](JobRecord::outcome) says why. A line is printed for each change
    /// that matters.
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
        self.drive(false).with_context(|| self.told())
    }

    /// Sends those jobs again that failed, were refused, or may not exist, and runs the
    /// batch. Jobs that failed may be paid in part: see their credits before.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn retry_failed(&self) -> Result<JobCollection> {
        self.drive(true).with_context(|| self.told())
    }

    fn drive(&self, anew: bool) -> Result<JobCollection> {
        let _lock = self.lock()?;
        let mut journal = match self.journal()? {
            Some(journal) => journal,
            None => self.create()?,
        };
        let known = journal.items()?;
        let items = self.merged(known.clone())?;
        journal.add(&items[known.len()..])?;
        let mut state = self.replay(&journal, items.len(), self.limit()?)?;
        if matches!(self.on_change, OnChange::LeaveOut) {
            let planned = |item: &Item| self.plan.items.iter().any(|planned| planned.key == item.key);
            let dropped = items.iter().enumerate().filter(|(_, item)| !planned(item));
            dropped.for_each(|(position, _)| state.leave_out(position));
        }
        let id = journal.head()?.run;
        let mut run = Run { batch: self, journal, state, items: items.clone(), id, trouble: None };
        if anew {
            run.keep((0..items.len()).map(|item| Event::Retried { item }).collect())?;
        }
        let state = run.drive()?;
        Ok(self.collection(&items, &state))
    }

    /// Waits until no other process drives the batch, and tells meanwhile how it goes.
    fn lock(&self) -> Result<Option<Lock>> {
        let Some(path) = self.path() else { return Ok(None) };
        let (mut progress, start) = (Progress::new(self.is_quiet), Instant::now());
        let mut is_told = self.is_quiet;
        loop {
            if let Some(lock) = Lock::take(&path)? {
                return Ok(Some(lock));
            }
            if !is_told {
                println!("another kernel runs this batch: watching it");
                is_told = true;
            }
            if let Some(journal) = self.journal()? {
                let state = self.replay(&journal, journal.items()?.len(), 1)?;
                progress.show(&state, None, start.elapsed());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// `None` for dry runs, which are not kept.
    fn path(&self) -> Option<PathBuf> {
        let folder: &Path = self.workflow.project().client().batches_folder();
        (self.mode() == JobMode::Default).then(|| Journal::path(folder, &self.plan.name))
    }

    fn journal(&self) -> Result<Option<Journal>> {
        let Some(path) = self.path() else { return Ok(None) };
        let Some(journal) = Journal::open(&path)? else { return Ok(None) };
        journal.head()?.owner.check(&Owner::of(&self.workflow))?;
        Ok(Some(journal))
    }

    fn create(&self) -> Result<Journal> {
        let head = Head {
            name: self.plan.name.clone(),
            run: uuid::Uuid::new_v4().simple().to_string()[..8].to_owned(),
            owner: Owner::of(&self.workflow),
            created: jiff::Timestamp::now().to_string(),
        };
        match self.path() {
            Some(path) => Journal::create(&path, &head),
            None => Journal::in_memory(&head),
        }
    }

    /// The journal's jobs, then those that the parameters have besides.
    fn merged(&self, known: Vec<Item>) -> Result<Vec<Item>> {
        self.plan.merged(known, self.on_change)
    }

    fn replay(&self, journal: &Journal, items: usize, limit: usize) -> Result<State> {
        let mut state = State::new(items, limit, self.settle);
        for event in journal.events()? {
            state.apply(&event);
        }
        Ok(state)
    }

    /// The smaller of the asked limit and the project's setting.
    fn limit(&self) -> Result<usize> {
        let setting = self.workflow.project().settings()?.max_concurrent_jobs();
        let setting = setting.map_or(1, |jobs| jobs as usize);
        Ok(self.max_concurrent.map_or(setting, |asked| asked.min(setting)))
    }

    pub(super) fn mode(&self) -> JobMode {
        self.plan.mode
    }

    /// In the order of the parameters, then what the journal has besides.
    fn collection(&self, items: &[Item], state: &State) -> JobCollection {
        let place = |item: &Item| self.plan.items.iter().position(|planned| planned.key == item.key);
        let record = |(position, item): (usize, &Item)| {
            let place = place(item);
            let is_shown = place.is_some() || matches!(self.on_change, OnChange::Keep);
            let record = JobRecord::new(&item.parameters, state.phase(position), state.stop());
            is_shown.then_some((place.unwrap_or(usize::MAX), record))
        };
        let mut records: Vec<_> = items.iter().enumerate().filter_map(record).collect();
        records.sort_by_key(|(place, _)| *place);
        let number = |(index, (_, record)): (usize, (usize, JobRecord))| JobRecord { index, ..record };
        let records = records.into_iter().enumerate().map(number).collect();
        JobCollection::new(self.workflow.project().clone(), self.plan.name.clone(), records)
    }

    /// Why a job has no results, as the platform tells it.
    pub(super) fn reason(&self, job: &Job) -> String {
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

    fn told(&self) -> String {
        format!("batch `{}`", self.plan.name)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, workflow) = (plain(&self.plan.name, 200), plain(self.workflow.name(), 200));
        write!(f, "Batch({name}, {} jobs of {workflow})", self.plan.items.len())
    }
}
