use std::path::Path;

use super::Results;
use crate::batch::{job_of, task_of};
use crate::jobs::{JobStatus, JobTask, ProjectJob};
use up42_core::error::{Error, Result};

impl ProjectJob {
    /// Downloads the job's results to `job_<id>/` and unpacks them, like
    /// [`JobCollection::download_results`](crate::batch::JobCollection::download_results).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the job has not succeeded,
    /// and the errors of its download.
    pub fn download_results(&self, folder: impl AsRef<Path>) -> Result<Results> {
        check(&format!("job `{}`", self.id), &self.status)?;
        only(job_of(self).download_results(folder.as_ref())?)
    }
}

impl JobTask {
    /// Downloads the task's results to `task_<id>/job_<job id>/`. The results of the last task are
    /// the job's; those of other tasks are the input of the next block.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the task has not succeeded,
    /// and the errors of its download.
    pub fn download_results(&self, folder: impl AsRef<Path>) -> Result<Results> {
        check(&format!("task `{}` of job `{}`", self.name, self.job), &self.status)?;
        let job = self.project().job(&self.job)?;
        let folder = folder.as_ref().join(format!("task_{}", self.checked_id()?));
        only(task_of(self, &job).download_results(folder.as_path())?)
    }
}

fn check(whose: &str, status: &JobStatus) -> Result<()> {
    let message = match status {
        JobStatus::Succeeded => return Ok(()),
        status if status.is_terminal() => "only what succeeded has results",
        _ => "wait for its end",
    };
    Err(Error::invalid(format!("{whose} is {status}: {message}")))
}

/// Returns the results, or the error of the only job.
fn only(results: Results) -> Result<Results> {
    let error = results.failed().into_iter().next().map(|(_, error)| error);
    match error {
        Some(error) => Err(error),
        None => Ok(results),
    }
}
