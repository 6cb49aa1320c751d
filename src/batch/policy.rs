use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::engine::Batch;
use super::report::JobRecord;

/// How long after its answer was given up a job that is in no list counts as never
/// created: servers give up on a request, and lists are up to date, in half of it.
const SETTLE: Duration = Duration::from_secs(120);

type Hook = dyn Fn(&JobRecord) + Send + Sync;

/// How a batch is run.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) max_concurrent: Option<usize>,
    pub(super) budget: Option<i64>,
    pub(super) deadline: Option<Duration>,
    pub(super) settle: Duration,
    pub(super) on_change: OnChange,
    pub(super) on_failure: OnFailure,
    pub(super) on_finished: Option<Arc<Hook>>,
    pub(super) is_quiet: bool,
    /// Beside cells that print their own lines.
    pub(super) in_background: bool,
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

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_concurrent: None,
            budget: None,
            deadline: None,
            settle: SETTLE,
            on_change: OnChange::default(),
            on_failure: OnFailure::default(),
            on_finished: None,
            is_quiet: false,
            in_background: false,
        }
    }
}

impl Batch {
    /// Unfinished jobs at a time. The project's own setting is heeded all the same.
    pub fn max_concurrent(mut self, jobs: usize) -> Self {
        self.policy.max_concurrent = Some(jobs);
        self
    }

    /// The most that the batch may cost, in credits. It does not begin when its jobs may
    /// cost more by their estimates, and sends no further job when what was paid and what
    /// may still have to be paid leave too little for it. For that it asks for the price of
    /// each job that is still to be paid: [`run`](Self::run) is then an
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) beyond the budget, and an error when
    /// a job has no price.
    pub fn budget(mut self, credits: i64) -> Self {
        self.policy.budget = Some(credits);
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
    /// [`timeout`](crate::ClientBuilder::timeout) comes on top of it, and after a restart
    /// anew: nobody knows what the clock did meanwhile.
    pub fn settle(mut self, time: Duration) -> Self {
        self.policy.settle = time;
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
        self.policy.on_failure = failure;
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
        f.debug_struct("Policy")
            .field("max_concurrent", &self.max_concurrent)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
