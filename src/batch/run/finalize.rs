use std::time::Duration;

use super::{CONCURRENT_REQUESTS, Run};
use crate::batch::backend::JobBackend;
use crate::batch::report::JobRecord;
use crate::batch::state::Event;
use crate::jobs::{Job, JobStatus};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::parallel::in_parallel;

/// Number of attempts in a run to read the cost and the failure reason of an ended job.
const MAX_ATTEMPTS: u32 = 5;
/// Pause after the first attempt, doubled each time.
const PAUSE: Duration = Duration::from_secs(5);

/// Failed attempts to read the cost and the failure reason of a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedReads {
    count: u32,
    /// Time of the next attempt.
    next: Duration,
}

impl Run<'_> {
    /// Reads the costs of the jobs that have ended, and why some failed, and calls the function set
    /// by `on_finished`.
    pub(super) fn finalize(&mut self) -> Result<()> {
        let now = self.clock.now();
        let is_due = |item: &usize| {
            self.unfinalized.get(item).is_none_or(|tries| tries.count < MAX_ATTEMPTS && now >= tries.next)
        };
        let phases = self.state.phases().iter().enumerate();
        let unfinalized = phases.filter(|(_, phase)| phase.is_unfinalized()).map(|(item, _)| item);
        let unfinalized: Vec<usize> = unfinalized.filter(is_due).collect();
        let (service, state, tries) = (self.service, &self.state, &self.unfinalized);
        let finalized = in_parallel(&unfinalized, CONCURRENT_REQUESTS, |item| {
            let is_last = tries.get(item).is_some_and(|tries| tries.count + 1 == MAX_ATTEMPTS);
            ended(service, *item, state.phase(*item).job()?, is_last)
        });
        self.record(finalized.into_iter().flatten().collect())?;
        for item in unfinalized {
            match self.state.phase(item).is_unfinalized() {
                true => self.retry_later(item, now),
                false => drop(self.unfinalized.remove(&item)),
            }
            self.report(item);
        }
        Ok(())
    }

    /// Returns whether the cost of an ended job will be requested again.
    pub(super) fn is_finalizing(&self) -> bool {
        let has_attempts_left = |(item, tries): (&usize, &FailedReads)| {
            tries.count < MAX_ATTEMPTS && self.state.phase(*item).is_unfinalized()
        };
        self.unfinalized.iter().any(has_attempts_left)
    }

    fn retry_later(&mut self, item: usize, now: Duration) {
        let tries = self.unfinalized.entry(item).or_insert(FailedReads { count: 0, next: now });
        tries.next = now + PAUSE * (1 << tries.count.min(MAX_ATTEMPTS));
        tries.count += 1;
    }

    fn report(&mut self, item: usize) {
        if self.state.is_excluded(item) {
            return;
        }
        let (phase, parameters) = (self.state.phase(item), &self.items[item].parameters);
        // The record is incomplete while the cost cannot be read.
        if let (Some(hook), false) = (&self.policy.on_finished, phase.is_unfinalized()) {
            hook(&JobRecord::new(self.indices[item], parameters, phase, None));
        }
        if self.policy.limits.stops_on_failure() && !phase.has_succeeded() {
            self.state.stop_sending(self.stopped_by(item));
        }
    }
}

/// Returns the cost and the failure reason of a job that has ended; `None` if they cannot be read
/// now. On the last attempt, a value that the platform does not report counts as unknown.
fn ended(service: &dyn JobBackend, item: usize, job: &Job, is_last: bool) -> Option<Event> {
    let may_come = |error: &Error| !is_last || error.kind() == ErrorKind::Network;
    // Tasks that succeeded are paid even if a later one failed.
    let credits = match service.credits(&job.id) {
        Ok(credits) => credits,
        Err(error) if may_come(&error) => return None,
        Err(_) => None,
    };
    let reason = match &job.status {
        JobStatus::Succeeded => None,
        status if !status.is_terminal() => {
            Some(format!("the platform does not know the job any more; it was {status} when last seen"))
        }
        status => Some(match service.reason(job) {
            Ok(reason) => reason,
            Err(error) if may_come(&error) => return None,
            Err(error) => format!("the job is {status}, and its logs cannot be read: {error}"),
        }),
    };
    Some(Event::Finalized { item, credits, reason })
}
