//! Notebook output for the crate `up42`: MIME bundles, tables, charts, maps and areas of interest.
//!
//! Use these types through `up42`, which re-exports the public ones. Items that it does not
//! re-export may change in any release.

mod aoi;
pub mod chart;
pub mod elements;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod map;
mod mark;
mod mime_bundle;
pub mod picture;
pub mod show;

pub use aoi::Aoi;
pub use chart::Chart;
pub use map::{Layer, Map, Placement, Tiles};
pub use mime_bundle::MimeBundle;
pub use show::{Live, Show, ToMimeBundle, display, display_live};
pub use up42_core::{AoiFeature, Bbox, Error, ErrorKind, ReadLimits, Result};
