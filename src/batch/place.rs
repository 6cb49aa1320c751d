//! Creation of the jobs of a batch without waiting for their end.

use super::batch::Batch;
use super::locked_run::{RunOutput, Task};
use super::state::{Phase, State};
use crate::jobs::Job;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::wait::SystemClock;

/// Result of creating a job.
#[derive(Clone, Debug)]
pub(crate) enum Placement {
    /// The job was created by this run.
    Created(Job),
    /// The job existed before; nothing was paid.
    Existing(Job),
    /// No job exists, and nothing was paid.
    Refused(Error),
    /// The response was lost; the job may exist.
    Lost(Error),
}

impl Batch {
    /// Creates the jobs, each once, and returns the result for each, in the order of the
    /// parameters.
    pub(crate) fn place(&self) -> Result<Vec<Placement>> {
        let place = || -> Result<Vec<Placement>> {
            match self.run_locked(&SystemClock::default(), Task::Place, None)? {
                Some(RunOutput { items, result, .. }) => {
                    let shown = self.shown(&items, &result.state);
                    let of = |item: usize| placement(&result.state, item, result.found.contains(&item));
                    Ok(shown.into_iter().map(of).collect())
                }
                // Another program ran the batch until the deadline.
                None => {
                    let (items, state, _) = self.state_in_journal()?;
                    let shown = self.shown(&items, &state);
                    Ok(shown.into_iter().map(|item| placement(&state, item, true)).collect())
                }
            }
        };
        place().with_context(|| self.description())
    }
}

fn placement(state: &State, item: usize, was_there: bool) -> Placement {
    match state.phase(item) {
        Phase::Created(created) if was_there => Placement::Existing(created.job.clone()),
        Phase::Created(created) => Placement::Created(created.job.clone()),
        Phase::Rejected { error } => Placement::Refused(error.clone()),
        Phase::Lost { error, .. } | Phase::Unproven { error } => Placement::Lost(error.clone()),
        Phase::Sending { .. } => {
            Placement::Lost(Error::new(ErrorKind::Network, "another program waits for its answer"))
        }
        Phase::Waiting => Placement::Refused(state.stop().cloned().unwrap_or_else(|| {
            Error::new(ErrorKind::Busy, "it was not sent before the timeout: place the plan again")
        })),
    }
}
