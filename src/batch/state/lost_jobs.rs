use std::time::Duration;

use super::{Event, Phase, State};
use crate::jobs::JobStatus;

/// How many times as long as for a proof a lost item is looked for, while no whole list
/// is to be had.
const PATIENCE: u32 = 4;
/// How often a job may be unknown to the platform until it counts as gone.
pub(super) const MISSES: u32 = 6;
/// How many whole lists must not have a lost item: numbered pages skip a row when
/// another leaves the list between two of them.
const ABSENCES: u32 = 2;
/// How long a job is waited for while its status is one that this version does not know, or
/// while the platform does not know the job and has no list that proves it.
const STRANGE: Duration = Duration::from_secs(3600);

impl State {
    /// Whether a list that is asked for now, and read to its end, can prove something.
    pub(in crate::batch) fn wants_whole_list(&self, now: Duration) -> bool {
        let is_settled =
            |phase: &Phase| matches!(phase, Phase::Lost { since, .. } if now >= *since + self.settle);
        self.phases.iter().any(is_settled)
    }

    /// What a list that was asked for at this time, and does not have a lost item, says
    /// of it; `is_whole` when it was read to its end. Only a platform that answers
    /// something is asked: one that cannot be reached says nothing, however long that lasts.
    pub(in crate::batch) fn judge(&mut self, item: usize, asked: Duration, is_whole: bool) -> Option<Event> {
        let Some(Phase::Lost { since, absences, unread, .. }) = self.phases.get_mut(item) else {
            return None;
        };
        if asked < *since + self.settle {
            return None;
        }
        if is_whole {
            *absences += 1;
            return (*absences >= ABSENCES).then_some(Event::Absent { item });
        }
        let first = *unread.get_or_insert(asked);
        (asked >= first + self.settle * PATIENCE).then_some(Event::Unproven { item })
    }

    /// Notes that the platform does not know a created job now. It is gone when that was
    /// so often, and for as long as a list may lag behind.
    pub(in crate::batch) fn miss(&mut self, item: usize, now: Duration) -> Option<Event> {
        let Some(Phase::Created(created)) = self.phases.get_mut(item) else { return None };
        let (before, since) = created.missed.unwrap_or((0, now));
        created.missed = Some((before + 1, since));
        (before + 1 >= MISSES && now >= since + self.settle).then_some(Event::Gone { item })
    }

    /// Notes that the platform does not know a created job now, and that its list cannot say
    /// whether it is there.
    pub(in crate::batch) fn lose_sight(&mut self, item: usize, now: Duration) {
        if let Some(Phase::Created(created)) = self.phases.get_mut(item) {
            created.missed.get_or_insert((0, now));
        }
    }

    /// Notes since when jobs are in a status that this version does not know, and sets aside
    /// those that have been for too long, or that the platform has not known for as long. It
    /// may be an end: then it would never come.
    pub(in crate::batch) fn watch(&mut self, now: Duration) {
        for phase in &mut self.phases {
            let Phase::Created(created) = phase else { continue };
            match created.job.status {
                JobStatus::Unknown(_) => drop(created.strange.get_or_insert(now)),
                _ => created.strange = None,
            }
            let since = created.strange.into_iter().chain(created.missed.map(|(_, since)| since)).min();
            created.is_set_aside = since.is_some_and(|since| now >= since + STRANGE);
        }
    }
}
