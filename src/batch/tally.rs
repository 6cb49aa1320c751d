//! Number of jobs in each state, for progress lines, cards, charts and lists.

use std::collections::HashMap;

use super::report::{JobCollection, JobRecord, Outcome};
use super::state::{Phase, State};
use crate::jobs::JobStatus;
use up42_view::elements::StatusKind;

/// State of a job as shown to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum JobState<'a> {
    /// No job is known yet: the request was not sent, or there is no response.
    ToCome,
    /// The batch was stopped before the job was sent.
    Unsent,
    /// The response was lost, and the job was not found: it may exist.
    Unproven,
    /// The platform no longer knows the job.
    Gone,
    /// The status of the job; a refused request counts as a rejected job.
    Job(&'a JobStatus),
}

impl JobState<'_> {
    pub(super) fn has_ended(self) -> bool {
        match self {
            Self::ToCome | Self::Unsent => false,
            Self::Unproven | Self::Gone => true,
            Self::Job(status) => status.is_terminal(),
        }
    }

    pub(super) fn has_succeeded(self) -> bool {
        self == Self::Job(&JobStatus::Succeeded)
    }

    pub(super) fn status_kind(self) -> StatusKind {
        match self {
            Self::ToCome => StatusKind::Waiting,
            Self::Unsent => StatusKind::Failed,
            Self::Unproven | Self::Gone => StatusKind::Neutral,
            Self::Job(status) => status.status_kind(),
        }
    }

    pub(super) fn word(self) -> String {
        match self {
            Self::ToCome => "to come".into(),
            Self::Unsent => "not sent".into(),
            Self::Unproven => "unproven".into(),
            Self::Gone => "gone".into(),
            Self::Job(status) => status.to_string(),
        }
    }
}

impl Phase {
    fn job_state(&self) -> JobState<'_> {
        match self {
            Self::Waiting | Self::Sending { .. } | Self::Lost { .. } => JobState::ToCome,
            Self::Unproven { .. } => JobState::Unproven,
            Self::Rejected { .. } => JobState::Job(&JobStatus::Rejected),
            Self::Created(created) if created.is_missing() => JobState::Gone,
            Self::Created(created) => JobState::Job(&created.job.status),
        }
    }
}

impl JobRecord {
    pub(super) fn job_state(&self) -> JobState<'_> {
        match (&self.outcome, &self.job) {
            (Outcome::Succeeded { .. }, _) => JobState::Job(&JobStatus::Succeeded),
            (Outcome::Rejected(_), _) => JobState::Job(&JobStatus::Rejected),
            (Outcome::Unsent(_), _) => JobState::Unsent,
            (Outcome::Unproven(_), _) => JobState::Unproven,
            (Outcome::Failed { .. }, Some(job)) if job.status.is_terminal() => JobState::Job(&job.status),
            (Outcome::Failed { .. }, _) => JobState::Gone,
            (Outcome::Unfinished, Some(job)) => JobState::Job(&job.status),
            (Outcome::Unfinished, None) => JobState::ToCome,
        }
    }
}

/// Number of jobs in each state.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    counts: HashMap<JobState<'a>, usize>,
}

impl<'a> FromIterator<JobState<'a>> for Tally<'a> {
    fn from_iter<I: IntoIterator<Item = JobState<'a>>>(jobs: I) -> Self {
        let mut counts = HashMap::new();
        for job_state in jobs {
            *counts.entry(job_state).or_default() += 1;
        }
        Self { counts }
    }
}

impl State {
    pub(super) fn tally(&self) -> Tally<'_> {
        self.phases().iter().map(Phase::job_state).collect()
    }
}

impl JobCollection {
    pub(super) fn tally(&self) -> Tally<'_> {
        self.iter().map(JobRecord::job_state).collect()
    }
}

/// Order of the parts: succeeded jobs first, jobs with problems last.
const ORDER: [StatusKind; 5] =
    [StatusKind::Ok, StatusKind::Running, StatusKind::Waiting, StatusKind::Failed, StatusKind::Neutral];

