//! Times of the jobs of a batch, and the estimated remaining time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report::{JobCollection, JobRecord, Outcome};
use up42_core::time_left::UnitTime;
use up42_view::chart::peak_overlap;

/// Longest time after the last known time until which an unfinished job is drawn, if the known
/// times span less.
const MAX_OPEN_END: SignedDuration = SignedDuration::from_hours(1);

impl JobRecord {
    pub(super) fn created(&self) -> Option<Timestamp> {
        self.job.as_ref()?.created
    }

    pub(super) fn started(&self) -> Option<Timestamp> {
        self.job.as_ref()?.started
    }

    pub(super) fn finished(&self) -> Option<Timestamp> {
        self.job.as_ref()?.finished
    }

    /// Returns the time from its creation to its start.
    pub(super) fn queued(&self) -> Option<Duration> {
        self.started()?.duration_since(self.created()?).try_into().ok()
    }

    /// Returns the time from its creation to its end.
    fn duration(&self) -> Option<Duration> {
        self.finished()?.duration_since(self.created()?).try_into().ok()
    }
}

impl JobCollection {
    /// Returns the first and the last known time of any job.
    pub(super) fn time_range(&self) -> Option<(Timestamp, Timestamp)> {
        let moments = || self.iter().flat_map(|one| [one.created(), one.started(), one.finished()]).flatten();
        moments().min().zip(moments().max())
    }

    /// Returns the time until which unfinished jobs are drawn: when the jobs were read, but past
    /// the last known time at most as long as the known times span, or an hour if that is longer.
    pub(super) fn until(&self) -> Timestamp {
        let Some((first, last)) = self.time_range() else { return self.at() };
        let longest = last.duration_since(first).max(MAX_OPEN_END);
        self.at().clamp(last, last.checked_add(longest).unwrap_or(Timestamp::MAX))
    }

    /// Returns the estimated time until the last job has ended, by the platform's clock. It assumes
    /// the mean duration of the ended jobs, and as many jobs at a time as the limit of unfinished
    /// jobs, or without a limit the peak so far. `None` before the first job has ended, and when
    /// all have.
    pub fn remaining(&self) -> Option<Duration> {
        let durations: Vec<Duration> = self.iter().filter_map(JobRecord::duration).collect();
        let job = UnitTime::measured(
            durations.len() as f64,
            durations.iter().fold(Duration::ZERO, |sum, one| sum.saturating_add(*one)),
        )?;
        let left = self.iter().filter(|one| matches!(one.outcome, Outcome::Unfinished));
        // On average, jobs that exist are half done.
        let jobs = left.map(|one| if one.job.is_some() { 0.5 } else { 1.0 });
        job.left(jobs, self.limit().unwrap_or_else(|| self.peak_unfinished()))
    }

    /// Returns the peak of unfinished jobs.
    fn peak_unfinished(&self) -> usize {
        let until = self.until();
        let times = self.iter().filter_map(|one| Some((one.created()?, one.finished().unwrap_or(until))));
        peak_overlap(times)
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::sample::{self, at};
    use super::*;

    #[test]
    fn the_time_left_is_estimated_from_ended_jobs() {
        let mut jobs = sample::jobs();
        // Ended after 12 and 6 minutes; one not sent and two half done, two at a time.
        assert_eq!(jobs.remaining(), Some(Duration::from_secs(9 * 60)));
        jobs = jobs.with_billing(Default::default());
        assert_eq!(jobs.remaining(), Some(Duration::from_secs(9 * 60)), "two at a time were seen");
    }

    #[test]
    fn unfinished_jobs_end_now_or_soon_after_the_last_update() {
        let mut jobs = sample::jobs();
        assert_eq!((jobs.time_range(), jobs.until()), (Some((at(0), at(12))), at(14)));
        jobs.at = at(9_999);
        assert_eq!(jobs.until(), at(12 + 60));
        jobs.at = at(-5);
        assert_eq!(jobs.until(), at(12), "the platform's clock is ahead");
    }
}
