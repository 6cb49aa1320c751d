//! Jobs of the platform's projects and workflows (API reference, 2 to 6).

mod asked;
mod block;
mod chain;
mod compatible;
mod construct;
mod credits;
mod estimate;
mod filter;
mod handle;
mod history;
mod history_view;
mod id;
mod job;
mod job_task;
mod job_view;
mod limits;
mod lists;
mod logs;
mod manifest;
mod outline;
mod parallel;
mod parameter;
mod parameters;
mod price;
mod problem;
mod project;
mod query;
mod quicklooks;
mod rows;
mod schema;
mod settings;
mod status;
mod task;
mod view;
mod workflow;

pub use block::Block;
pub use credits::{Credits, Durations, Price};
pub use estimate::{Estimate, EstimatedJob};
pub use filter::JobFilter;
pub use handle::ProjectJob;
pub use history::{CreditEntry, CreditHistory};
pub(crate) use job::JobsPage;
pub use job::{Job, JobId, JobMode};
pub use job_task::JobTask;
pub(crate) use limits::place;
pub use logs::{JobLogs, TaskLog};
pub use manifest::Manifest;
pub use parallel::ParallelParameters;
pub use parameter::{ParameterInfo, ParametersInfo};
pub use parameters::JobParameters;
pub use project::Project;
pub use query::{GeometryOperation, JobQuery};
pub use quicklooks::{JobQuicklook, JobQuicklooks};
pub use settings::{ProjectSettings, Setting, Settings};
pub use status::JobStatus;
pub use task::Task;
pub use workflow::Workflow;

use serde_json::Value;

use crate::error::{Error, Result};

/// A text field that the platform promises.
fn required(json: &Value, field: &str) -> Result<String> {
    let text = json.get(field).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| Error::response(format!("`{field}` is missing")))
}

/// A text field that may be missing or null.
fn optional(json: &Value, field: &str) -> Option<String> {
    json.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number of credits that the platform promises; some servers write `12.0`.
fn whole(json: &Value, field: &str) -> Result<i64> {
    let credits = json.get(field);
    let credits = credits.and_then(|one| one.as_i64().or_else(|| one.as_f64().map(|one| one as i64)));
    credits.ok_or_else(|| Error::response(format!("`{field}` is missing")))
}
