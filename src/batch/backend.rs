//! Interface between a batch and the services that run its jobs.
//!
//! | | workflow | processing | order | OGC process |
//! |---|---|---|---|---|
//! | a lost job is identified by | name | title | tag | inputs or name |
//! | it is searched in | project's jobs | workspace's jobs | workspace's orders | server's jobs |
//! | statuses are read | from the list | by ids | by ids | from the list |
//! | credits | paid task by task | held, then paid | held, then paid | none |
//! | results | an archive | items of the storage | items of the storage | values and files |
//!
//! A job of an OGC process is identified by its inputs if the list contains them, and by its name
//! if it was executed synchronously.

use std::time::Duration;

use super::plan::Owner;
use super::submission::{Submission, tokens};
use crate::client::Client;
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobsPage, Project};
use crate::transport::Secret;
use up42_core::error::Result;

/// Service that has jobs: their costs, failure reasons and results.
pub(crate) trait Source: Send + Sync {
    fn client(&self) -> &Client;

    /// Returns the cost of an ended job, in credits; `None` if nothing has a price.
    fn credits(&self, id: &JobId) -> Result<Option<i64>>;

    /// Returns why an ended job has no results.
    fn reason(&self, job: &Job) -> Result<String>;

    /// Returns the location of a job's results.
    fn results(&self, id: &JobId) -> Result<Delivery>;

    /// Returns the project, whose dry runs can be read; `None` for other services.
    fn project(&self) -> Option<&Project> {
        None
    }
}

/// Service that runs the jobs of a batch.
pub(crate) trait JobBackend: Source {
    /// Returns the owner of the jobs, which the journal records.
    fn owner(&self) -> Owner;

    /// Returns the identity of a job: jobs with the same identity are one job, paid once. `None` if
    /// all parameters are part of the identity.
    fn key(&self, _parameters: &JobParameters) -> Option<String> {
        None
    }

    /// Returns the largest number of unfinished jobs, those of others included.
    fn limit(&self) -> Result<usize> {
        Ok(usize::MAX)
    }

    /// Returns the limit of unfinished jobs of a batch if the user sets none.
    fn default_max_unfinished(&self) -> usize {
        usize::MAX
    }

    /// Reserves the right to create a job that several batches may contain. Returns the job if
    /// another batch has created it.
    ///
    /// # Errors
    ///
    /// An unsent error if the reservation cannot be read or written; a lost one if another batch
    /// may have sent the request.
    fn reserve(&self, _submission: &Submission) -> Result<Option<Job>> {
        Ok(None)
    }

    /// Returns the jobs that exist for submissions although the journal does not know them, each
    /// with the index of its submission. Called once in a run, before the first job is sent. `None`
    /// if the list of jobs is to be searched instead.
    fn existing(&self, _submissions: &[Submission]) -> Option<Result<Vec<(usize, Job)>>> {
        None
    }

    /// Creates a job. The request is sent once: if its response is lost, the job may exist.
    fn create(&self, submission: &Submission) -> Result<Job>;

    /// Returns a page of the list of jobs: the first one, or the one that the page before named as
    /// next. Newest jobs first, if the service sorts.
    fn page(&self, next: Option<&str>) -> Result<JobsPage>;

    /// Returns whether a job that the complete list does not contain was never created.
    fn list_proves(&self) -> bool {
        true
    }

    /// Reads these jobs with one request; `None` if the service has no request by ids.
    fn jobs(&self, _ids: &[JobId]) -> Option<Result<Vec<Job>>> {
        None
    }

    fn job(&self, id: &JobId) -> Result<Job>;

    /// Asks the service to cancel a job. Returns the job after that, if the response contains it.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>>;

    /// Returns the text that identifies the job of a submission in the list.
    fn mark(&self, submission: &Submission) -> String {
        submission.token()
    }

    /// Returns the identification of a listed job.
    fn mark_of(&self, job: &Job) -> Mark {
        job.name.as_deref().map_or(Mark::None, |name| Mark::Names(tokens(name)))
    }

    /// Returns whether the jobs cost credits.
    fn costs(&self) -> bool {
        true
    }

    /// Returns the account's balance, in credits.
    fn balance(&self) -> Result<i64>;

    /// Returns the balance below which the platform refuses to run jobs, in credits.
    fn least_balance(&self) -> i64 {
        0
    }

    /// Sends a small request, which fails if the service cannot be reached.
    fn reach(&self) -> Result<()> {
        self.balance().map(drop)
    }

    /// Returns the price of each job.
    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate>;

    /// Returns the highest price of each job, in credits.
    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>> {
        Ok(self.estimate(jobs)?.prices()?.iter().map(|price| price.credits.max).collect())
    }

    /// Returns the duration of a job, if it was estimated before. Sends no request.
    fn known_duration(&self, _job: &JobParameters) -> Option<Duration> {
        None
    }
}

/// Identification of a job in the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// The job of the submission with one of these marks.
    Names(Vec<String>),
    /// The inputs of the job; another job may have the same inputs.
    Inputs,
    /// Nothing that identifies the job; it may be any of the lost jobs.
    Hidden,
    /// The job is none of the lost jobs.
    None,
}

/// Request for the URL of a file. A signed URL expires after some minutes and is requested again.
pub(crate) type Url = Box<dyn Fn() -> Result<Secret> + Send + Sync>;

/// Location of a job's results.
pub(crate) enum Delivery {
    /// An archive that contains a `data.json`.
    Archive(Url),
    /// The features of a `data.json`, and the files that they name in `up42.data_path`. If
    /// `may_grow`, files such as a late index may be added.
    Files { features: Vec<serde_json::Value>, files: Vec<ResultFile>, may_grow: bool },
}

/// File of a job's results.
pub(crate) struct ResultFile {
    /// File name in the job's folder, without a path.
    pub(crate) name: String,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Here(Vec<u8>),
    At(Url),
}
