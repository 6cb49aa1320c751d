//! What finished jobs leave: archives, their `data.json`, and rasters.

mod archive;
mod download;
mod found;
mod raster;
mod view;

pub use download::{ResultFeature, Results};
pub use found::{FoundByJob, FoundScenes};
