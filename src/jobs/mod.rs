//! Jobs of projects and workflows (`docs/up42-api.md`, 2 to 6).
//!
//! - [`Project`], [`Workflow`], [`Block`], [`Task`]: where jobs are created.
//! - [`ParallelParameters`], [`JobParameters`]: parameters of many jobs, from places and dates or
//!   from a DataFrame.
//! - [`Estimate`], [`Price`]: costs before anything runs.
//! - [`Job`], [`ProjectJob`], [`JobStatus`], [`JobLogs`]: jobs that exist.

mod block;
mod compatible;
mod construct;
mod credits;
mod estimate;
mod filter;
mod from_frame;
mod handle;
mod history;
mod history_view;
mod job;
mod job_draft;
mod job_task;
mod job_view;
mod limits;
mod lists;
mod logs;
mod manifest;
mod parallel;
mod parameter;
mod parameters;
mod price;
mod problem;
mod project;
mod query;
mod quicklook_footprint;
mod quicklooks;
mod settings;
mod status;
mod task;
mod view;
mod workflow;
mod workflow_schema;

pub use block::Block;
pub use credits::{Credits, Durations, Price};
pub use estimate::{Estimate, EstimatedJob};
pub use filter::JobFilter;
pub(crate) use from_frame::inputs_of;
pub use handle::ProjectJob;
pub use history::{CreditEntry, CreditHistory};
pub(crate) use job::JobsPage;
pub use job::{Job, JobId, JobMode};
pub use job_task::JobTask;
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

use crate::client::{balance, credits, id, optional, required};
use crate::schema;
