//! Batches: many jobs on one service, run in parallel. Each job is paid once: a journal on disk
//! lets a batch resume after the program has ended.
//!
//! - [`Batch`]: a plan of jobs with a name. [`Batch::estimate`] returns the prices, [`Batch::run`]
//!   runs or resumes it, [`Batch::start`] runs it in the background ([`Running`]).
//! - [`JobCollection`] of [`JobRecord`]s: the jobs of a batch or of a project with their
//!   [`Outcome`], as a table, a DataFrame and charts.
//! - [`Batches`]: the batches whose journals are on this machine.

// Layout, from the interface down to the disk:
//
// - `batch`: the public type; `policy`: its settings; `running`: a run in the background.
// - `plan`: the jobs, each with the hash of its inputs; `resume`: opening a batch from its journal.
// - `run`: the loop that carries out actions and records events; `poll_timing`: pauses between
//   polls; `locked_run`: a run under the lock of the batch, while other programs watch it.
// - `state`: a pure state machine: events in, actions out. `journal`: plan and events on disk.
// - `backend`: the interface of a service that runs jobs; `workflow`: its implementation for
//   workflows.
// - `submission`: one request for a job and its token; `place`: creating jobs without waiting for
//   their end.
// - `listing`, `listed`: the list of a service's jobs, page by page and as a collection.
// - `progress`, `live_progress`, `report`, `view`, `overview`, `charts`, `frame`, `tally`, `times`:
//   output.

mod backend;
// The type `Batch`.
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
