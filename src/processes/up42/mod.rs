//! Processing on UP42 (`docs/up42-api.md`, 13 and 16) of items in the storage.
//!
//! - [`offered`]: list of processes; [`process`]: description and inputs; [`price`]: validation and
//!   estimates; [`backend`]: batch backend;
//! - [`job`]: state of a job; [`jobs`]: list of jobs;
//! - [`sources`]: items as inputs.

mod backend;
mod job;
mod jobs;
mod list;
mod price;
mod process;
mod sources;
mod view;

pub(crate) use backend::ProcessingBackend;
#[cfg(test)]
pub(crate) use job::STATUSES;
pub use jobs::ProcessingFilter;
pub use process::Process;
