use std::time::Duration;

use crate::jobs::Job;
use up42_core::error::Error;

/// Event of a batch. Times are since the Unix epoch.
#[derive(Clone, Debug)]
pub(in crate::batch) enum Event {
    /// The platform estimated the duration of the item's job.
    Estimated { item: usize, lasts: Duration },
    /// The item is about to be sent. Recorded before the request.
    Intent { item: usize, at: Duration },
    /// The platform responded with a job.
    Submitted { item: usize, job: Job },
    /// No job was created, but a later request may succeed: the project had no free slot, the
    /// credits did not suffice, or the request was not sent.
    Deferred { item: usize, at: Duration },
    /// The platform refused the item: no job was created, and the same request would fail again.
    Rejected { item: usize, error: Error },
    /// There was no response, and none is waited for after this time: the job may exist.
    Lost { item: usize, at: Duration, error: Error },
    /// A response contained the job.
    Seen { item: usize, job: Job },
    /// The platform no longer knows a created job.
    Gone { item: usize },
    /// It is proven that a lost item was never created.
    Absent { item: usize },
    /// It cannot be determined whether a lost item was created.
    Unproven { item: usize },
    /// The cost of an ended job was read, and why it failed.
    Finalized { item: usize, credits: Option<i64>, reason: Option<String> },
    /// The user retries an item that failed.
    Retried { item: usize },
}

impl Event {
    pub(in crate::batch) fn item(&self) -> usize {
        match self {
            Self::Estimated { item, .. }
            | Self::Intent { item, .. }
            | Self::Submitted { item, .. }
            | Self::Deferred { item, .. }
            | Self::Rejected { item, .. }
            | Self::Lost { item, .. }
            | Self::Seen { item, .. }
            | Self::Gone { item }
            | Self::Absent { item }
            | Self::Unproven { item }
            | Self::Finalized { item, .. }
            | Self::Retried { item } => *item,
        }
    }
}
