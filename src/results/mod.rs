//! What finished jobs leave: archives, their `data.json`, and rasters.
//!
//! - [`download`]: a batch's archives, side by side, into a [`folder`]; [`progress`] tells
//!   how far they are.
//! - [`archive`]: unpacks what comes from outside, below the job's folder ([`inside`]) and under
//!   other names where need be ([`renamed`]); [`files`]: results that come one by one.
//! - [`feature`], [`frame`], [`merged`]: what there is, as records, as a table of Polars,
//!   and as one file.
//! - [`found`]: the scenes that dry runs found.
//! - [`view`], [`raster`]: what a notebook shows of it.

mod archive;
mod download;
mod feature;
mod files;
mod folder;
mod found;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod inside;
mod job;
mod merged;
mod options;
mod progress;
mod raster;
mod renamed;
mod view;

pub use download::Results;
pub use feature::ResultFeature;
pub use found::{FoundByJob, FoundScenes};
pub use options::Download;
