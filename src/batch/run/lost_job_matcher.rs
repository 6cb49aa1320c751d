//! Matching of lost jobs in a list without names.
//!
//! A listed job with the same inputs that is not accounted for is the lost one, if it was created
//! after the request was sent and is the only such job. The clocks of two machines differ, so the
//! result is in doubt if the job is up to a day older, if there is a second one, or if there is a
//! job without inputs: then the absence of the job is not proven either.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::batch::backend::Mark;
use crate::jobs::{Job, JobId};

/// Largest clock difference at which a job counts as created after the request.
const SKEW: Duration = Duration::from_secs(10 * 60);
/// Largest clock skew, a wrong time zone included.
const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Default)]
pub(super) struct LostJobMatcher {
    /// Jobs that are accounted for.
    known: HashSet<JobId>,
    /// Jobs whose inputs the list contains.
    with_inputs: Vec<Job>,
    /// Creation times of the jobs whose inputs the list does not contain.
    without_inputs: Vec<Option<Duration>>,
}

/// Lost job: its inputs, and the time of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct LostJob<'a> {
    pub(super) inputs: &'a Map<String, Value>,
    pub(super) sent: Duration,
}

impl LostJobMatcher {
    pub(super) fn excluding(known: HashSet<JobId>) -> Self {
        Self { known, ..Self::default() }
    }

    pub(super) fn add(&mut self, mark: Mark, job: &Job) {
        // Pages may overlap: each job counts once.
        if !matches!(mark, Mark::Inputs | Mark::Hidden) || !self.known.insert(job.id.clone()) {
            return;
        }
        match mark {
            Mark::Inputs => self.with_inputs.push(job.clone()),
            _ => self.without_inputs.push(created(job)),
        }
    }

    /// Returns the job that the request created, if there is no doubt.
    pub(super) fn unique_match(&self, lost: LostJob) -> Option<Job> {
        match self.recent(lost).as_slice() {
            [(job, Some(true))] if created(job).is_none_or(|at| at + SKEW >= lost.sent) => {
                Some((*job).clone())
            }
            _ => None,
        }
    }

    /// Returns whether one of the jobs may have been created by the request.
    pub(super) fn may_match(&self, lost: LostJob) -> bool {
        !self.recent(lost).is_empty() || self.without_inputs.iter().any(|at| is_recent(*at, lost))
    }

    /// Returns the jobs that have, or may have, the same inputs, and whether this is certain.
    fn recent(&self, lost: LostJob) -> Vec<(&Job, Option<bool>)> {
        let jobs = self.with_inputs.iter().filter(|job| is_recent(created(job), lost));
        let alike = jobs.map(|job| (job, contains_inputs(lost.inputs, &job.inputs)));
        alike.filter(|(_, is_same)| *is_same != Some(false)).collect()
    }
}

fn is_recent(created: Option<Duration>, lost: LostJob) -> bool {
    created.is_none_or(|at| at + DAY >= lost.sent)
}

/// Returns the creation time since the Unix epoch, by the server's clock.
fn created(job: &Job) -> Option<Duration> {
    u64::try_from(job.created?.as_millisecond()).ok().map(Duration::from_millis)
}

/// Returns whether the inputs that a server reports contain the requested ones; it may have added
/// defaults. `None` if some are missing or in another form.
fn contains_inputs(sent: &Map<String, Value>, repeated: &Map<String, Value>) -> Option<bool> {
    let all: Vec<_> = sent
        .iter()
        .map(|(name, value)| repeated.get(name).and_then(|repeated| is_same(value, repeated)))
        .collect();
    match all.contains(&Some(false)) {
        true => Some(false),
        false => all.into_iter().collect::<Option<Vec<_>>>().map(|_| true),
    }
}

fn is_same(sent: &Value, repeated: &Value) -> Option<bool> {
    match (sent, repeated) {
        (Value::Object(sent), Value::Object(repeated)) => contains_inputs(sent, repeated),
        (Value::Array(sent), Value::Array(repeated)) if sent.len() == repeated.len() => {
            let all: Option<Vec<bool>> = sent.iter().zip(repeated).map(|(a, b)| is_same(a, b)).collect();
            all.map(|all| all.into_iter().all(|is_same| is_same))
        }
        (Value::Number(sent), Value::Number(repeated)) => Some(sent.as_f64() == repeated.as_f64()),
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => Some(sent == repeated),
        (Value::Array(_), Value::Array(_)) => Some(false),
        _ => (sent == repeated).then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SENT: Duration = Duration::from_secs(1_600_000_000);

    fn job(id: &str, seconds: i64, inputs: Value) -> Job {
        let at = jiff::Timestamp::from_second(SENT.as_secs() as i64 + seconds).unwrap();
        let json = json!({"id": id, "status": "RUNNING", "createdAt": at.to_string(), "inputs": inputs});
        Job::read(&json).unwrap()
    }

    fn matched(jobs: &[(&str, i64, Value)]) -> (Option<String>, bool) {
        let mut matcher = LostJobMatcher::excluding(HashSet::from(["ours".into()]));
        for (id, at, inputs) in jobs {
            let mark = if inputs.is_null() { Mark::Hidden } else { Mark::Inputs };
            matcher.add(mark, &job(id, *at, inputs.clone()));
        }
        let inputs = json!({"place": "Dakar", "size": 2}).as_object().cloned().unwrap();
        let lost = LostJob { inputs: &inputs, sent: SENT };
        (matcher.unique_match(lost).map(|job| job.id.to_string()), matcher.may_match(lost))
    }

    fn same() -> Value {
        json!({"size": 2.0, "place": "Dakar", "default": 7})
    }

    #[test]
    fn the_only_later_job_with_the_same_inputs_matches() {
        let other = json!({"place": "Thiès", "size": 2});
        assert_eq!(matched(&[("a", 1, same()), ("ours", 2, same()), ("b", 3, other)]).0.unwrap(), "a");
        assert_eq!(matched(&[("a", 1, same()), ("a", 1, same())]).0.unwrap(), "a", "it was listed twice");
        assert_eq!(matched(&[("a", -500, same())]).0.unwrap(), "a", "clocks differ");
        assert_eq!(matched(&[]), (None, false));
        assert_eq!(matched(&[("ours", 1, same())]), (None, false));
        assert_eq!(matched(&[("a", -90_000, same())]), (None, false), "that was another day");
    }

    #[test]
    fn an_ambiguous_match_is_undecided() {
        assert_eq!(matched(&[("a", 1, same()), ("b", 2, same())]), (None, true));
        assert_eq!(matched(&[("a", -3600, same())]), (None, true), "or is the clock an hour behind?");
        assert_eq!(matched(&[("a", 1, Value::Null)]), (None, true));
        assert_eq!(matched(&[("a", 1, json!({"place": "Dakar"}))]), (None, true), "it leaves some out");
        assert_eq!(matched(&[("a", 1, json!({"place": {"value": "Dakar"}, "size": 2}))]), (None, true));
        assert_eq!(matched(&[("ours", 1, Value::Null), ("b", -90_000, Value::Null)]), (None, false));
    }
}
