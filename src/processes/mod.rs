//! Processes that run on a server: UP42's processing, and any OGC API - Processes server.
//!
//! - [`Process`]: a process of UP42, on items of the storage, with prices.
//! - [`ProcessServer`], [`OgcProcess`]: a server of the standard
//!   (<https://docs.ogc.org/is/18-062r2/18-062r2.html>).
//! - [`ProcessInputs`], [`ProcessRows`]: inputs, and many jobs as rows of a DataFrame.

// UP42's processing is an OGC API - Processes with prices. `input`, `inputs`, `rows`, `list` and
// `view` are shared; `up42` and `ogc` are the two APIs.

mod input;
mod inputs;
mod list;
mod ogc;
mod rows;
mod up42;
mod view;

pub use self::up42::{Process, ProcessingFilter};
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
