use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::journal::{Head, Journal, Lock};
use super::plan::{Item, Owner, Plan};
use super::policy::{OnChange, Policy};
use super::progress::Progress;
use super::report::{Books, JobCollection, JobRecord};
use super::run::{Known, Limit, Run};
use super::service::OnPlatform;
use super::state::{Event, State};
use crate::client::Client;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::jobs::{Estimate, JobMode, JobParameters, Workflow};
use crate::plain::plain;

/// How often to look whether another kernel has ended.
const WATCH: Duration = Duration::from_secs(1);

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
    plan: Plan,
    pub(super) policy: Policy,
}

/// What a batch is to be driven for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Task {
    Run,
    Retry,
    Cancel,
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
        Self { workflow: workflow.clone(), plan, policy: Policy::default() }
    }

    /// The name that it is known by.
    pub fn name(&self) -> &str {
        &self.plan.name
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
        self.as_kept().with_context(|| self.told())
    }

    fn as_kept(&self) -> Result<JobCollection> {
        let (known, events) = match self.journal()? {
            Some(journal) => (journal.items()?, journal.events()?),
            None => (Vec::new(), Vec::new()),
        };
        let items = self.plan.merged(known);
        let state = self.replay(&items, &events, 1)?;
        Ok(self.collection(&items, &state, self.policy.max_concurrent))
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
            None => self.jobs(),
        };
        cancel().with_context(|| self.told())
    }

    fn drive(&self, task: Task) -> Result<JobCollection> {
        let _lock = match self.path() {
            // Dry runs are not kept.
            None => None,
            Some(path) => match self.lock(&path, task)? {
                Some(lock) => Some(lock),
                None => return self.as_kept(),
            },
        };
        let journal = self.journal()?;
        let (known, events) = match &journal {
            Some(journal) => {
                // A wish that nobody has heard was for the run before.
                journal.is_to_cancel()?;
                (journal.items()?, journal.events()?)
            }
            None => (Vec::new(), Vec::new()),
        };
        let count = known.len();
        let items = self.plan.merged(known);
        let limit = self.limit()?;
        let mut state = self.replay(&items, &events, limit.ours())?;
        let retried = |item| Event::Retried { item };
        let anew: Vec<Event> = match task {
            Task::Retry => {
                let shown = (0..items.len()).filter(|item| !state.is_left_out(*item)).collect::<Vec<_>>();
                shown.into_iter().map(retried).filter(|event| state.apply(event)).collect()
            }
            Task::Run | Task::Cancel => Vec::new(),
        };
        if task != Task::Cancel {
            self.check_budget(&items, &mut state)?;
        }
        let mut journal = match journal {
            Some(journal) => journal,
            None => self.create()?,
        };
        journal.add(&items[count..])?;
        journal.append(&anew)?;
        let service = OnPlatform { workflow: &self.workflow, mode: self.mode() };
        let places = self.shown(&items, &state);
        let mut known = Known { journal, state, items: items.clone(), places: vec![usize::MAX; items.len()] };
        places.into_iter().enumerate().for_each(|(place, item)| known.places[item] = place);
        let mut run = Run::new(&service, self.name(), &self.policy, known, limit)?;
        if task == Task::Cancel {
            run.cancel()?;
        }
        let state = run.drive()?;
        Ok(self.collection(&items, &state, Some(limit.ours())))
    }

    /// Asks for the prices when there is a budget, and refuses what may go beyond it.
    fn check_budget(&self, items: &[Item], state: &mut State) -> Result<()> {
        let Some(budget) = self.policy.budget else { return Ok(()) };
        let jobs: Vec<_> = items.iter().map(|item| item.parameters.clone()).collect();
        let prices = self.workflow.estimate(&jobs)?.jobs().iter().map(|job| job.credits.max).collect();
        state.set_budget(budget, prices);
        let most = state.most();
        if most > budget && state.has_waiting() {
            let told = format!(
                "it may cost up to {most} credits, and its budget is {budget}: raise the budget, or run fewer jobs"
            );
            return Err(Error::new(ErrorKind::Credits, told));
        }
        Ok(())
    }

    /// Waits until no other process drives the batch, and tells meanwhile how it goes.
    /// `None` when that takes longer than the deadline.
    fn lock(&self, path: &Path, task: Task) -> Result<Option<Lock>> {
        let (mut progress, start) = (Progress::new(self.policy.is_quiet), Instant::now());
        let mut is_told = self.policy.is_quiet;
        loop {
            if let Some(lock) = Lock::take(path)? {
                return Ok(Some(lock));
            }
            let left = self.policy.deadline.map(|deadline| deadline.saturating_sub(start.elapsed()));
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            if !is_told {
                println!("another kernel runs this batch: watching it");
                is_told = true;
            }
            if let Some(journal) = self.journal()? {
                // Whoever took the lock first has not heard the wish.
                if task == Task::Cancel {
                    journal.ask_to_cancel()?;
                }
                let state = self.replay(&journal.items()?, &journal.events()?, 1)?;
                progress.show(&state, None, start.elapsed());
            }
            std::thread::sleep(left.map_or(WATCH, |left| left.min(WATCH)));
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

    /// The sum of what happened. Jobs that the parameters no longer have are left out when
    /// they were never sent, and else as the user wants it.
    fn replay(&self, items: &[Item], events: &[Event], limit: usize) -> Result<State> {
        let mut state = State::new(items.len(), limit, self.policy.settle);
        for event in events {
            state.apply(event);
        }
        let mut gone = Vec::new();
        for (item, place) in self.plan.places(items).into_iter().enumerate() {
            match self.policy.on_change {
                _ if place.is_some() => {}
                _ if state.phase(item).is_waiting() => state.leave_out(item),
                OnChange::Keep => {}
                OnChange::LeaveOut => state.leave_out(item),
                OnChange::Refuse => gone.push(&items[item].parameters.label),
            }
        }
        match gone.first() {
            None => Ok(state),
            Some(first) => Err(Error::invalid(format!(
                "its journal has {} of {} jobs that the parameters no longer have, such as `{first}`: keep them by \
                 `.on_change(OnChange::Keep)`, leave them out by `.on_change(OnChange::LeaveOut)`, or give \
                 the batch another name",
                gone.len(),
                items.len(),
            ))),
        }
    }

    fn limit(&self) -> Result<Limit> {
        let setting = self.workflow.project().settings()?.max_concurrent_jobs();
        let project = setting.map_or(1, |jobs| jobs as usize);
        Ok(Limit { project, asked: self.policy.max_concurrent.unwrap_or(usize::MAX) })
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

    /// The items in the order of the parameters, then what the journal has besides.
    fn shown(&self, items: &[Item], state: &State) -> Vec<usize> {
        let shown =
            self.plan.places(items).into_iter().enumerate().filter(|(item, _)| !state.is_left_out(*item));
        let mut shown: Vec<_> = shown.map(|(item, place)| (place.unwrap_or(usize::MAX), item)).collect();
        shown.sort();
        shown.into_iter().map(|(_, item)| item).collect()
    }

    fn collection(&self, items: &[Item], state: &State, limit: Option<usize>) -> JobCollection {
        let record = |(index, item): (usize, usize)| {
            JobRecord::new(index, &items[item].parameters, state.phase(item), state.stop())
        };
        let records = self.shown(items, state).into_iter().enumerate().map(record).collect();
        let books = Books { paid: Some(state.paid()), budget: self.policy.budget, limit };
        JobCollection::new(self.workflow.project().clone(), self.plan.name.clone(), records).with(books)
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
