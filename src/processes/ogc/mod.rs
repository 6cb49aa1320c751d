//! Any OGC API - Processes server (OGC 18-062r2, 1.0).
//!
//! - [`server`], [`process`]: what a server offers; [`ask`]: requests to it, and its links;
//! - [`backend`]: its jobs as those of a batch; [`job`]: a job as the server tells of it;
//!   [`answer`], [`results`] and [`multipart`]: what comes of it.

mod answer;
mod ask;
mod backend;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod job;
mod multipart;
mod process;
mod results;
mod server;

pub(crate) use backend::OgcBackend;
#[cfg(test)]
pub(crate) use job::STATUSES;
pub use process::{OgcProcess, ProcessOutput};
pub use server::ProcessServer;
