//! Processing of today's platform (`docs/up42-api.md`, 13 and 16): what can be done with the items
//! of the storage.
//!
//! - [`offered`], [`process`], [`price`]: what a process does, takes and costs; [`backend`]: its
//!   jobs as those of a batch;
//! - [`job`]: a job as the platform tells of it, [`jobs`]: a list of them;
//! - [`sources`]: items as inputs.

mod backend;
mod job;
mod jobs;
mod offered;
mod price;
mod process;
mod sources;
mod view;

pub(crate) use backend::ProcessingBackend;
#[cfg(test)]
pub(crate) use job::STATUSES;
pub use jobs::ProcessingFilter;
pub use process::Process;
