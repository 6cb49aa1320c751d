//! Results of jobs: downloaded archives, `data.json`, rasters.
//!
//! - [`Download`]: downloads the results of a batch, several at a time, and resumes.
//! - [`Results`], [`ResultFeature`]: what was downloaded, as a DataFrame, as one GeoJSON file, on
//!   a map.
//! - [`FoundScenes`]: the scenes that dry runs found.

// Layout: `download`, `progress`, `folder` (fetching); `archive`, `inside`, `renamed`, `files`
// (unpacking below the job's folder, under safe names); `feature`, `frame`, `merged`, `found`
// (contents); `view`, `raster` (output).

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
