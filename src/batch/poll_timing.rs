use std::collections::HashMap;
use std::time::Duration;

use super::state::State;
use up42_core::time_left::UnitTime;

/// The part of a job's time that may pass until its end is noticed: on average half of
/// it, in which its slot is empty.
const PART: f64 = 0.04;
/// The shortest and the longest pause between two polls.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// How long the jobs take: by that it polls, and says when all will have ended.
#[derive(Debug, Default)]
pub(super) struct PollTiming {
    /// Since when unfinished jobs are known.
    begun: HashMap<usize, Duration>,
    /// How long the others took, sorted.
    took: Vec<Duration>,
    /// The same together, and by the estimates, both in seconds. Estimates tell which take
    /// longer than others; what their figures mean, the jobs themselves tell.
    sums: [f64; 2],
}

impl PollTiming {
    /// Takes in how the jobs stand.
    pub(super) fn see(&mut self, state: &State, now: Duration) {
        for (item, phase) in state.phases().iter().enumerate() {
            if phase.unfinished_id().is_some() {
                self.begun.entry(item).or_insert(now);
            } else if let Some(begun) = self.begun.remove(&item) {
                let took = now.saturating_sub(begun);
                let place = self.took.partition_point(|shorter| *shorter < took);
                self.took.insert(place, took);
                self.sums[0] += took.as_secs_f64();
                self.sums[1] += state.estimate(item).unwrap_or_default().as_secs_f64();
            }
        }
    }

    /// The pause until the next poll. Before a job has ended, the oldest tells how long
    /// they take at least. Those that ended may be the quick ones, which failed or were
    /// all but done when the batch went on: where even the youngest is far older, half of
    /// its age counts.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        let ages = || self.begun.values().map(|begun| now.saturating_sub(*begun));
        let typical = match self.took.get(self.took.len() / 2) {
            Some(median) => ages().min().map_or(*median, |youngest| (youngest / 2).max(*median)),
            None => ages().max().unwrap_or_default(),
        };
        typical.mul_f64(PART).clamp(SHORTEST, LONGEST)
    }

    /// Until the last job ends, as far as those that have ended tell. By the mean of
    /// those, or by the estimates when each job has one.
    pub(super) fn left(&self, state: &State, now: Duration) -> Option<Duration> {
        let waiting: Vec<usize> = if state.stop().is_none() { state.waiting().collect() } else { Vec::new() };
        let mut all = waiting.iter().chain(self.begun.keys());
        let is_estimated = self.sums[1] > 0.0 && all.all(|item| state.estimate(*item).is_some());
        let units = |item: &usize| match state.estimate(*item) {
            Some(lasts) if is_estimated => lasts.as_secs_f64(),
            _ => 1.0,
        };
        let done = if is_estimated { self.sums[1] } else { self.took.len() as f64 };
        let unit = UnitTime::measured(done, Duration::try_from_secs_f64(self.sums[0]).ok()?)?;
        let running =
            self.begun.iter().map(|(item, begun)| unit.rest(units(item), now.saturating_sub(*begun)));
        unit.left(running.chain(waiting.iter().map(units)), self.begun.len())
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
    fn the_pace_is_that_of_the_jobs() {
        let at = Duration::from_secs;
        let mut state = State::new(2, 2, at(60));
        let mut timing = PollTiming::default();
        assert_eq!(timing.pause(at(0)), SHORTEST, "nothing is known");
        (0..2).for_each(|item| seen(&mut state, item, "RUNNING"));
        timing.see(&state, at(10));
        assert_eq!(timing.pause(at(110)), at(4), "they take 100 s at least");
        seen(&mut state, 0, "SUCCEEDED");
        timing.see(&state, at(210));
        assert_eq!(timing.pause(at(300)), at(8), "one took 200 s");
        assert_eq!(timing.pause(at(810)), at(16), "the other has run for 800 s");
        assert_eq!(timing.left(&state, at(300)), Some(Duration::ZERO), "it should have ended by now");
        assert_eq!(
            PollTiming { took: vec![at(0); 9], ..timing }.pause(at(100_000)),
            LONGEST,
            "nine failed at once"
        );
        assert_eq!(PollTiming { took: vec![at(36_000)], ..PollTiming::default() }.pause(at(0)), LONGEST);
    }

    #[test]
    fn what_is_left_follows_from_what_has_ended() {
        let at = Duration::from_secs;
        let mut state = State::new(6, 2, at(60));
        let mut timing = PollTiming::default();
        (0..2).for_each(|item| seen(&mut state, item, "RUNNING"));
        timing.see(&state, at(0));
        assert_eq!(timing.left(&state, at(50)), None, "nothing has ended");
        seen(&mut state, 0, "SUCCEEDED");
        seen(&mut state, 2, "RUNNING");
        timing.see(&state, at(100));
        // One has 0 s left, one 100 s; three more of 100 s each; two at a time.
        assert_eq!(timing.left(&state, at(100)), Some(at(200)));
        // By its estimate the last takes twice as long as the first did.
        for item in 0..6 {
            state.apply(&Event::Estimated { item, lasts: at(if item == 5 { 14 } else { 7 }) });
        }
        let mut timing = PollTiming { begun: [(0, at(0)), (1, at(0))].into(), ..PollTiming::default() };
        timing.see(&state, at(100));
        assert_eq!(timing.left(&state, at(100)), Some(at(250)));
        state.stop_sending(crate::Error::invalid("the batch was cancelled"));
        assert_eq!(timing.left(&state, at(100)), Some(at(100)), "what is not sent is not waited for");
    }
}
