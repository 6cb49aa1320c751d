//! Parquet, which anybody may have written: column by column, within limits.
//!
//! - [`footer`]: what a file says of itself, where its geometries have a type of their own, too.
//! - [`pages`]: what a column takes in memory, by the headers of its pages.
//! - [`deltas`]: whether a page has the values that its header says, where it counts them itself.
//! - [`file`]: a file's row groups, column by column, as arrays.
//! - [`thrift`]: the protocol that both are written in.
//! - [`json`]: values of arrays of any type.

mod deltas;
mod file;
mod footer;
pub mod json;
mod pages;
mod thrift;

pub use file::ParquetFile;
