//! Processes that run on a server: what they take, and how they run as the jobs of a batch.
//!
//! The platform's processing is an OGC API - Processes with prices, so both share what they
//! take, and each has a dialect:
//!
//! - [`input`], [`inputs`]: what a process takes, from its JSON schema; [`rows`]: many jobs of it;
//!   [`list`]: the processes of a server; [`view`]: what a notebook shows of them.
//! - [`up42`]: processing on the platform; [`ogc`]: any server of the standard.

mod input;
mod inputs;
mod list;
mod ogc;
mod rows;
mod up42;
mod view;

pub use input::{ProcessInput, ProcessInputs};
pub use list::{ProcessSummary, Processes};
pub(crate) use ogc::OgcBackend;
#[cfg(test)]
pub(crate) use ogc::STATUSES as OGC_STATUSES;
#[cfg(any(test, fuzzing))]
pub(crate) use ogc::fuzzing;
pub use ogc::{OgcProcess, ProcessOutput, ProcessServer};
pub use rows::ProcessRows;
pub(crate) use up42::ProcessingBackend;
#[cfg(test)]
pub(crate) use up42::STATUSES as UP42_STATUSES;
pub use up42::{Process, ProcessingFilter};
