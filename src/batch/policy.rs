use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::report::JobRecord;

/// Default time from giving up the response until a job that is in no list counts as never created.
/// Servers give up on a request, and lists are up to date, in half of it.
const LOST_JOB_TIMEOUT: Duration = Duration::from_secs(120);

type Hook = dyn Fn(&JobRecord) + Send + Sync;

/// Settings of a run.
#[derive(Clone, Default)]
pub(super) struct Policy {
    pub(super) limits: Limits,
    pub(super) deadline: Option<Duration>,
    pub(super) on_change: OnChange,
    pub(super) on_finished: Option<Arc<Hook>>,
    pub(super) is_quiet: bool,
    /// Whether the run is in the background, where other cells print their own lines.
    pub(super) in_background: bool,
}

/// Limits of a batch in every program that runs it; the journal stores them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// Spending limit, in credits.
    pub(super) max_credits: Option<i64>,
    /// Limit of unfinished jobs.
    pub(super) max_concurrent: Option<usize>,
    pub(super) lost_job_timeout: Option<Duration>,
    pub(super) on_failure: Option<OnFailure>,
}

impl Limits {
    /// Returns these limits, with those of `other` where they are not set.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            max_credits: self.max_credits.or(other.max_credits),
            max_concurrent: self.max_concurrent.or(other.max_concurrent),
            lost_job_timeout: self.lost_job_timeout.or(other.lost_job_timeout),
            on_failure: self.on_failure.or(other.on_failure),
        }
    }

    pub(super) fn lost_job_timeout(&self) -> Duration {
        self.lost_job_timeout.unwrap_or(LOST_JOB_TIMEOUT)
    }

    pub(super) fn stops_on_failure(&self) -> bool {
        self.on_failure == Some(OnFailure::Stop)
    }
}

/// Treatment of jobs that are in the journal of a batch but no longer among its parameters. Jobs
/// that were not sent are always left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnChange {
    /// Refuses to run the batch: the error contains the number of these jobs and the label of one.
    #[default]
    Refuse,
    /// Keeps the jobs in the batch.
    Keep,
    /// Neither sends nor shows the jobs. Jobs that exist on the platform continue to run.
    LeaveOut,
}

/// Treatment of a batch when one of its jobs fails or is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Runs the other jobs.
    #[default]
    Continue,
    /// Sends no further job, and waits for the jobs that were sent.
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

/// Settings of a batch. The journal stores [`max_concurrent`](Self::max_concurrent),
/// [`max_credits`](Self::max_credits), [`lost_job_timeout`](Self::lost_job_timeout) and [`on_failure`](Self::on_failure): they
/// hold for every later run of the batch, also if it is opened by its name, until they are set
/// again.
impl Batch {
    /// Sets the limit of unfinished jobs of the batch. The limit of the project also applies.
    pub fn max_concurrent(mut self, jobs: usize) -> Self {
        self.policy.limits.max_concurrent = Some(jobs);
        self
    }

    /// Sets the spending limit of the batch, in credits. The prices of all jobs that are still to
    /// be paid are requested: [`run`](Self::run) and [`retry_failed`](Self::retry_failed) fail with
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) if these may exceed the limit, and with an
    /// error if a job has no price. A job is sent only if the credits paid, and the highest prices
    /// of the jobs with unknown costs, leave enough for its own price.
    pub fn max_credits(mut self, credits: i64) -> Self {
        self.policy.limits.max_credits = Some(credits);
        self
    }

    /// Sets the longest time that [`run`](Self::run) waits, for its jobs and for another kernel
    /// that runs the batch together. No job is sent after it. Unfinished jobs continue on the
    /// platform; the next run of the batch finds them. On most systems, the time that the machine
    /// sleeps does not count.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.policy.deadline = Some(time);
        self
    }

    /// Sets the time until a lost job (without a response, and in no list of the platform) counts
    /// as never created and is sent again. The default is 120 s: the time that a server may take
    /// for a request, and its list to contain the job. It is counted from when the response was
    /// given up, so that the client's [`timeout`](crate::client::ClientBuilder::timeout) is added
    /// to it. After a restart it is counted again from zero, since the time between the runs is
    /// unknown.
    pub fn lost_job_timeout(mut self, time: Duration) -> Self {
        self.policy.limits.lost_job_timeout = Some(time);
        self
    }

    /// Sets the treatment of jobs that were sent and are no longer among the parameters. By
    /// default, [`run`](Self::run) fails with an error that names one of them.
    pub fn on_change(mut self, change: OnChange) -> Self {
        self.policy.on_change = change;
        self
    }

    /// Sets the treatment of the other jobs when one fails or is refused. By default, they are run.
    pub fn on_failure(mut self, failure: OnFailure) -> Self {
        self.policy.limits.on_failure = Some(failure);
        self
    }

    /// Sets a function that is called for each job when it has ended and its credits and logs are
    /// known. It is called on the thread that runs the batch, so it should return soon. It is
    /// called at most once for a job, also over several runs, and not for jobs that are left out.
    pub fn on_finished(mut self, hook: impl Fn(&JobRecord) + Send + Sync + 'static) -> Self {
        self.policy.on_finished = Some(Arc::new(hook));
        self
    }

    /// Disables the output of progress.
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
