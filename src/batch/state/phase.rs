use std::time::Duration;

use super::Event;
use crate::jobs::{Job, JobId, JobStatus};
use up42_core::error::Error;

/// State of one item.
#[derive(Clone, Debug)]
pub(in crate::batch) enum Phase {
    Waiting,
    /// The intent was recorded, and there is no response yet.
    Sending {
        since: Duration,
    },
    /// The response was given up at `since`; until then, the request may have been sent.
    Lost {
        error: Error,
        since: Duration,
        /// Time of the intent, by the clock of that run.
        sent: Duration,
        /// Number of complete lists that did not contain the item.
        absences: u32,
        /// Time since which the platform responds, but without a complete list.
        unread: Option<Duration>,
    },
    /// Final phase of a lost item: the job may exist, and the user has to look for it.
    Unproven {
        error: Error,
    },
    Rejected {
        error: Error,
    },
    Created(Box<Created>),
}

#[derive(Clone, Debug)]
pub(in crate::batch) struct Created {
    pub(in crate::batch) job: Job,
    /// Number of polls in a row in which the platform did not know the job, and the time of the
    /// first one.
    pub(super) missed: Option<(u32, Duration)>,
    /// Whether the job counts as ended, since the platform no longer knows it.
    pub(super) is_missing: bool,
    /// Time since which the status is unknown to this version.
    pub(super) unknown_since: Option<Duration>,
    /// Whether the job is no longer waited for: its status was unknown, or it was not found, for
    /// too long.
    pub(super) is_abandoned: bool,
    /// Cost and failure reason, read after the end of the job.
    pub(in crate::batch) end: Option<End>,
}

#[derive(Clone, Debug)]
pub(in crate::batch) struct End {
    pub(in crate::batch) credits: Option<i64>,
    pub(in crate::batch) reason: Option<String>,
}

impl Created {
    pub(super) fn new(job: Job) -> Self {
        Self { job, missed: None, is_missing: false, unknown_since: None, is_abandoned: false, end: None }
    }

    fn has_ended(&self) -> bool {
        self.job.status.is_terminal() || self.is_missing
    }

    pub(in crate::batch) fn is_missing(&self) -> bool {
        self.is_missing
    }

    /// Updates the job from a response. Returns whether this must be recorded.
    fn update(&mut self, job: &Job) -> bool {
        // A list that is late must not undo a final status.
        if self.job.id != job.id || self.job.status.is_terminal() {
            return false;
        }
        // Records progress in steps of 10 %.
        let tenth = |job: &Job| job.progress.map(|percent| percent / 10);
        let is_news = self.is_missing || self.job.status != job.status || tenth(&self.job) != tenth(job);
        match is_news {
            true => *self = Self::new(job.clone()),
            false => (self.missed, self.job) = (None, job.clone()),
        }
        is_news
    }
}

impl Phase {
    pub(in crate::batch) fn job(&self) -> Option<&Job> {
        match self {
            Self::Created(created) => Some(&created.job),
            _ => None,
        }
    }

    pub(in crate::batch) fn status(&self) -> Option<&JobStatus> {
        self.job().map(|job| &job.status)
    }

    pub(in crate::batch) fn unfinished_id(&self) -> Option<&JobId> {
        self.job().filter(|_| !self.has_ended()).map(|job| &job.id)
    }

    /// Returns the job's id, if the platform no longer knows the job.
    pub(super) fn gone_id(&self) -> Option<&JobId> {
        match self {
            Self::Created(created) if created.is_missing => Some(&created.job.id),
            _ => None,
        }
    }

    /// Applies an event. Returns whether it must be recorded. An event that does not fit changes
    /// nothing.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        let next = match (event, &mut *self) {
            (Event::Intent { at, .. }, Self::Waiting) => Self::Sending { since: *at },
            (Event::Deferred { .. }, Self::Sending { .. }) | (Event::Absent { .. }, Self::Lost { .. }) => {
                Self::Waiting
            }
            (Event::Rejected { error, .. }, Self::Sending { .. }) => Self::Rejected { error: error.clone() },
            (Event::Lost { error, at, .. }, Self::Sending { since }) => Self::Lost {
                error: error.clone(),
                since: *at.max(since),
                sent: *since,
                absences: 0,
                unread: None,
            },
            (Event::Unproven { .. }, Self::Lost { error, .. }) => Self::Unproven { error: error.clone() },
            (Event::Gone { .. }, Self::Created(created)) if !created.has_ended() => {
                created.is_missing = true;
                return true;
            }
            (Event::Seen { job, .. }, Self::Created(created)) => return created.update(job),
            (
                Event::Submitted { job, .. } | Event::Seen { job, .. },
                Self::Sending { .. } | Self::Lost { .. } | Self::Unproven { .. },
            )
            // The journal did not contain the job.
            | (Event::Seen { job, .. }, Self::Waiting) => Self::Created(Box::new(Created::new(job.clone()))),
            (Event::Finalized { credits, reason, .. }, Self::Created(created))
                if created.has_ended() && created.end.is_none() =>
            {
                created.end = Some(End { credits: *credits, reason: reason.clone() });
                return true;
            }
            (Event::Retried { .. }, phase) if phase.is_failed() => Self::Waiting,
            _ => return false,
        };
        *self = next;
        true
    }

    /// Returns whether the job may exist but is not known.
    pub(in crate::batch) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Unproven { .. })
    }

    /// Returns whether the platform refused the item, so that no job exists.
    pub(in crate::batch) fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected { .. })
    }

    pub(in crate::batch) fn has_succeeded(&self) -> bool {
        self.status() == Some(&JobStatus::Succeeded)
    }

    pub(in crate::batch) fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting)
    }

    pub(in crate::batch) fn has_ended(&self) -> bool {
        match self {
            Self::Waiting | Self::Sending { .. } | Self::Lost { .. } => false,
            Self::Rejected { .. } | Self::Unproven { .. } => true,
            Self::Created(created) => created.has_ended(),
        }
    }

    /// Returns whether the item has ended without results, and may be retried.
    pub(super) fn is_failed(&self) -> bool {
        self.has_ended() && !self.has_succeeded()
    }

    /// Returns whether the job is no longer waited for: its status was unknown, or it was not
    /// found, for too long.
    pub(in crate::batch) fn is_abandoned(&self) -> bool {
        matches!(self, Self::Created(created) if created.is_abandoned)
    }

    /// Returns the cost, in credits, as far as the platform reported it.
    pub(in crate::batch) fn credits(&self) -> Option<i64> {
        match self {
            Self::Created(created) => created.end.as_ref()?.credits,
            _ => None,
        }
    }

    /// Returns whether a job exists, or may exist, that is paid.
    pub(super) fn may_have_cost(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Rejected { .. })
    }

    /// Returns whether the job has ended, and its cost is not read yet.
    pub(in crate::batch) fn is_unfinalized(&self) -> bool {
        self.has_ended() && matches!(self, Self::Created(created) if created.end.is_none())
    }

    /// Returns whether the item holds, or may hold, one of the project's slots.
    pub(super) fn is_occupying(&self) -> bool {
        match self {
            Self::Sending { .. } | Self::Lost { .. } => true,
            Self::Created(created) => !self.has_ended() && !created.is_abandoned,
            Self::Waiting | Self::Rejected { .. } | Self::Unproven { .. } => false,
        }
    }

    /// Returns whether a poll may change the item.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Lost { .. }) || self.unfinished_id().is_some()
    }
}
