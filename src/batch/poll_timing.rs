use std::collections::HashMap;
use std::time::Duration;

use super::state::State;
use up42_core::time_left::UnitTime;

/// Share of a job's duration after which its end is noticed at the latest; on average it is half of
/// that. Until then, its slot is not used.
const PART: f64 = 0.04;
/// Shortest and longest pause between two polls.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Durations of jobs, from which the pause between polls and the remaining time are computed.
#[derive(Debug, Default)]
pub(super) struct PollTiming {
    /// Time at which each unfinished item was first seen.
    started: HashMap<usize, Duration>,
    /// Durations of the ended jobs, sorted.
    durations: Vec<Duration>,
    /// Sum of the durations of the ended jobs, measured and estimated, both in seconds. Estimates
    /// only give the ratios between jobs; the scale comes from the measured durations.
    sums: [f64; 2],
}

impl PollTiming {
    /// Updates the durations from a state.
    pub(super) fn update(&mut self, state: &State, now: Duration) {
        for (item, phase) in state.phases().iter().enumerate() {
            if phase.unfinished_id().is_some() {
                self.started.entry(item).or_insert(now);
            } else if let Some(started) = self.started.remove(&item) {
                let duration = now.saturating_sub(started);
                let index = self.durations.partition_point(|shorter| *shorter < duration);
                self.durations.insert(index, duration);
                self.sums[0] += duration.as_secs_f64();
                self.sums[1] += state.estimate(item).unwrap_or_default().as_secs_f64();
            }
        }
    }

    /// Returns the pause until the next poll: a share of the median duration of the ended jobs, or
    /// of the age of the oldest job if none has ended. Ended jobs may be the short ones, which
    /// failed or were almost done when the batch was resumed: if half the age of the youngest
    /// unfinished job is more than the median, it counts instead.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        let ages = || self.started.values().map(|started| now.saturating_sub(*started));
        let typical = match self.durations.get(self.durations.len() / 2) {
            Some(median) => ages().min().map_or(*median, |youngest| (youngest / 2).max(*median)),
            None => ages().max().unwrap_or_default(),
        };
        typical.mul_f64(PART).clamp(SHORTEST, LONGEST)
    }

    /// Returns the time until the last job ends; `None` if no job has ended. It is computed from
    /// the mean duration of the ended jobs, or from the estimates if each job has one.
    pub(super) fn left(&self, state: &State, now: Duration) -> Option<Duration> {
        let waiting: Vec<usize> = if state.stop().is_none() { state.waiting().collect() } else { Vec::new() };
        let mut all = waiting.iter().chain(self.started.keys());
        let is_estimated = self.sums[1] > 0.0 && all.all(|item| state.estimate(*item).is_some());
        let units = |item: &usize| match state.estimate(*item) {
            Some(lasts) if is_estimated => lasts.as_secs_f64(),
            _ => 1.0,
        };
        let done = if is_estimated { self.sums[1] } else { self.durations.len() as f64 };
        let unit = UnitTime::measured(done, Duration::try_from_secs_f64(self.sums[0]).ok()?)?;
        let running =
            self.started.iter().map(|(item, started)| unit.rest(units(item), now.saturating_sub(*started)));
        unit.left(running.chain(waiting.iter().map(units)), self.started.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::state::Event;
    use crate::jobs::Job;

    fn seen(state: &mut State, item: usize, status: &str) {
        let job = serde_json::json!({"id": item.to_string(), "status": status});
        state.apply(&Event::Intent { item, at: Duration::ZERO });
        state.apply(&Event::Seen { item, job: Job::read(&job).unwrap() });
    }

    #[test]
    fn pauses_depend_on_how_long_jobs_take() {
        let at = Duration::from_secs;
        let mut state = State::new(2, 2, at(60));
        let mut timing = PollTiming::default();
        assert_eq!(timing.pause(at(0)), SHORTEST, "nothing is known");
        (0..2).for_each(|item| seen(&mut state, item, "RUNNING"));
        timing.update(&state, at(10));
        assert_eq!(timing.pause(at(110)), at(4), "they take 100 s at least");
        seen(&mut state, 0, "SUCCEEDED");
        timing.update(&state, at(210));
        assert_eq!(timing.pause(at(300)), at(8), "one took 200 s");
        assert_eq!(timing.pause(at(810)), at(16), "the other has run for 800 s");
        assert_eq!(timing.left(&state, at(300)), Some(Duration::ZERO), "it should have ended by now");
        assert_eq!(
            PollTiming { durations: vec![at(0); 9], ..timing }.pause(at(100_000)),
            LONGEST,
            "nine failed at once"
        );
        assert_eq!(PollTiming { durations: vec![at(36_000)], ..PollTiming::default() }.pause(at(0)), LONGEST);
    }

    #[test]
    fn the_time_left_is_estimated_from_ended_jobs() {
        let at = Duration::from_secs;
        let mut state = State::new(6, 2, at(60));
        let mut timing = PollTiming::default();
        (0..2).for_each(|item| seen(&mut state, item, "RUNNING"));
        timing.update(&state, at(0));
        assert_eq!(timing.left(&state, at(50)), None, "nothing has ended");
        seen(&mut state, 0, "SUCCEEDED");
        seen(&mut state, 2, "RUNNING");
        timing.update(&state, at(100));
        // One job has 0 s left, one 100 s; three more of 100 s each; two at a time.
        assert_eq!(timing.left(&state, at(100)), Some(at(200)));
        // The last job is estimated to take twice as long as the first one.
        for item in 0..6 {
            state.apply(&Event::Estimated { item, lasts: at(if item == 5 { 14 } else { 7 }) });
        }
        let mut timing = PollTiming { started: [(0, at(0)), (1, at(0))].into(), ..PollTiming::default() };
        timing.update(&state, at(100));
        assert_eq!(timing.left(&state, at(100)), Some(at(250)));
        state.stop_sending(crate::Error::invalid("the batch was cancelled"));
        assert_eq!(timing.left(&state, at(100)), Some(at(100)), "what is not sent is not waited for");
    }
}
