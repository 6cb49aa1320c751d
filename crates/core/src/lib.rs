//! Base of the `up42` crates: errors, redaction, limits, files, time, and geometry with the readers
//! of geographic files.
//!
//! Public names are those that `up42` re-exports; all others may change at any time.

pub mod error;
pub mod file;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod geo;
pub mod hash;
pub mod json;
pub mod limits;
pub mod list;
pub mod lock;
pub mod parallel;
pub mod private;
pub mod redact;
pub mod sanitize;
pub mod sqlite;
pub mod suggest;
pub mod time;
pub mod time_left;
pub mod wait;

pub use error::{Error, ErrorKind, Result, ServerError};
pub use geo::{AoiFeature, Bbox};
pub use limits::ReadLimits;
