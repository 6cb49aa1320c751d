//! Parquet files from outside, read column by column within limits.

// `footer`: the file's metadata. `pages`: memory that a column needs, from the headers of its
// pages. `deltas`: the number of values in delta-encoded pages, which count them themselves.
// `file`: row groups, column by column, as arrays. `thrift`: the encoding of footer and headers.
// `json`: values of arrays as JSON.

mod deltas;
mod file;
mod footer;
pub mod json;
mod pages;
mod thrift;

pub use file::ParquetFile;
