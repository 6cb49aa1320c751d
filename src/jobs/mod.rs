//! Jobs of the platform's projects and workflows (API reference, 2 to 6).

mod asked;
mod block;
mod chain;
mod construct;
mod credits;
mod estimate;
mod job;
mod limits;
mod lists;
mod parallel;
mod parameters;
mod price;
mod problem;
mod project;
mod query;
mod rows;
mod schema;
mod settings;
mod status;
mod view;
mod workflow;

pub use block::Block;
pub use credits::{Credits, Durations, Price};
pub use estimate::{Estimate, EstimatedJob};
pub(crate) use job::JobsPage;
pub use job::{Job, JobId, JobMode};
pub(crate) use limits::place;
pub use parallel::ParallelParameters;
pub use parameters::JobParameters;
pub use project::Project;
pub use query::{GeometryOperation, JobQuery};
pub use settings::{ProjectSettings, Setting, Settings};
pub use status::JobStatus;
pub use workflow::{Task, Workflow};

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
