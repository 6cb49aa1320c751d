//! Many jobs at once, under the project's limit.
//!
//! - [`plan`]: what is to be run; each job is known by the hash of its inputs.
//! - [`state`]: where each job stands. Pure: events go in, actions come out.
//! - [`engine`]: the batch as users see it, and [`run`], which carries the actions out
//!   against the platform and reports back.
//! - [`progress`] and [`report`]: what a person sees on the way and at the end.
//!
//! Every event is plain data, and the state is their sum: whoever keeps the events
//! can go on where another stopped.

mod engine;
mod plan;
mod progress;
mod report;
mod run;
mod state;
mod view;

pub use engine::Batch;
pub use report::{JobCollection, JobRecord, Outcome};
