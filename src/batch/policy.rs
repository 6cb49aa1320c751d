use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::report::JobRecord;

/// How long after its answer was given up a job that is in no list counts as never
/// created: servers give up on a request, and lists are up to date, in half of it.
const SETTLE: Duration = Duration::from_secs(120);

type Hook = dyn Fn(&JobRecord) + Send + Sync;

/// How a batch is run.
#[derive(Clone, Default)]
pub(super) struct Policy {
    pub(super) limits: Limits,
    pub(super) deadline: Option<Duration>,
    pub(super) on_change: OnChange,
    pub(super) on_finished: Option<Arc<Hook>>,
    pub(super) is_quiet: bool,
    /// Beside cells that print their own lines.
    pub(super) in_background: bool,
}

/// What a batch is held to, whoever runs it: its journal keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// The most that it may cost, in credits.
    pub(super) budget: Option<i64>,
    /// Unfinished jobs at a time.
    pub(super) max_concurrent: Option<usize>,
    pub(super) settle: Option<Duration>,
    pub(super) on_failure: Option<OnFailure>,
}

impl Limits {
    /// These, and where one is not set, the other's.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            budget: self.budget.or(other.budget),
            max_concurrent: self.max_concurrent.or(other.max_concurrent),
            settle: self.settle.or(other.settle),
            on_failure: self.on_failure.or(other.on_failure),
        }
    }

    pub(super) fn settle(&self) -> Duration {
        self.settle.unwrap_or(SETTLE)
    }

    pub(super) fn stops_on_failure(&self) -> bool {
        self.on_failure == Some(OnFailure::Stop)
    }
}

/// What becomes of jobs that a batch's journal has, and its parameters no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnChange {
    /// The batch does not run: the error names them.
    #[default]
    Refuse,
    /// They stay part of the batch.
    Keep,
    /// They are neither sent nor shown. Those that exist on the platform run on.
    LeaveOut,
}

/// What becomes of a batch when one of its jobs fails or is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// The others are run all the same.
    #[default]
    Continue,
    /// No further job is sent. Those that were sent are waited for.
    Stop,
}

impl OnFailure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Stop => "stop",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Continue, Self::Stop].into_iter().find(|one| one.name() == name)
    }
}

/// The journal keeps [`max_concurrent`](Self::max_concurrent), [`budget`](Self::budget),
/// [`settle`](Self::settle) and [`on_failure`](Self::on_failure): they hold for every later run
/// of the batch, also when it is opened by its name, until they are set anew.
impl Batch {
    /// Unfinished jobs at a time. The project's own setting is heeded all the same.
    pub fn max_concurrent(mut self, jobs: usize) -> Self {
        self.policy.limits.max_concurrent = Some(jobs);
        self
    }

    /// The most that the batch may cost, in credits. It does not begin when its jobs may
    /// cost more by their estimates, and sends no further job when what was paid and what
    /// may still have to be paid leave too little for it. For that it asks for the price of
    /// each job that is still to be paid: [`run`](Self::run) and
    /// [`retry_failed`](Self::retry_failed) are then an [`ErrorKind::Credits`](crate::ErrorKind::Credits) beyond the budget, and an error when
    /// a job has no price.
    pub fn budget(mut self, credits: i64) -> Self {
        self.policy.limits.budget = Some(credits);
        self
    }

    /// How long [`run`](Self::run) waits at most, for its jobs and for another kernel that
    /// runs the batch together. Nothing is sent after it. Jobs that have not ended by then
    /// run on; the next run of the batch finds them. On most systems the time that the
    /// machine sleeps does not count.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.policy.deadline = Some(time);
        self
    }

    /// How long a job whose answer was lost, and that is in no list of the platform, is
    /// looked for until it counts as never created, and is sent again. 120 s unless set: as
    /// long as a server may take for a request, and its list to tell of it. Counted from
    /// when the answer was given up, so that the client's own
    /// [`timeout`](crate::client::ClientBuilder::timeout) comes on top of it, and after a restart
    /// anew: nobody knows what the clock did meanwhile.
    pub fn settle(mut self, time: Duration) -> Self {
        self.policy.limits.settle = Some(time);
        self
    }

    /// What becomes of jobs that were sent, and that the parameters no longer have.
    /// Unless told, [`run`](Self::run) refuses and names them.
    pub fn on_change(mut self, change: OnChange) -> Self {
        self.policy.on_change = change;
        self
    }

    /// What becomes of the others when a job fails or is refused. They are run unless told.
    pub fn on_failure(mut self, failure: OnFailure) -> Self {
        self.policy.limits.on_failure = Some(failure);
        self
    }

    /// Does something with each job as soon as it has ended, and its credits and logs are
    /// known, on the thread that runs the batch: keep it short. A job is told at most once,
    /// also when the batch is run again, and those that are left out not at all.
    pub fn on_finished(mut self, hook: impl Fn(&JobRecord) + Send + Sync + 'static) -> Self {
        self.policy.on_finished = Some(Arc::new(hook));
        self
    }

    /// Prints no progress.
    pub fn quiet(mut self) -> Self {
        self.policy.is_quiet = true;
        self
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("limits", &self.limits).finish_non_exhaustive()
    }
}
