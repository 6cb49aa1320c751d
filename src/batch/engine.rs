use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::report::{JobCollection, JobRecord, Outcome, Progress};
use super::state::{Action, Event, Phase, State};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::jobs::{Estimate, Job, JobMode, JobParameters, JobStatus, Workflow};
use crate::transport::in_parallel;

/// Requests at a time to create jobs, and to fetch what finished jobs left.
const AT_ONCE: usize = 16;
/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;
/// The shortest and the longest pause between two looks at the jobs.
const SHORTEST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(15);

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
    workflow: Workflow,
    plan: Plan,
    max_concurrent: Option<usize>,
    is_quiet: bool,
}

impl Workflow {
    /// A batch of jobs, one for each set of parameters. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when there are no parameters, or two that are the
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
    /// Only what concerns the batch as a whole: a refused login, credits that do not
    /// suffice, a project that cannot be read. Jobs that were created go on.
    #[doc(alias = "run_jobs_parallel")]
    pub fn run(&self) -> Result<JobCollection> {
        self.drive().with_context(|| format!("batch `{}`", self.plan.name))
    }

    fn drive(&self) -> Result<JobCollection> {
        let mut state = State::new(self.plan.items.len(), self.limit()?);
        let mut progress = Progress::new(self.is_quiet);
        let start = Instant::now();
        let mut pause = SHORTEST;
        loop {
            let actions = state.next(start.elapsed());
            let before = tally(&state);
            let submissions: Vec<usize> = actions.iter().filter_map(Action::submission).collect();
            self.submit(&mut state, &submissions, start)?;
            if actions.contains(&Action::Poll) {
                self.poll(&mut state)?;
            }
            progress.show(&state, start.elapsed());
            if actions.contains(&Action::Finish) {
                break;
            }
            let has_changed = tally(&state) != before;
            pause = if has_changed { SHORTEST } else { pause.mul_f64(1.3).min(LONGEST) };
            if submissions.is_empty() || !has_changed {
                std::thread::sleep(pause);
            }
        }
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

    fn submit(&self, state: &mut State, submissions: &[usize], start: Instant) -> Result<()> {
        for item in submissions {
            state.apply(Event::Intent { item: *item });
        }
        let answers = in_parallel(submissions, AT_ONCE, |item| {
            let name = self.plan.job_name(*item);
            self.workflow.create_job(&name, &self.plan.items[*item].parameters, self.plan.mode)
        });
        let mut stop = None;
        for (item, answer) in submissions.iter().copied().zip(answers) {
            let error = match answer {
                Ok(job) => {
                    state.apply(Event::Submitted { item, job });
                    continue;
                }
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Busy => state.apply(Event::Full { item, now: start.elapsed() }),
                ErrorKind::Network | ErrorKind::Server | ErrorKind::Response => {
                    state.apply(Event::Lost { item, error });
                }
                // They befall every job to come: stop, and say so.
                ErrorKind::Auth | ErrorKind::Credits => {
                    state.apply(Event::Rejected { item, error: error.clone() });
                    stop = Some(error);
                }
                _ => state.apply(Event::Rejected { item, error }),
            }
        }
        stop.map_or(Ok(()), Err)
    }

    /// Reads the list until every unfinished job was seen: a request for a hundred
    /// jobs, not one for each.
    fn poll(&self, state: &mut State) -> Result<()> {
        let project = self.workflow.project();
        let mut unfinished: HashMap<String, usize> = HashMap::new();
        let mut lost: HashMap<String, usize> = HashMap::new();
        for (item, phase) in state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.as_str().to_owned(), item);
            }
            if matches!(phase, Phase::Lost { .. }) {
                lost.insert(self.plan.job_name(item), item);
            }
        }
        for page in 0..PAGES {
            if unfinished.is_empty() && lost.is_empty() {
                return Ok(());
            }
            let jobs = match project.jobs_page(page) {
                Ok(jobs) => jobs,
                Err(error) if is_passing(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                let by_name = || job.name.as_ref().and_then(|name| lost.remove(name));
                if let Some(item) = unfinished.remove(job.id.as_str()).or_else(by_name) {
                    state.apply(Event::Seen { item, job });
                }
            }
        }
        for item in lost.into_values() {
            state.apply(Event::NotFound { item });
        }
        // Jobs that the list does not show: it may lag, or be too long.
        for item in unfinished.into_values() {
            let Some(id) = state.phase(item).unfinished_id() else { continue };
            match project.job(id) {
                Ok(job) => state.apply(Event::Seen { item, job }),
                Err(error) if is_passing(&error) || error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What is left of an item: the job with its price, or why there is none.
    fn record(&self, index: usize, phase: &Phase) -> JobRecord {
        let project = self.workflow.project();
        let item = &self.plan.items[index];
        let outcome = match phase {
            Phase::Created(job) if job.status == JobStatus::Succeeded => {
                Outcome::Succeeded { credits: project.job_credits(&job.id).ok() }
            }
            Phase::Created(job) => Outcome::Failed { reason: self.reason(job) },
            Phase::Rejected { error } => Outcome::Rejected(error.clone()),
            Phase::Lost { error, .. } | Phase::Unproven { error } => Outcome::Unproven(error.clone()),
            Phase::Waiting | Phase::Sending => Outcome::Rejected(Error::invalid("it was not sent")),
        };
        let job = match phase {
            Phase::Created(job) => Some(Job::clone(job)),
            _ => None,
        };
        JobRecord {
            index,
            label: item.parameters.label.clone(),
            inputs: item.parameters.inputs.clone(),
            job,
            outcome,
        }
    }

    fn reason(&self, job: &Job) -> String {
        let logs = self.workflow.project().job_logs(&job.id);
        match logs {
            Ok(logs) if !logs.trim().is_empty() => logs,
            Ok(_) => format!("the job is {}, and left no log", job.status),
            Err(error) => format!("the job is {}, and its logs cannot be read: {error}", job.status),
        }
    }
}

impl Action {
    fn submission(&self) -> Option<usize> {
        match self {
            Self::Submit(item) => Some(*item),
            Self::Poll | Self::Finish => None,
        }
    }
}

/// What a person would see change.
fn tally(state: &State) -> Vec<Option<JobStatus>> {
    state.phases().iter().map(|phase| phase.status().cloned()).collect()
}

/// Reading can wait for a better time; the jobs go on.
fn is_passing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Network | ErrorKind::Server | ErrorKind::Busy)
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({}, {} jobs of {})", self.plan.name, self.plan.items.len(), self.workflow.name())
    }
}
