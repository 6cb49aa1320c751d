use std::collections::HashMap;

use super::*;

/// A platform as it is, and not as it is seen: what it was asked to create, and what
/// became of that.
#[derive(Debug)]
pub(super) struct Platform {
    /// Item to job; the last one, when it was sent anew.
    jobs: HashMap<usize, Made>,
    /// The most that each item costs.
    prices: Vec<i64>,
    /// What all jobs cost, and what of it was told.
    pub(super) cost: i64,
    pub(super) finalized_credits: i64,
}

#[derive(Debug)]
struct Made {
    id: usize,
    status: &'static str,
    /// No answer shows it until then.
    hidden: Duration,
    is_forgotten: bool,
    cost: i64,
}

impl Platform {
    pub(super) fn new(prices: Vec<i64>) -> Self {
        Self { jobs: HashMap::new(), prices, cost: 0, finalized_credits: 0 }
    }

    /// Creates the item's job, and says whether it had none that might still run.
    pub(super) fn create(&mut self, item: usize, id: usize, hidden: Duration, rebate: u8) -> bool {
        let cost = self.prices[item] - self.prices[item].min(rebate.into());
        self.cost += cost;
        let made = Made { id, status: "RUNNING", hidden, is_forgotten: false, cost };
        self.jobs.insert(item, made).is_none()
    }

    pub(super) fn has(&self, item: usize) -> bool {
        self.jobs.contains_key(&item)
    }

    /// The job that an answer of this time shows.
    pub(super) fn show(&self, item: usize, now: Duration) -> Option<Job> {
        let made = self.jobs.get(&item).filter(|made| now >= made.hidden && !made.is_forgotten)?;
        Some(job(made.id, made.status))
    }

    /// What may become of a job between two looks. One that nobody has seen is not
    /// forgotten: it could not be told from one that was never created.
    pub(super) fn go_on(&mut self, item: usize, answer: u8, is_seen: bool) {
        let Some(made) = self.jobs.get_mut(&item).filter(|made| !made.has_ended()) else { return };
        match answer {
            0 => made.status = "SUCCEEDED",
            1 => made.status = "FAILED",
            2 => made.status = "CANCELLED",
            // And it stays so, or it wakes up.
            3 => made.status = "HIBERNATING",
            4 if is_seen => made.is_forgotten = true,
            5 => made.status = "RUNNING",
            _ => {}
        }
    }

    pub(super) fn finalize(&mut self, item: usize, answer: u8) -> Option<Event> {
        let credits = match answer % 4 {
            0 | 1 => Some(self.jobs[&item].cost),
            // It cannot say.
            2 => None,
            _ => return None,
        };
        self.finalized_credits += credits.unwrap_or(0);
        let reason = (answer < 8).then(|| "out of memory\n".to_owned());
        Some(Event::Finalized { item, credits, reason })
    }

    /// The user has looked, and wants the item anew: whether it may be.
    pub(super) fn forget(&mut self, item: usize) -> bool {
        let is_over = self.jobs.get(&item).is_none_or(Made::has_ended);
        if is_over {
            self.jobs.remove(&item);
        }
        is_over
    }

    /// The jobs that run, or may run as far as anybody can tell.
    pub(super) fn unfinished(&self, state: &State) -> usize {
        let is_given_up = |phase: &Phase| phase.is_set_aside() || matches!(phase, Phase::Unproven { .. });
        let unfinished = self.jobs.iter().filter(|(_, made)| !made.has_ended());
        unfinished.filter(|(item, _)| !is_given_up(state.phase(**item))).count()
    }
}

impl Made {
    fn has_ended(&self) -> bool {
        self.is_forgotten || ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&self.status)
    }
}
