//! Results of jobs: downloaded archives, `data.json`, rasters.
//!
//! - [`Download`]: options of a download of results.
//! - [`Results`], [`ResultFeature`]: downloaded results, as a DataFrame, as one GeoJSON file, on a
//!   map.
//! - [`FoundScenes`]: scenes found by dry runs.

// Layout: `download`, `progress`, `folder` (downloads); `archive`, `inside`, `renamed`, `files`
// (unpacking to the job's folder, under safe names); `feature`, `frame`, `merged`, `found`
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
mod job;
mod merged;
mod options;
mod progress;
mod raster;
mod renamed;
mod safe_path;
mod view;

pub use download::Results;
pub use feature::ResultFeature;
pub use found::{FoundByJob, FoundScenes};
pub use options::Download;
