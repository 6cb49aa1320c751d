//! Satellite imagery in Rust notebooks.

pub mod error;

pub use error::{Error, ErrorKind, Result, ServerError};
