//! Where each job of a batch stands.
//!
//! Invariants:
//! - an item is submitted at most once; only a refusal that proves that nothing was
//!   created lets it be submitted again;
//! - the jobs that are, or may be, unfinished on the platform never exceed the limit;
//! - an item whose answer was lost is looked for, and never submitted again by itself;
//!   one that is not found gives its slot back, so that the others still run: if its
//!   job exists after all, the platform counts it and says that the project is full;
//! - time is a parameter.

use std::time::Duration;

use crate::error::Error;
use crate::jobs::{Job, JobId, JobStatus};

/// How long a full project is left alone before the next try.
const FULL: Duration = Duration::from_secs(5);
/// How often a lost answer is looked for: the list may lag behind the creation.
const LOOKS: u32 = 6;

/// What happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The item is about to be sent. Recorded before the request.
    Intent { item: usize },
    /// The platform answered with a job.
    Submitted { item: usize, job: Job },
    /// The project has no slot: nothing was created.
    Full { item: usize, now: Duration },
    /// The platform refused the item: nothing was created, and trying again is no use.
    Rejected { item: usize, error: Error },
    /// No answer: the job may exist.
    Lost { item: usize, error: Error },
    /// The platform told of a job.
    Seen { item: usize, job: Job },
    /// A lost item was looked for, and not found.
    NotFound { item: usize },
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Create the item's job.
    Submit(usize),
    /// Ask how the unfinished jobs stand, and look for the lost ones.
    Poll,
    /// Everything has ended.
    Finish,
}

/// Where one item stands.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Waiting,
    /// Between intent and answer.
    Sending,
    Lost {
        error: Error,
        looks: u32,
    },
    /// The last word on a lost item: it may exist, and the user has to look.
    Unproven {
        error: Error,
    },
    Rejected {
        error: Error,
    },
    Created(Box<Job>),
}

#[derive(Debug)]
pub(super) struct State {
    phases: Vec<Phase>,
    limit: usize,
    /// No submission before this time: the project was full.
    full_until: Duration,
}

impl State {
    pub(super) fn new(items: usize, limit: usize) -> Self {
        Self { phases: vec![Phase::Waiting; items], limit: limit.max(1), full_until: Duration::ZERO }
    }

    pub(super) fn phase(&self, item: usize) -> &Phase {
        &self.phases[item]
    }

    pub(super) fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// What to do at this time.
    pub(super) fn next(&self, now: Duration) -> Vec<Action> {
        let occupied = self.phases.iter().filter(|phase| phase.is_occupying()).count();
        let free = if now < self.full_until { 0 } else { self.limit.saturating_sub(occupied) };
        let waiting = self.phases.iter().enumerate().filter(|(_, phase)| matches!(phase, Phase::Waiting));
        let mut actions: Vec<_> = waiting.take(free).map(|(item, _)| Action::Submit(item)).collect();
        if self.phases.iter().any(Phase::is_open) {
            actions.push(Action::Poll);
        }
        if self.phases.iter().all(Phase::has_ended) {
            actions.push(Action::Finish);
        }
        actions
    }

    /// Takes an event in. One that does not fit the item's phase changes nothing.
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Intent { item } => self.change(item, |phase| match phase {
                Phase::Waiting => Some(Phase::Sending),
                _ => None,
            }),
            Event::Full { item, now } => {
                self.full_until = self.full_until.max(now + FULL);
                self.change(item, |phase| matches!(phase, Phase::Sending).then_some(Phase::Waiting));
            }
            Event::Rejected { item, error } => {
                self.change(item, |phase| {
                    matches!(phase, Phase::Sending).then_some(Phase::Rejected { error })
                });
            }
            Event::Lost { item, error } => {
                self.change(item, |phase| {
                    matches!(phase, Phase::Sending).then_some(Phase::Lost { error, looks: 0 })
                });
            }
            Event::NotFound { item } => self.change(item, |phase| match phase {
                Phase::Lost { error, looks } if looks + 1 < LOOKS => {
                    Some(Phase::Lost { error: error.clone(), looks: looks + 1 })
                }
                Phase::Lost { error, .. } => Some(Phase::Unproven { error: error.clone() }),
                _ => None,
            }),
            Event::Submitted { item, job } | Event::Seen { item, job } => {
                self.change(item, |phase| match phase {
                    // The end is the end: a list that lags behind does not undo it.
                    Phase::Created(known) if known.id != job.id || known.status.is_terminal() => None,
                    Phase::Rejected { .. } | Phase::Waiting => None,
                    _ => Some(Phase::Created(Box::new(job))),
                })
            }
        }
    }

    fn change(&mut self, item: usize, to: impl FnOnce(&Phase) -> Option<Phase>) {
        if let Some(phase) = self.phases.get_mut(item)
            && let Some(next) = to(phase)
        {
            *phase = next;
        }
    }
}

impl Phase {
    pub(super) fn status(&self) -> Option<&JobStatus> {
        match self {
            Self::Created(job) => Some(&job.status),
            _ => None,
        }
    }

