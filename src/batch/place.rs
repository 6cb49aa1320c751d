//! Creating the jobs of a batch without waiting for their ends.

use super::batch::Batch;
use super::locked_run::{Driven, Task};
use super::state::{Phase, State};
use crate::jobs::Job;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::wait::SystemClock;

/// What came of creating a job.
#[derive(Clone, Debug)]
pub(crate) enum Placement {
    /// It was created now.
    Created(Job),
    /// It was there before: nothing was paid.
    Existing(Job),
    /// There is none, and nothing was paid.
    Refused(Error),
    /// The answer was lost: it may exist.
    Lost(Error),
}

impl Batch {
    /// Creates the jobs, each once, and says what came of each, in the order of the
    /// parameters.
    pub(crate) fn place(&self) -> Result<Vec<Placement>> {
        let place = || -> Result<Vec<Placement>> {
            match self.driven(&SystemClock::default(), Task::Place, None)? {
                Some(Driven { items, left, .. }) => {
                    let shown = self.shown(&items, &left.state);
                    let of = |item: usize| placement(&left.state, item, left.found.contains(&item));
                    Ok(shown.into_iter().map(of).collect())
                }
                // Another program places them, for longer than the deadline.
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
            Error::new(ErrorKind::Busy, "it was not sent before the deadline: place the plan again")
        })),
    }
}
