//! What finished jobs leave: archives, their `data.json`, and rasters.

mod archive;
mod download;

pub use download::{ResultFeature, Results};
