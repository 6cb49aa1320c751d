//! Satellite imagery in Rust notebooks.

pub mod error;
#[cfg(feature = "simulator")]
pub mod simulator;

pub use error::{Error, ErrorKind, Result, ServerError};