    pub(super) fn unfinished_id(&self) -> Option<&JobId> {
        match self {
            Self::Created(job) if !job.status.is_terminal() => Some(&job.id),
            _ => None,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Waiting | Self::Sending | Self::Lost { .. } => false,
            Self::Rejected { .. } | Self::Unproven { .. } => true,
            Self::Created(job) => job.status.is_terminal(),
        }
    }

    /// It holds, or may hold, one of the project's slots.
    fn is_occupying(&self) -> bool {
        match self {
            Self::Sending | Self::Lost { .. } => true,
            Self::Created(job) => !job.status.is_terminal(),
            Self::Waiting | Self::Rejected { .. } | Self::Unproven { .. } => false,
        }
    }

    /// The platform may know more about it.
    fn is_open(&self) -> bool {
        matches!(self, Self::Lost { .. }) || self.unfinished_id().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::{HashMap, HashSet};

    fn job(id: usize, status: &str) -> Job {
        Job::read(&json!({"id": id.to_string(), "status": status})).unwrap()
    }

    fn lost() -> Error {
        Error::new(ErrorKind::Network, "the connection broke")
    }

    #[test]
    fn a_slot_that_comes_free_is_filled_at_once() {
        let mut state = State::new(3, 2);
        assert_eq!(state.next(Duration::ZERO), [Action::Submit(0), Action::Submit(1)]);
        for item in 0..2 {
            state.apply(Event::Intent { item });
            state.apply(Event::Submitted { item, job: job(item, "NOT_STARTED") });
        }
        assert_eq!(state.next(Duration::ZERO), [Action::Poll]);
        state.apply(Event::Seen { item: 1, job: job(1, "SUCCEEDED") });
        assert_eq!(state.next(Duration::ZERO), [Action::Submit(2), Action::Poll]);
    }

    #[test]
    fn a_full_project_is_waited_out() {
        let mut state = State::new(1, 5);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Full { item: 0, now: Duration::from_secs(1) });
        assert_eq!(state.next(Duration::from_secs(2)), []);
        assert_eq!(state.next(Duration::from_secs(6)), [Action::Submit(0)]);
    }

    #[test]
    fn a_lost_answer_is_looked_for_and_never_sent_again() {
        let mut state = State::new(1, 1);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Lost { item: 0, error: lost() });
        for _ in 0..LOOKS {
            assert_eq!(state.next(Duration::ZERO), [Action::Poll]);
            state.apply(Event::NotFound { item: 0 });
        }
        assert_eq!(state.next(Duration::ZERO), [Action::Finish]);
        state.apply(Event::Seen { item: 0, job: job(7, "RUNNING") });
        assert_eq!(state.next(Duration::ZERO), [Action::Poll], "found after all");
    }

    #[test]
    fn an_unknown_status_is_not_the_end() {
        let mut state = State::new(1, 1);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Submitted { item: 0, job: job(0, "HIBERNATING") });
        assert_eq!(state.next(Duration::ZERO), [Action::Poll]);
    }

    proptest! {
        /// A platform that answers anything, or nothing: the limit holds, no item is
        /// created twice, and the batch ends.
        #[test]
        fn any_platform_is_served_within_the_limit(
            items in 1usize..20, limit in 1usize..6, answers in proptest::collection::vec(0u8..9, 50..400),
        ) {
            let mut state = State::new(items, limit);
            let mut created: HashMap<usize, &str> = HashMap::new();
            let mut hidden = HashSet::new();
            let mut sent = vec![0; items];
            let mut now = Duration::ZERO;
            let mut answers = answers.into_iter();
            let mut ended = false;
            for _ in 0..2000 {
                now += Duration::from_secs(1);
                for action in state.next(now) {
                    match action {
                        Action::Submit(item) => {
                            state.apply(Event::Intent { item });
                            match answers.next().unwrap_or(0) {
                                5 => state.apply(Event::Full { item, now }),
                                6 => state.apply(Event::Rejected { item, error: lost() }),
                                answer => {
                                    sent[item] += 1;
                                    created.insert(item, "RUNNING");
                                    match answer {
                                        7 => state.apply(Event::Lost { item, error: lost() }),
                                        8 => {
                                            hidden.insert(item);
                                            state.apply(Event::Lost { item, error: lost() });
                                        }
                                        _ => state.apply(Event::Submitted { item, job: job(item, "PENDING") }),
                                    }
                                }
                            }
                        }
                        Action::Poll => {
                            for (item, status) in &mut created {
                                if hidden.contains(item) {
                                    state.apply(Event::NotFound { item: *item });
                                    continue;
                                }
                                if answers.next().unwrap_or(0) == 0 {
                                    *status = "SUCCEEDED";
                                }
                                state.apply(Event::Seen { item: *item, job: job(*item, status) });
                            }
                        }
                        Action::Finish => ended = true,
                    }
                    let unfinished = created.iter().filter(|(item, status)| {
                        **status == "RUNNING" && !matches!(state.phase(**item), Phase::Unproven { .. })
                    });
                    prop_assert!(unfinished.count() <= limit);
                }
                if ended {
                    break;
                }
            }
            prop_assert!(ended);
            prop_assert!(sent.iter().all(|count| *count <= 1));
        }
    }
}
