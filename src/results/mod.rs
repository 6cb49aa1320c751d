//! What finished jobs leave: archives, their `data.json`, and rasters.

mod archive;
mod download;
mod job;
mod raster;
mod view;

pub use download::{ResultFeature, Results};
