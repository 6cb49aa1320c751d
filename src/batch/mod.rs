//! Many jobs at once, under the limit of whoever runs them.
//!
//! - [`plan`]: what is to be run; each job is known by the hash of its inputs.
//! - [`state`]: where each job stands. Pure: events go in, actions come out.
//! - [`journal`]: the plan and the events on disk. The state is their sum, so whoever
//!   opens the journal goes on where another stopped.
//! - [`backend`]: what a batch needs of whoever runs its jobs; [`run`] carries the actions
//!   out against it and reports back, at the jobs' own pace ([`poll_timing`]). [`workflow`] is one.
//! - [`submission`]: one request for a job, and how it is found again; [`place`]: creating
//!   jobs without waiting for them.
//! - [`batch`]: the batch as users see it, [`policy`]: what they say about it, and
//!   [`running`]: one in the background.
//! - [`resume`]: the batch as its journal has it; [`locked_run`]: a run under the batch's lock, while
//!   others watch it.
//! - [`listing`]: the list of a service's jobs; [`listed`]: what is in it, as a collection like that
//!   of a batch.
//! - [`progress`], [`live_progress`] and [`report`]: what a person sees on the way and at the end;
//!   [`view`], [`overview`], [`charts`] and [`frame`] are its forms, and [`tally`] counts for all.

mod backend;
// `Batch` itself.
#[allow(clippy::module_inception)]
mod batch;
mod batches;
mod charts;
mod frame;
mod journal;
mod listed;
mod listing;
mod live_progress;
mod locked_run;
mod overview;
mod place;
mod plan;
mod policy;
mod poll_timing;
mod progress;
#[doc(hidden)]
pub mod rehearsal;
mod report;
mod resume;
mod run;
mod running;
#[cfg(all(test, feature = "simulator"))]
mod sample;
mod state;
mod submission;
mod tally;
mod times;
mod view;
mod workflow;

pub(crate) use backend::{Content, Delivery, JobBackend, Mark, ResultFile, Source};
pub use batch::Batch;
pub use batches::{BatchEntry, Batches};
#[cfg(any(test, fuzzing))]
pub(crate) use journal::fuzzing;
pub(crate) use listed::{job_of, task_of};
pub(crate) use listing::Listing;
pub(crate) use place::Placement;
pub(crate) use plan::{Kind, Owner};
pub use policy::{OnChange, OnFailure};
pub use report::{JobCollection, JobRecord, Outcome};
pub use running::Running;
pub(crate) use submission::{OWN_TAG, Submission, is_own_tag, tokens};
pub(crate) use workflow::WorkflowBackend;
