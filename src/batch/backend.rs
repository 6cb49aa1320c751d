//! What a batch needs of whoever runs its jobs. It knows none of them.
//!
//! | | workflow | processing | order | OGC process |
//! |---|---|---|---|---|
//! | a lost job is found by | its name | its title | its tag | its inputs, where the list tells them; its name, where it was answered at once |
//! | it is looked for in | the project's jobs | the workspace's jobs | the workspace's orders | the server's jobs |
//! | how jobs stand is asked | by list | by ids | by ids | by list |
//! | credits | paid task by task | held, then paid | held, then paid | none |
//! | results | an archive | items of the storage | items of the storage | values and files |

use std::time::Duration;

use super::plan::Owner;
use super::submission::{Submission, tokens};
use crate::client::Client;
use crate::jobs::{Estimate, Job, JobId, JobParameters, JobsPage, Project};
use crate::transport::Secret;
use up42_core::error::Result;

/// Whoever has jobs, and can say what became of one.
pub(crate) trait Source: Send + Sync {
    fn client(&self) -> &Client;

    /// What an ended job cost; `None` where nothing has a price.
    fn credits(&self, id: &JobId) -> Result<Option<i64>>;

    /// Why an ended job has no results.
    fn reason(&self, job: &Job) -> Result<String>;

    /// Where its results are.
    fn results(&self, id: &JobId) -> Result<Delivery>;

    /// The project, where there is one: its dry runs can be looked into.
    fn project(&self) -> Option<&Project> {
        None
    }
}

/// Whoever runs the jobs of a batch.
pub(crate) trait JobBackend: Source {
    /// Who that is, for the journal.
    fn owner(&self) -> Owner;

    /// Names a job by what it does: jobs with the same key are one, and paid once. `None` where
    /// all that it is asked counts.
    fn key(&self, _parameters: &JobParameters) -> Option<String> {
        None
    }

    /// How many jobs may be unfinished at a time, whoever began them.
    fn limit(&self) -> Result<usize> {
        Ok(usize::MAX)
    }

    /// How many of a batch may be, unless the user says so.
    fn default_max_unfinished(&self) -> usize {
        usize::MAX
    }

    /// Claims the right to create a job, where several batches share one: its job, if another
    /// batch has created it.
    ///
    /// # Errors
    ///
    /// Unsent where it cannot be told; lost where another batch may have sent it.
    fn reserve(&self, _submission: &Submission) -> Result<Option<Job>> {
        Ok(None)
    }

    /// Jobs that exist for submissions although the journal does not know them, by their
    /// places. Asked once in a run, before the first is sent. `None` where the list of jobs
    /// tells.
    fn existing(&self, _submissions: &[Submission]) -> Option<Result<Vec<(usize, Job)>>> {
        None
    }

    /// Creates a job. Sent once: after a lost answer the job may exist.
    fn create(&self, submission: &Submission) -> Result<Job>;

    /// A page of the list of jobs: the first, or the one that another named as its next. The
    /// newest come first, where the service has an order.
    fn page(&self, next: Option<&str>) -> Result<JobsPage>;

    /// Whether a job that is not in the list, read to its end, was never created.
    fn list_proves(&self) -> bool {
        true
    }

    /// How these jobs stand, in one request; `None` where jobs are not asked for by ids.
    fn jobs(&self, _ids: &[JobId]) -> Option<Result<Vec<Job>>> {
        None
    }

    fn job(&self, id: &JobId) -> Result<Job>;

    /// Asks a job to stop; what it is then, where that is told.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>>;

    /// By what the job of a submission is known in the list.
    fn mark(&self, submission: &Submission) -> String {
        submission.token()
    }

    /// By what a job in the list can be told from others.
    fn mark_of(&self, job: &Job) -> Mark {
        job.name.as_deref().map_or(Mark::None, |name| Mark::Names(tokens(name)))
    }

    /// Whether its jobs cost credits.
    fn costs(&self) -> bool {
        true
    }

    /// The account's balance, in credits.
    fn balance(&self) -> Result<i64>;

    /// Below this balance it runs nothing that costs anything, in credits.
    fn least_balance(&self) -> i64 {
        0
    }

    /// Asks for something small: whether there is anybody.
    fn reach(&self) -> Result<()> {
        self.balance().map(drop)
    }

    /// The price of each of these jobs.
    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate>;

    /// The most that each of these jobs will cost, in credits.
    fn prices(&self, jobs: &[JobParameters]) -> Result<Vec<i64>> {
        Ok(self.estimate(jobs)?.prices()?.iter().map(|price| price.credits.max).collect())
    }

    /// How long the job will take, when it was estimated before. Nothing is asked.
    fn known_duration(&self, _job: &JobParameters) -> Option<Duration> {
        None
    }
}

/// What the list says of whose job it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// It is the job of the submission with one of these marks.
    Names(Vec<String>),
    /// Its inputs. Another job may have been asked the same.
    Inputs,
    /// It may be any of those that were lost.
    Hidden,
    /// It is none of them.
    None,
}

/// Asks for the URL of a file: a signed one lives for some minutes, and is asked for again.
pub(crate) type Url = Box<dyn Fn() -> Result<Secret> + Send + Sync>;

/// Where a job's results are.
pub(crate) enum Delivery {
    /// An archive, which holds a `data.json`.
    Archive(Url),
    /// The features of a `data.json`, and the files that they name by `up42.data_path`. More
    /// may come of what `may_grow`, such as an index that is late.
    Files { features: Vec<serde_json::Value>, files: Vec<ResultFile>, may_grow: bool },
}

/// One file of a job's results.
pub(crate) struct ResultFile {
    /// A plain name, in the job's folder.
    pub(crate) name: String,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Here(Vec<u8>),
    At(Url),
}
