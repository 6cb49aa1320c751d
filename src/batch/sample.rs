//! Jobs with each outcome, for tests of displays.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::report::{BillingSummary, JobCollection, JobRecord, Outcome};
use crate::client::Client;
use crate::jobs::Job;
use up42_core::error::Error;

/// Returns the time that is `minute` minutes after the start of the batch.
pub(super) fn at(minute: i64) -> Timestamp {
    "2020-06-01T11:34:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

/// Returns seven jobs with a limit of two unfinished jobs and a spending limit of 2,000 credits; 40
/// more credits were paid for jobs that were retried.
pub(super) fn jobs() -> JobCollection {
    let by_block = |query: Value| Map::from_iter([("s2:1".to_owned(), query)]);
    let bbox =
        by_block(json!({"time": "2019-01-01T00:00:00Z/..", "limit": 2, "bbox": [-17.5, 14.6, -17.4, 14.8]}));
    let shape = json!({"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 5], [1, 5], [1, 2]]]});
    let shape = by_block(json!({"ids": ["S2A_1", "S2B_2"], "limit": 1, "intersects": shape}));
    let failed = Outcome::Failed { reason: "[s2:1]\nno image\n".into(), credits: Some(3) };
    let all = [
        ("Dakar", job("SUCCEEDED", [Some(0), Some(2), Some(12)]), Outcome::Succeeded { credits: Some(1250) }),
        ("Thiès", job("FAILED", [Some(0), Some(3), Some(6)]), failed),
        ("Mbour", None, Outcome::Rejected(Error::invalid("422: too large"))),
        ("Kaolack", None, Outcome::Unproven(Error::response("no answer"))),
        ("Touba", job("RUNNING", [Some(6), Some(9), None]), Outcome::Unfinished),
        ("Saly", job("PENDING", [Some(12), None, None]), Outcome::Unfinished),
        ("Podor", None, Outcome::Unfinished),
    ];
    let record = |(index, (label, job, outcome)): (usize, (&str, Option<Job>, Outcome))| {
        let inputs = if index == 1 { shape.clone() } else { bbox.clone() };
        JobRecord { index, label: label.into(), inputs, job, outcome }
    };
    let records = all.into_iter().enumerate().map(record).collect();
    let project = Client::simulator().unwrap().project().unwrap();
    let billing = BillingSummary { paid: Some(1293), max_credits: Some(2000), limit: Some(2) };
    let mut jobs =
        JobCollection::new(std::sync::Arc::new(project), "spring".into(), records).with_billing(billing);
    jobs.at = at(14);
    jobs
}

fn job(status: &str, times: [Option<i64>; 3]) -> Option<Job> {
    let [created, started, finished] = times.map(|minute| minute.map(|minute| at(minute).to_string()));
    let job = json!({
        "id": "31e82142-5823", "status": status, "createdAt": created, "startedAt": started,
        "finishedAt": finished,
    });
    Some(Job::read(&job).unwrap())
}
