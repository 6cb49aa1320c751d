//! Where each job of a batch stands.
//!
//! Invariants:
//! - an item is submitted at most once; only what proves that nothing was created lets
//!   it be submitted again;
//! - the jobs that are, or may be, unfinished on the platform never exceed the limit;
//! - an item whose answer was lost is looked for, and never submitted again by itself;
//!   one that is not found gives its slot back, so that the others still run: if its
//!   job exists after all, the platform counts it and says that the project is full;
//! - time is a parameter.

use std::time::Duration;

use crate::error::Error;
use crate::jobs::{Job, JobId, JobStatus};

/// How long submissions rest when the project is full or cannot be reached.
const REST: Duration = Duration::from_secs(5);
/// How long a lost answer is looked for: the list may lag behind the creation.
const LOOK_FOR: Duration = Duration::from_secs(60);
/// How often a job may be unknown to the platform until it counts as gone.
const MISSES: u32 = 6;

/// What happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The item is about to be sent. Recorded before the request.
    Intent { item: usize },
    /// The platform answered with a job.
    Submitted { item: usize, job: Job },
    /// Nothing was created, and later it may be: the project had no slot, or the
    /// request never left.
    Deferred { item: usize, now: Duration },
    /// The platform refused the item: nothing was created, and trying again is no use.
    Rejected { item: usize, error: Error },
    /// What refused one item will refuse all: none is sent any more.
    Stopped { error: Error },
    /// No answer: the job may exist.
    Lost { item: usize, error: Error, now: Duration },
    /// The platform told of a job.
    Seen { item: usize, job: Job },
    /// The platform does not know an item's job: a lost one not yet, or a created one
    /// not any more.
    NotFound { item: usize, now: Duration },
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
        since: Duration,
    },
    /// The last word on a lost item: it may exist, and the user has to look.
    Unproven {
        error: Error,
    },
    Rejected {
        error: Error,
    },
    /// The batch was stopped before its turn.
    Unsent {
        error: Error,
    },
    Created {
        job: Box<Job>,
        /// How often in a row the platform did not know it.
        misses: u32,
    },
}

#[derive(Debug)]
pub(super) struct State {
    phases: Vec<Phase>,
    limit: usize,
    /// No submission before this time.
    rest_until: Duration,
}

