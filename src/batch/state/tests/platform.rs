use std::collections::HashMap;

use super::*;

/// Actual state of a platform, as opposed to the state that a client sees: the jobs that it created
/// and their statuses.
#[derive(Debug)]
pub(super) struct Platform {
    /// Last job of each item.
    jobs: HashMap<usize, FakeJob>,
    /// Highest price of each item.
    prices: Vec<i64>,
    /// Cost of all jobs, and the reported part of it.
    pub(super) cost: i64,
    pub(super) finalized_credits: i64,
}

#[derive(Debug)]
struct FakeJob {
    id: usize,
    status: &'static str,
    /// Time before which no response contains the job.
    hidden: Duration,
    is_forgotten: bool,
    cost: i64,
}

impl Platform {
    pub(super) fn new(prices: Vec<i64>) -> Self {
        Self { jobs: HashMap::new(), prices, cost: 0, finalized_credits: 0 }
    }

    /// Creates the item's job. Returns whether the item had no job before.
    pub(super) fn create(&mut self, item: usize, id: usize, hidden: Duration, rebate: u8) -> bool {
        let cost = self.prices[item] - self.prices[item].min(rebate.into());
        self.cost += cost;
        let made = FakeJob { id, status: "RUNNING", hidden, is_forgotten: false, cost };
        self.jobs.insert(item, made).is_none()
    }

    pub(super) fn has(&self, item: usize) -> bool {
        self.jobs.contains_key(&item)
    }

    /// Returns the job, if a response at this time contains it.
    pub(super) fn show(&self, item: usize, now: Duration) -> Option<Job> {
        let made = self.jobs.get(&item).filter(|made| now >= made.hidden && !made.is_forgotten)?;
        Some(job(made.id, made.status))
    }

    /// Changes a job between two polls. A job that was never seen is not forgotten: this could not
    /// be distinguished from a job that was never created.
    pub(super) fn go_on(&mut self, item: usize, answer: u8, is_seen: bool) {
        let Some(made) = self.jobs.get_mut(&item).filter(|made| !made.has_ended()) else { return };
        match answer {
            0 => made.status = "SUCCEEDED",
            1 => made.status = "FAILED",
            2 => made.status = "CANCELLED",
            // It stays in this status, or runs again later.
            3 => made.status = "HIBERNATING",
            4 if is_seen => made.is_forgotten = true,
            5 => made.status = "RUNNING",
            _ => {}
        }
    }

    pub(super) fn finalize(&mut self, item: usize, answer: u8) -> Option<Event> {
        let credits = match answer % 4 {
            0 | 1 => Some(self.jobs[&item].cost),
            // The cost is unknown.
            2 => None,
            _ => return None,
        };
        self.finalized_credits += credits.unwrap_or(0);
        let reason = (answer < 8).then(|| "out of memory\n".to_owned());
        Some(Event::Finalized { item, credits, reason })
    }

    /// Removes the item's job, so that the user can retry the item. Returns whether this is
    /// allowed.
    pub(super) fn forget(&mut self, item: usize) -> bool {
        let is_over = self.jobs.get(&item).is_none_or(FakeJob::has_ended);
        if is_over {
            self.jobs.remove(&item);
        }
        is_over
    }

    /// Returns the number of unfinished jobs, except those that the state no longer waits for.
    pub(super) fn unfinished(&self, state: &State) -> usize {
        let is_given_up = |phase: &Phase| phase.is_abandoned() || matches!(phase, Phase::Unproven { .. });
        let unfinished = self.jobs.iter().filter(|(_, made)| !made.has_ended());
        unfinished.filter(|(item, _)| !is_given_up(state.phase(**item))).count()
    }
}

impl FakeJob {
    fn has_ended(&self) -> bool {
        self.is_forgotten || ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&self.status)
    }
}
