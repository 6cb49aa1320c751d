//! State of a processing job (`docs/up42-api.md`, 13, `JobV2`).

use serde_json::{Map, Value};

use crate::client::{optional, required};
use crate::jobs::{Job, JobStatus};
use up42_core::error::Result;
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

pub(super) fn read(json: &Value) -> Result<Job> {
    let instant = |field| parse_timestamp(&optional(json, field)?);
    let mut job = Job::new(required(json, "jobID")?, status(&required(json, "status")?));
    job.inputs = inputs(json);
    job.name = job.inputs.get("title").and_then(Value::as_str).map(str::to_owned);
    job.created = instant("created");
    job.started = instant("started");
    job.finished = instant("finished");
    job.workflow_id = optional(json, "processID");
    Ok(job)
}

fn inputs(json: &Value) -> Map<String, Value> {
    json.pointer("/definition/inputs").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Statuses of the platform. `failed` becomes `released`, which changes only the credits;
/// `successful` is final today, and `captured` may follow it.
pub(crate) const STATUSES: [(&str, JobStatus); 12] = [
    ("created", JobStatus::NotStarted),
    ("licensed", JobStatus::Pending),
    ("valid", JobStatus::Pending),
    ("accepted", JobStatus::Pending),
    ("running", JobStatus::Running),
    ("successful", JobStatus::Succeeded),
    ("captured", JobStatus::Succeeded),
    ("failed", JobStatus::Failed),
    ("released", JobStatus::Failed),
    ("unlicensed", JobStatus::Rejected),
    ("invalid", JobStatus::Rejected),
    ("rejected", JobStatus::Rejected),
];

fn status(word: &str) -> JobStatus {
    JobStatus::of_word(&STATUSES, word)
}

/// Returns the reason why the job has no results.
pub(super) fn reason(json: &Value) -> String {
    let word = json.get("status").and_then(Value::as_str).unwrap_or("unknown");
    let errors = json.pointer("/results/errors").and_then(Value::as_array).into_iter().flatten();
    let messages: Vec<String> = errors
        .map(|error| {
            let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or_default();
            sanitize(&format!("{}: {}", text("name"), text("message")), 1000)
        })
        .collect();
    let messages = if messages.is_empty() { String::new() } else { format!(": {}", messages.join("; ")) };
    match word {
        "unlicensed" => {
            format!("its licence is not accepted: accept it on the platform's web page{messages}")
        }
        "invalid" => format!("the platform refused its inputs{messages}"),
        "rejected" => format!("the platform refused it, mostly since the balance is too low{messages}"),
        // `released` means that the credits of a failed job were released.
        "failed" | "released" => format!("the process failed{messages}"),
        other => format!("the job is {}{messages}", sanitize(other, 80)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_read_from_the_json_of_the_platform() {
        let json = json!({
            "processID": "pansharpening", "jobID": "a", "accountID": "b", "workspaceID": null, "status": "released",
            "definition": {"inputs": {"title": "Dakar | batch_0_k_r", "item": "https://h/i"}},
            "results": {"errors": [{"name": "MissingPanchromaticAsset", "message": "no band"}]},
            "created": "2024-06-01T12:00:00.123123456Z", "started": null, "finished": null, "updated": "2024-06-01T12:00:00Z",
        });
        let job = read(&json).unwrap();
        assert_eq!(
            (job.status.clone(), job.name.as_deref()),
            (JobStatus::Failed, Some("Dakar | batch_0_k_r"))
        );
        assert!(job.created.is_some() && job.started.is_none());
        assert_eq!(reason(&json), "the process failed: MissingPanchromaticAsset: no band");
        assert_eq!(status("paused").to_string(), "paused");
        for word in ["unlicensed", "invalid", "rejected", "captured", "successful"] {
            assert!(status(word).is_terminal(), "{word}");
        }
    }
}
