//! Parquet files from external sources, read column by column within limits.

// `footer`: the file's metadata. `pages`: memory of a column, from the headers of its pages.
// `deltas`: the number of values in delta-encoded pages, which state it themselves. `file`: row
// groups, column by column, as arrays. `thrift`: the encoding of footer and headers. `json`: values
// of arrays as JSON.

mod deltas;
mod file;
mod footer;
pub mod json;
mod pages;
mod thrift;

pub use file::ParquetFile;
