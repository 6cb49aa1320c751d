//! Queue of accepted jobs for a limited number of machines.

use jiff::Timestamp;

use super::job::Job;

/// Returns the start of a job that is ready at a time, behind other jobs: the time at which fewer
/// of them than there are machines are unfinished.
pub(super) fn start<'a>(
    ahead: impl Iterator<Item = &'a Job>,
    ready: Timestamp,
    machines: Option<usize>,
) -> Timestamp {
    let Some(machines) = machines else { return ready };
    let mut ends: Vec<Timestamp> = ahead.map(Job::end).filter(|end| *end > ready).collect();
    ends.sort_by(|a, b| b.cmp(a));
    ends.get(machines.max(1) - 1).copied().unwrap_or(ready)
}

/// Moves waiting jobs forward if one before them was cancelled.
pub(super) fn move_up(jobs: &mut [Job], now: Timestamp, machines: Option<usize>) {
    if machines.is_none() || !jobs.iter().any(|job| job.cancelled.is_some() && !job.is_dequeued) {
        return;
    }
    for place in 0..jobs.len() {
        let (ahead, rest) = jobs.split_at_mut(place);
        let job = &mut rest[0];
        job.is_dequeued |= job.cancelled.is_some();
        if job.started > now && job.cancelled.is_none() {
            let started = start(ahead.iter(), job.ready.max(now), machines);
            job.start_at(started);
        }
    }
}
