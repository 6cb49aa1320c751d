use std::time::Duration;

use super::Event;
use crate::jobs::{Job, JobId, JobStatus};
use up42_core::error::Error;

/// Where one item stands.
#[derive(Clone, Debug)]
pub(in crate::batch) enum Phase {
    Waiting,
    /// Between intent and answer.
    Sending {
        since: Duration,
    },
    /// Since the answer was given up: until then the request may have left.
    Lost {
        error: Error,
        since: Duration,
        /// When it was about to be sent, by the clock of that time.
        sent: Duration,
        /// How many whole lists did not have it.
        absences: u32,
        /// Since when the platform answers, but with no whole list.
        unread: Option<Duration>,
    },
    /// The last word on a lost item: it may exist, and the user has to look.
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
    /// How often in a row the platform did not know it, and since when.
    pub(super) missed: Option<(u32, Duration)>,
    /// It counts as ended: the platform will not know it again.
    pub(super) is_gone: bool,
    /// Since when its status is one that this version does not know.
    pub(super) strange: Option<Duration>,
    /// That was for too long: it is not waited for any more.
    pub(super) is_set_aside: bool,
    /// What is known since its end.
    pub(in crate::batch) end: Option<End>,
}

#[derive(Clone, Debug)]
pub(in crate::batch) struct End {
    pub(in crate::batch) credits: Option<i64>,
    pub(in crate::batch) reason: Option<String>,
}

impl Created {
    pub(super) fn new(job: Job) -> Self {
        Self { job, missed: None, is_gone: false, strange: None, is_set_aside: false, end: None }
    }

    fn has_ended(&self) -> bool {
        self.job.status.is_terminal() || self.is_gone
    }

    pub(in crate::batch) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Takes in what the platform tells of the job, and says whether it is news.
    fn see(&mut self, job: &Job) -> bool {
        // The end is the end: a list that lags behind does not undo it.
        if self.job.id != job.id || self.job.status.is_terminal() {
            return false;
        }
        // Of its progress each tenth is news: a journal is no protocol of a bar.
        let tenth = |job: &Job| job.progress.map(|percent| percent / 10);
        let is_news = self.is_gone || self.job.status != job.status || tenth(&self.job) != tenth(job);
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

    /// The job, where the platform seemed not to know it any more.
    pub(super) fn gone_id(&self) -> Option<&JobId> {
        match self {
            Self::Created(created) if created.is_gone => Some(&created.job.id),
            _ => None,
        }
    }

    /// Takes an event in, and says whether it is news. One that does not fit changes
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
                created.is_gone = true;
                return true;
            }
            (Event::Seen { job, .. }, Self::Created(created)) => return created.see(job),
            (
                Event::Submitted { job, .. } | Event::Seen { job, .. },
                Self::Sending { .. } | Self::Lost { .. } | Self::Unproven { .. },
            )
            // The journal did not know of it.
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

    /// The job may exist, and is not known.
    pub(in crate::batch) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Unproven { .. })
    }

    /// It was refused: no job exists.
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

    /// It has ended, and may be sent anew.
    pub(super) fn is_failed(&self) -> bool {
        self.has_ended() && !self.has_succeeded()
    }

    /// Its status is one that this version does not know, and has been for too long.
    pub(in crate::batch) fn is_set_aside(&self) -> bool {
        matches!(self, Self::Created(created) if created.is_set_aside)
    }

    /// What it cost, as far as the platform told.
    pub(in crate::batch) fn credits(&self) -> Option<i64> {
        match self {
            Self::Created(created) => created.end.as_ref()?.credits,
            _ => None,
        }
    }

    /// A job exists, or may exist, that is paid.
    pub(super) fn may_have_cost(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Rejected { .. })
    }

    /// It has ended, and what it cost is not known yet.
    pub(in crate::batch) fn is_unfinalized(&self) -> bool {
        self.has_ended() && matches!(self, Self::Created(created) if created.end.is_none())
    }

    /// It holds, or may hold, one of the project's slots.
    pub(super) fn is_occupying(&self) -> bool {
        match self {
            Self::Sending { .. } | Self::Lost { .. } => true,
            Self::Created(created) => !self.has_ended() && !created.is_set_aside,
            Self::Waiting | Self::Rejected { .. } | Self::Unproven { .. } => false,
        }
    }

    /// The platform may know more about it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Lost { .. }) || self.unfinished_id().is_some()
    }
}
