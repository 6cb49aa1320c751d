//! Processes, and any OGC API - Processes server (OGC 18-062r2, 1.0).
//!
//! - [`input`]: what a process can be told, [`rows`]: many jobs of it;
//! - [`server`], [`list`] and [`process`]: what a server offers; [`ask`]: how it is asked;
//! - [`service`]: how a batch runs there, [`job`], [`answer`], [`results`] and [`multipart`]: what comes
//!   of it.

mod answer;
mod ask;
mod input;
mod inputs;
mod job;
mod list;
mod multipart;
mod process;
mod results;
mod rows;
mod server;
mod service;
mod view;

pub use input::{ProcessInput, ProcessInputs};
#[cfg(test)]
pub(crate) use job::STATUSES;
pub use list::{ProcessSummary, Processes};
pub use process::{OgcProcess, ProcessOutput};
pub use rows::ProcessRows;
pub use server::ProcessServer;
pub(crate) use service::OnServer;
