//! What a notebook shows: MIME bundles, tables, charts, maps and areas of interest.
//!
//! The public names of the library are in `up42`; the others may change at any time.

mod aoi;
pub mod chart;
pub mod display;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod map;
pub mod show;

pub use aoi::Aoi;
pub use chart::Chart;
pub use display::MimeBundle;
pub use map::{Layer, Map, Placement, Tiles};
pub use show::{Live, Show, ToMimeBundle, display, display_live};
pub use up42_core::{AoiFeature, Bbox, Error, ErrorKind, ReadLimits, Result};
