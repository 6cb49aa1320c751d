//! Scenes as GeoParquet 1.1, with the columns of STAC-GeoParquet.
//!
//! - [`write`]: writing, in row groups of scenes that are neighbours on Earth.
//! - [`read`]: reading scenes, from our files and from those of other programs.
//! - [`scan`]: a file as a LazyFrame that reads only what a query needs.

mod bounds;
mod order;
mod read;
mod scan;
mod source;
mod write;

pub(super) use read::read;
pub use scan::{scan_geoparquet, scan_geoparquet_within};

/// Key in a file's metadata for the description of our columns.
const OURS: &str = "up42";
/// Prefix of a property whose name is taken by one of our columns.
const PREFIX: &str = "properties.";
/// Columns of our files that are not in a frame.
const QUICKLOOK: &str = "up42:quicklook";
const ROW: &str = "up42:row";
/// Columns that are members of an item.
const VERSION: &str = "stac_version";
const EXTENSIONS: &str = "stac_extensions";
const LINKS: &str = "links";
const ASSETS: &str = "assets";
const BBOX: &str = "bbox";
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];