impl<'a> Tally<'a> {
    fn count(&self, is_meant: impl Fn(JobState<'a>) -> bool) -> usize {
        self.counts.iter().filter(|(job_state, _)| is_meant(**job_state)).map(|(_, count)| count).sum()
    }

    pub(super) fn total(&self) -> usize {
        self.count(|_| true)
    }

    pub(super) fn ended(&self) -> usize {
        self.count(JobState::has_ended)
    }

    pub(super) fn succeeded(&self) -> usize {
        self.count(JobState::has_succeeded)
    }

    /// Returns the number of jobs that ended without results.
    pub(super) fn failed(&self) -> usize {
        self.ended() - self.succeeded()
    }

    pub(super) fn running(&self) -> usize {
        self.count(|job_state| job_state == JobState::Job(&JobStatus::Running))
    }

    /// Returns the number of items without a known job that have not ended.
    pub(super) fn to_come(&self) -> usize {
        self.count(|job_state| matches!(job_state, JobState::ToCome | JobState::Unsent))
    }

    /// Returns the statuses that are unknown to this version, in the platform's words, with the
    /// number of jobs in each.
    pub(super) fn unknown(&self) -> Vec<(&'a str, usize)> {
        let unknown = self.counts.iter().filter_map(|(job_state, count)| match job_state {
            JobState::Job(JobStatus::Unknown(word)) => Some((word.as_str(), *count)),
            _ => None,
        });
        let mut unknown: Vec<_> = unknown.collect();
        unknown.sort_unstable();
        unknown
    }

    /// Returns the states that jobs have, with the number of jobs in each.
    pub(super) fn parts(&self) -> Vec<(StatusKind, String, usize)> {
        let rank = |kind: StatusKind| ORDER.iter().position(|one| *one == kind);
        let parts =
            self.counts.iter().map(|(job_state, count)| (job_state.status_kind(), job_state.word(), *count));
        let mut parts: Vec<_> = parts.collect();
        parts.sort_by(|a, b| rank(a.0).cmp(&rank(b.0)).then(b.2.cmp(&a.2)).then(a.1.cmp(&b.1)));
        parts
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use std::time::Duration;

    use super::super::sample;
    use super::*;
    use crate::batch::state::Event;
    use crate::jobs::{Job, JobParameters};
    use up42_core::error::Error;

    fn summary(tally: &Tally<'_>) -> String {
        let parts = tally.parts().into_iter().map(|(_, word, count)| format!("{count} {word}"));
        parts.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn successes_come_first_and_failures_last() {
        let jobs = sample::jobs();
        let expected = "1 succeeded, 1 running, 1 queued, 1 to come, 1 failed, 1 rejected, 1 unproven";
        assert_eq!(summary(&jobs.tally()), expected);
    }

    /// Progress lines and the collection count the same jobs.
    #[test]
    fn counts_of_the_state_and_of_its_records_are_equal() {
        let mut state = State::new(9, 9, Duration::ZERO);
        let intent = |item| Event::Intent { item, at: Duration::ZERO };
        (1..9).for_each(|item| assert!(state.apply(&intent(item))));
        let statuses = ["SUCCEEDED", "FAILED", "RUNNING", "PENDING", "HIBERNATING", "RUNNING"];
        for (item, status) in (1..).zip(statuses) {
            let job = serde_json::json!({"id": item.to_string(), "status": status});
            state.apply(&Event::Submitted { item, job: Job::read(&job).unwrap() });
        }
        let error = Error::invalid("422: too large");
        state.apply(&Event::Rejected { item: 7, error: error.clone() });
        state.apply(&Event::Lost { item: 8, at: Duration::ZERO, error });
        state.apply(&Event::Unproven { item: 8 });
        state.apply(&Event::Gone { item: 6 });
        let parameters = JobParameters { label: "x".into(), inputs: Default::default() };
        let record = |(index, phase)| JobRecord::new(index, &parameters, phase, None);
        let records = state.phases().iter().enumerate().map(record).collect();
        let jobs = sample::jobs().with_records(records);
        let tally = state.tally();
        let expected = "1 succeeded, 1 running, 1 queued, 1 to come, 1 failed, 1 rejected, 1 HIBERNATING, 1 gone, 1 unproven";
        assert_eq!((summary(&tally), summary(&jobs.tally())), (expected.to_owned(), expected.to_owned()));
        assert_eq!((tally.total(), tally.ended(), tally.succeeded(), tally.failed()), (9, 5, 1, 4));
        assert_eq!((tally.running(), tally.to_come(), tally.unknown()), (1, 1, vec![("HIBERNATING", 1)]));
        let ended = state.phases().iter().filter(|phase| phase.has_ended()).count();
        assert_eq!((ended, jobs.succeeded()), (5, 1));
    }
}