impl State {
    pub(super) fn new(items: usize, limit: usize) -> Self {
        Self { phases: vec![Phase::Waiting; items], limit: limit.max(1), rest_until: Duration::ZERO }
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
        let free = if now < self.rest_until { 0 } else { self.limit.saturating_sub(occupied) };
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
            Event::Deferred { item, now } => {
                self.rest_until = self.rest_until.max(now + REST);
                self.change(item, |phase| matches!(phase, Phase::Sending).then_some(Phase::Waiting));
            }
            Event::Rejected { item, error } => {
                self.change(item, |phase| {
                    matches!(phase, Phase::Sending).then_some(Phase::Rejected { error })
                });
            }
            Event::Stopped { error } => {
                for phase in self.phases.iter_mut().filter(|phase| matches!(phase, Phase::Waiting)) {
                    *phase = Phase::Unsent { error: error.clone() };
                }
            }
            Event::Lost { item, error, now } => {
                self.change(item, |phase| {
                    matches!(phase, Phase::Sending).then_some(Phase::Lost { error, since: now })
                });
            }
            Event::NotFound { item, now } => self.change(item, |phase| match phase {
                Phase::Lost { error, since } if now >= *since + LOOK_FOR => {
                    Some(Phase::Unproven { error: error.clone() })
                }
                Phase::Created { job, misses } if !phase.has_ended() => {
                    Some(Phase::Created { job: job.clone(), misses: misses + 1 })
                }
                _ => None,
            }),
            Event::Submitted { item, job } | Event::Seen { item, job } => {
                self.change(item, |phase| match phase {
                    // The end is the end: a list that lags behind does not undo it.
                    Phase::Created { job: known, .. } if known.id != job.id || known.status.is_terminal() => {
                        None
                    }
                    Phase::Rejected { .. } | Phase::Unsent { .. } | Phase::Waiting => None,
                    _ => Some(Phase::Created { job: Box::new(job), misses: 0 }),
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
    pub(super) fn job(&self) -> Option<&Job> {
        match self {
            Self::Created { job, .. } => Some(job),
            _ => None,
        }
    }

    pub(super) fn status(&self) -> Option<&JobStatus> {
        self.job().map(|job| &job.status)
    }

    pub(super) fn unfinished_id(&self) -> Option<&JobId> {
        self.job().filter(|_| !self.has_ended()).map(|job| &job.id)
    }

    /// The job may exist, and is not known.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Unproven { .. })
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Waiting | Self::Sending | Self::Lost { .. } => false,
            Self::Rejected { .. } | Self::Unsent { .. } | Self::Unproven { .. } => true,
            Self::Created { job, misses } => job.status.is_terminal() || *misses >= MISSES,
        }
    }

    /// It holds, or may hold, one of the project's slots.
    fn is_occupying(&self) -> bool {
        match self {
            Self::Sending | Self::Lost { .. } => true,
            Self::Created { .. } => !self.has_ended(),
            Self::Waiting | Self::Rejected { .. } | Self::Unsent { .. } | Self::Unproven { .. } => false,
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
        state.apply(Event::Deferred { item: 0, now: Duration::from_secs(1) });
        assert_eq!(state.next(Duration::from_secs(2)), []);
        assert_eq!(state.next(Duration::from_secs(6)), [Action::Submit(0)]);
    }

    #[test]
    fn a_lost_answer_is_looked_for_and_never_sent_again() {
        let mut state = State::new(2, 1);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Lost { item: 0, error: lost(), now: Duration::ZERO });
        for second in 0..=60 {
            let now = Duration::from_secs(second);
            assert_eq!(state.next(now), [Action::Poll], "it may hold the only slot");
            state.apply(Event::NotFound { item: 0, now });
        }
        let now = LOOK_FOR;
        assert_eq!(state.next(now), [Action::Submit(1)]);
        state.apply(Event::Seen { item: 0, job: job(7, "RUNNING") });
        assert_eq!(state.next(now), [Action::Poll], "found after all");
    }

    #[test]
    fn what_stops_the_batch_leaves_created_jobs_running() {
        let mut state = State::new(3, 2);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Submitted { item: 0, job: job(0, "PENDING") });
        state.apply(Event::Intent { item: 1 });
        state.apply(Event::Rejected { item: 1, error: lost() });
        state.apply(Event::Stopped { error: lost() });
        assert!(matches!(state.phase(2), Phase::Unsent { .. }));
        assert_eq!(state.next(Duration::ZERO), [Action::Poll]);
        state.apply(Event::Seen { item: 0, job: job(0, "SUCCEEDED") });
        assert_eq!(state.next(Duration::ZERO), [Action::Finish]);
    }

    #[test]
    fn a_job_that_the_platform_forgot_does_not_last_for_ever() {
        let mut state = State::new(1, 1);
        state.apply(Event::Intent { item: 0 });
        state.apply(Event::Submitted { item: 0, job: job(0, "RUNNING") });
        for miss in 0..MISSES {
            assert_eq!(state.next(Duration::ZERO), [Action::Poll], "after {miss} misses");
            state.apply(Event::NotFound { item: 0, now: Duration::ZERO });
        }
        assert_eq!(state.next(Duration::ZERO), [Action::Finish]);
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
                                5 => state.apply(Event::Deferred { item, now }),
                                6 => state.apply(Event::Rejected { item, error: lost() }),
                                answer => {
                                    sent[item] += 1;
                                    created.insert(item, "RUNNING");
                                    match answer {
                                        7 => state.apply(Event::Lost { item, error: lost(), now }),
                                        8 => {
                                            hidden.insert(item);
                                            state.apply(Event::Lost { item, error: lost(), now });
                                        }
                                        _ => state.apply(Event::Submitted { item, job: job(item, "PENDING") }),
                                    }
                                }
                            }
                        }
                        Action::Poll => {
                            for (item, status) in &mut created {
                                if hidden.contains(item) {
                                    state.apply(Event::NotFound { item: *item, now });
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
