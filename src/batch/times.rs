//! When the jobs of a batch began and ended, and how long the rest may take.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report::{JobCollection, JobRecord, Outcome};
use up42_core::time_left::UnitTime;
use up42_view::chart::peak_overlap;

/// How far past the last news a job that has not ended is drawn at most, when less is known of
/// the batch.
const STALE: SignedDuration = SignedDuration::from_hours(1);

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

    /// How long it waited for its turn.
    pub(super) fn queued(&self) -> Option<Duration> {
        self.started()?.duration_since(self.created()?).try_into().ok()
    }

    /// From its creation to its end.
    fn took(&self) -> Option<Duration> {
        self.finished()?.duration_since(self.created()?).try_into().ok()
    }
}

impl JobCollection {
    /// The first and the last moment that is known of any job.
    pub(super) fn known(&self) -> Option<(Timestamp, Timestamp)> {
        let moments = || self.iter().flat_map(|one| [one.created(), one.started(), one.finished()]).flatten();
        moments().min().zip(moments().max())
    }

    /// Until when jobs are drawn that have not ended: until these were asked for. At most
    /// for as long again as is known of the batch, or an hour: beyond that nobody has asked.
    pub(super) fn until(&self) -> Timestamp {
        let Some((first, last)) = self.known() else { return self.at() };
        let longest = last.duration_since(first).max(STALE);
        self.at().clamp(last, last.checked_add(longest).unwrap_or(Timestamp::MAX))
    }

    /// About how long it will take until the last job has ended, by the platform's clock:
    /// as many at a time as may be or were, each as long as those so far on average. `None`
    /// before the first has ended, and when all have.
    pub fn remaining(&self) -> Option<Duration> {
        let took: Vec<Duration> = self.iter().filter_map(JobRecord::took).collect();
        let job = UnitTime::measured(
            took.len() as f64,
            took.iter().fold(Duration::ZERO, |sum, one| sum.saturating_add(*one)),
        )?;
        let left = self.iter().filter(|one| matches!(one.outcome, Outcome::Unfinished));
        // Those that have begun are half way, taken together.
        let jobs = left.map(|one| if one.job.is_some() { 0.5 } else { 1.0 });
        job.left(jobs, self.limit().unwrap_or_else(|| self.peak_unfinished()))
    }

    /// How many were unfinished at the same time at most.
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
    fn the_rest_takes_as_long_as_what_was_done() {
        let mut jobs = sample::jobs();
        // 12 and 6 minutes; one to come and two half way, two at a time.
        assert_eq!(jobs.remaining(), Some(Duration::from_secs(9 * 60)));
        jobs = jobs.with_billing(Default::default());
        assert_eq!(jobs.remaining(), Some(Duration::from_secs(9 * 60)), "two at a time were seen");
    }

    #[test]
    fn what_goes_on_ends_now_but_no_news_is_no_run_of_days() {
        let mut jobs = sample::jobs();
        assert_eq!((jobs.known(), jobs.until()), (Some((at(0), at(12))), at(14)));
        jobs.at = at(9_999);
        assert_eq!(jobs.until(), at(12 + 60));
        jobs.at = at(-5);
        assert_eq!(jobs.until(), at(12), "the platform's clock is ahead");
    }
}
