use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;
use crate::jobs::{Job, JobId, JobMode, JobParameters, JobsPage, Workflow};
use crate::plain::plain;

/// The longest line of a log that is kept, in characters.
const LINE: usize = 4000;

/// What a batch needs of whoever runs its jobs, and of time.
pub(super) trait Service: Sync {
    /// Creates a job. Sent once: after a lost answer the job may exist.
    fn create(&self, name: &str, parameters: &JobParameters) -> Result<Job>;

    /// A page of the list of jobs, the newest first; `None` past the last one.
    fn page(&self, page: usize) -> Result<Option<JobsPage>>;

    fn job(&self, id: &JobId) -> Result<Job>;

    fn cancel(&self, id: &JobId) -> Result<()>;

    /// What an ended job cost.
    fn credits(&self, id: &JobId) -> Result<i64>;

    /// Why an ended job has no results.
    fn reason(&self, job: &Job) -> Result<String>;

    /// The account's balance, in credits.
    fn balance(&self) -> Result<i64>;

    /// The most that each of these jobs will cost, in credits.
    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>>;

    /// Since the Unix epoch, and evenly: when the clock is set, this goes on.
    fn now(&self) -> Duration;

    fn wait(&self, pause: Duration);
}

/// A workflow of the platform, and the time of this machine.
pub(super) struct OnPlatform<'a> {
    workflow: &'a Workflow,
    mode: JobMode,
    /// The time of the clock, and since then.
    start: (Duration, Instant),
}

impl<'a> OnPlatform<'a> {
    pub(super) fn new(workflow: &'a Workflow, mode: JobMode) -> Self {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { workflow, mode, start: (clock, Instant::now()) }
    }
}

impl Service for OnPlatform<'_> {
    fn create(&self, name: &str, parameters: &JobParameters) -> Result<Job> {
        self.workflow.create_job(name, parameters, self.mode)
    }

    fn page(&self, page: usize) -> Result<Option<JobsPage>> {
        self.workflow.project().jobs_page(page)
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.workflow.project().job_now(id)
    }

    fn cancel(&self, id: &JobId) -> Result<()> {
        self.workflow.project().cancel_job(id)
    }

    fn credits(&self, id: &JobId) -> Result<i64> {
        self.workflow.project().job_credits(id)
    }

    fn reason(&self, job: &Job) -> Result<String> {
        let logs = self.workflow.project().job_logs(&job.id)?;
        Ok(match logs.trim() {
            "" => format!("the job is {}, and left no log", job.status),
            _ => harmless(&logs),
        })
    }

    fn balance(&self) -> Result<i64> {
        self.workflow.project().client().credits()
    }

    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>> {
        Ok(self.workflow.estimate(jobs)?.prices()?.iter().map(|price| price.credits.max).collect())
    }

    fn now(&self) -> Duration {
        self.start.0 + self.start.1.elapsed()
    }

    fn wait(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// A log that may be kept and shown: tasks write the signed URLs that they read from.
fn harmless(log: &str) -> String {
    log.lines().map(|line| plain(line, LINE) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_lines_and_no_key() {
        let log = "[s2:1]\nread https://h/a.tif?X-Amz-Signature=hunter2 failed\n\x1b[31mno image\n";
        assert_eq!(harmless(log), "[s2:1]\nread https://h/a.tif?… failed\n [31mno image\n");
    }
}
