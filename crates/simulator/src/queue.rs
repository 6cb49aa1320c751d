//! Machines: how many jobs run at a time, whatever was accepted.

use jiff::Timestamp;

use super::job::Job;

/// When a job starts that is ready at a time, behind others: when fewer of them than there
/// are machines have yet to end.
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

/// Jobs that wait move up when one before them was cancelled.
pub(super) fn move_up(jobs: &mut [Job], now: Timestamp, machines: Option<usize>) {
    if machines.is_none() || !jobs.iter().any(|job| job.cancelled.is_some() && !job.made_way) {
        return;
    }
    for place in 0..jobs.len() {
        let (ahead, rest) = jobs.split_at_mut(place);
        let job = &mut rest[0];
        job.made_way |= job.cancelled.is_some();
        if job.started > now && job.cancelled.is_none() {
            let started = start(ahead.iter(), job.ready.max(now), machines);
            job.start_at(started);
        }
    }
}
