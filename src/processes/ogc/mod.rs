//! Client for OGC API - Processes servers (OGC 18-062r2, 1.0).
//!
//! - [`server`], [`process`]: servers and their processes; [`ask`]: requests and links;
//! - [`backend`]: batch backend; [`job`]: job status; [`answer`], [`results`] and [`multipart`]:
//!   results.

mod backend;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod job;
mod multipart;
mod process;
mod requests;
mod results;
mod server;
mod stored_response;

pub(crate) use backend::OgcBackend;
#[cfg(test)]
pub(crate) use job::STATUSES;
pub use process::{OgcProcess, ProcessOutput};
pub use server::ProcessServer;
