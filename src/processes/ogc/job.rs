//! Job status of the standard (1.0, 7.12, `statusInfo`).

use serde_json::{Map, Value};

use crate::client::{optional, required};
use crate::jobs::{Job, JobStatus};
use up42_core::error::Result;
use up42_core::time::parse_timestamp;

/// Members in which servers repeat a job's inputs; the standard defines none.
const INPUTS: [&str; 4] = ["inputs", "request", "parameters", "execute"];

pub(super) fn read(json: &Value) -> Result<Job> {
    let instant = |field| parse_timestamp(&optional(json, field)?);
    let mut job = Job::new(required(json, "jobID")?, status(&required(json, "status")?));
    job.created = instant("created");
    job.started = instant("started");
    job.finished = instant("finished");
    let progress = json.get("progress").and_then(Value::as_f64);
    job.progress = progress.map(|percent| percent.clamp(0.0, 100.0) as u8);
    job.workflow_id = optional(json, "processID");
    job.inputs = INPUTS.iter().find_map(|name| inputs(json.get(*name)?)).unwrap_or_default();
    Ok(job)
}

/// Reads inputs, or an execute request that contains them; some servers send them as JSON text.
fn inputs(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::String(text) => inputs(&serde_json::from_str(text).ok()?),
        Value::Object(members) => match members.get("inputs") {
            Some(Value::Object(inputs)) => Some(inputs.clone()),
            _ => Some(members.clone()),
        },
        _ => None,
    }
}

/// Statuses of the standard.
pub(crate) const STATUSES: [(&str, JobStatus); 5] = [
    ("accepted", JobStatus::Pending),
    ("running", JobStatus::Running),
    ("successful", JobStatus::Succeeded),
    ("failed", JobStatus::Failed),
    ("dismissed", JobStatus::Cancelled),
];

fn status(word: &str) -> JobStatus {
    JobStatus::of_word(&STATUSES, word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_read_from_the_json_of_the_server() {
        let job = read(&json!({
            "jobID": "a", "processID": "hello-world", "type": "process", "status": "running", "progress": 95,
            "created": "2026-11-22T10:00:00.123456Z", "started": "2026-11-22T10:00:01Z", "finished": null,
            "parameters": {"name": "Dakar"},
        }));
        let job = job.unwrap();
        assert_eq!((job.status.clone(), job.progress), (JobStatus::Running, Some(95)));
        assert!(job.created.is_some() && job.finished.is_none() && job.inputs["name"] == "Dakar");
        assert_eq!(read(&json!({"jobID": "a", "status": "paused"})).unwrap().status.to_string(), "paused");
        assert!(read(&json!({"status": "running"})).is_err());
        let forms = [json!({"inputs": {"a": 1}}), json!("{\"inputs\": {\"a\": 1}}"), json!({"a": 1})];
        assert!(forms.iter().all(|one| inputs(one).unwrap()["a"] == 1));
        assert_eq!(inputs(&Value::Null), None);
    }
}
