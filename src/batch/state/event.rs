use std::time::Duration;

use crate::jobs::Job;
use up42_core::error::Error;

/// What happened. Times are since the Unix epoch.
#[derive(Clone, Debug)]
pub(in crate::batch) enum Event {
    /// How long the item's job will take, as the platform estimates.
    Estimated { item: usize, lasts: Duration },
    /// The item is about to be sent. Kept before the request.
    Intent { item: usize, at: Duration },
    /// The platform answered with a job.
    Submitted { item: usize, job: Job },
    /// Nothing was created, and later it may be: the project had no slot, the credits did
    /// not suffice, or the request never left.
    Deferred { item: usize, at: Duration },
    /// The platform refused the item: nothing was created, and trying again is no use.
    Rejected { item: usize, error: Error },
    /// No answer, and none is waited for from this time on: the job may exist.
    Lost { item: usize, at: Duration, error: Error },
    /// The platform told of a job.
    Seen { item: usize, job: Job },
    /// The platform does not know a created job any more.
    Gone { item: usize },
    /// A lost item was never created: that is proven.
    Absent { item: usize },
    /// Whether a lost item was created cannot be told.
    Unproven { item: usize },
    /// What an ended job cost, and why it failed.
    Finalized { item: usize, credits: Option<i64>, reason: Option<String> },
    /// The user wants an item that failed to be sent anew.
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
