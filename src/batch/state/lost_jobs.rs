use std::time::Duration;

use super::{Event, Phase, State};
use crate::jobs::JobStatus;

/// Time that a lost item is searched while no complete list can be read, as a multiple of
/// `lost_job_timeout`.
const SEARCH_FACTOR: u32 = 4;
/// Number of polls in a row without a job after which it counts as gone.
pub(super) const MAX_MISSES: u32 = 6;
/// Number of complete lists that must not contain a lost item: numbered pages skip a row if another
/// job leaves the list between two of them.
const ABSENCES: u32 = 2;
/// Time that a job is waited for while its status is unknown to this version, or while the platform
/// does not know the job and no complete list confirms that it is gone.
const UNKNOWN_TIMEOUT: Duration = Duration::from_secs(3600);

impl State {
    /// Returns whether a complete list that is requested now can prove that a lost item was not
    /// created.
    pub(in crate::batch) fn wants_whole_list(&self, now: Duration) -> bool {
        let is_settled = |phase: &Phase| matches!(phase, Phase::Lost { since, .. } if now >= *since + self.lost_job_timeout);
        self.phases.iter().any(is_settled)
    }

    /// Evaluates a list that was requested at `requested_at` and does not contain a lost item;
    /// `is_whole` if the list is complete. Only called if the platform responds: while it cannot be
    /// reached, nothing is proven.
    pub(in crate::batch) fn evaluate_absence(
        &mut self,
        item: usize,
        requested_at: Duration,
        is_whole: bool,
    ) -> Option<Event> {
        let Some(Phase::Lost { since, absences, unread, .. }) = self.phases.get_mut(item) else {
            return None;
        };
        if requested_at < *since + self.lost_job_timeout {
            return None;
        }
        if is_whole {
            *absences += 1;
            return (*absences >= ABSENCES).then_some(Event::Absent { item });
        }
        let first = *unread.get_or_insert(requested_at);
        (requested_at >= first + self.lost_job_timeout * SEARCH_FACTOR).then_some(Event::Unproven { item })
    }

    /// Records that the platform does not know a created job now. Returns that the job is gone
    /// after [`MAX_MISSES`] calls, over at least the time by which a list may be late.
    pub(in crate::batch) fn record_miss(&mut self, item: usize, now: Duration) -> Option<Event> {
        let Some(Phase::Created(created)) = self.phases.get_mut(item) else { return None };
        let (before, since) = created.missed.unwrap_or((0, now));
        created.missed = Some((before + 1, since));
        (before + 1 >= MAX_MISSES && now >= since + self.lost_job_timeout).then_some(Event::Gone { item })
    }

    /// Records that the platform does not know a created job now, and that no complete list
    /// confirms that it is gone.
    pub(in crate::batch) fn record_unverified(&mut self, item: usize, now: Duration) {
        if let Some(Phase::Created(created)) = self.phases.get_mut(item) {
            created.missed.get_or_insert((0, now));
        }
    }

    /// Records since when jobs are in a status that is unknown to this version. Jobs that have been
    /// in such a status for [`UNKNOWN_TIMEOUT`], or that the platform has not known for as long, are
    /// no longer waited for: an unknown status may be final.
    pub(in crate::batch) fn expire_unknown(&mut self, now: Duration) {
        for phase in &mut self.phases {
            let Phase::Created(created) = phase else { continue };
            match created.job.status {
                JobStatus::Unknown(_) => drop(created.unknown_since.get_or_insert(now)),
                _ => created.unknown_since = None,
            }
            let since = created.unknown_since.into_iter().chain(created.missed.map(|(_, since)| since)).min();
            created.is_abandoned = since.is_some_and(|since| now >= since + UNKNOWN_TIMEOUT);
        }
    }
}
