//! Events as rows of the journal.

use std::time::Duration;

use serde_json::{Value, json};

use crate::batch::state::Event;
use crate::jobs::Job;
use up42_core::error::{Error, ErrorKind};

/// Returns the kind of an event and its other fields.
pub(super) fn write(event: &Event) -> (&'static str, Value) {
    match event {
        Event::Estimated { lasts, .. } => ("estimated", moment(*lasts)),
        Event::Intent { at, .. } => ("intent", moment(*at)),
        Event::Submitted { job, .. } => ("submitted", job.to_json()),
        Event::Deferred { at, .. } => ("deferred", moment(*at)),
        Event::Rejected { error, .. } => ("rejected", failure(error)),
        Event::Lost { error, at, .. } => {
            let mut data = failure(error);
            data["ms"] = moment(*at)["ms"].take();
            ("lost", data)
        }
        Event::Seen { job, .. } => ("seen", job.to_json()),
        Event::Gone { .. } => ("gone", Value::Null),
        Event::Absent { .. } => ("absent", Value::Null),
        Event::Unproven { .. } => ("unproven", Value::Null),
        Event::Finalized { credits, reason, .. } => ("told", json!({"credits": credits, "reason": reason})),
        Event::Retried { .. } => ("retried", Value::Null),
    }
}

/// Parses an event; `None` if no version of this crate has written it.
pub(super) fn read(item: usize, kind: &str, data: &str) -> Option<Event> {
    let data: Value = serde_json::from_str(data).ok()?;
    Some(match kind {
        "estimated" => Event::Estimated { item, lasts: at(&data)? },
        "intent" => Event::Intent { item, at: at(&data)? },
        "submitted" => Event::Submitted { item, job: Job::read(&data).ok()? },
        "deferred" => Event::Deferred { item, at: at(&data)? },
        "rejected" => Event::Rejected { item, error: error(&data)? },
        // Older journals have no time here: the time of the intent is used.
        "lost" => Event::Lost { item, at: at(&data).unwrap_or_default(), error: error(&data)? },
        "seen" => Event::Seen { item, job: Job::read(&data).ok()? },
        "gone" => Event::Gone { item },
        "absent" => Event::Absent { item },
        "unproven" => Event::Unproven { item },
        "told" => Event::Finalized {
            item,
            credits: data["credits"].as_i64(),
            reason: data["reason"].as_str().map(str::to_owned),
        },
        "retried" => Event::Retried { item },
        _ => return None,
    })
}

fn moment(at: Duration) -> Value {
    json!({"ms": at.as_millis() as u64})
}

fn at(data: &Value) -> Option<Duration> {
    data["ms"].as_u64().map(Duration::from_millis)
}

fn failure(error: &Error) -> Value {
    json!({"kind": error.kind().name(), "message": error.to_string()})
}

fn error(data: &Value) -> Option<Error> {
    Some(Error::new(ErrorKind::named(data["kind"].as_str()?)?, data["message"].as_str()?))
}
