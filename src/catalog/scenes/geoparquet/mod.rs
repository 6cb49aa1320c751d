//! Scenes as GeoParquet 1.1, with the columns of STAC-GeoParquet.
//!
//! - [`write`]: the columns of a file, in row groups that lie together on Earth.
//! - [`read`]: rows back to scenes, of our files and of others'.
//! - [`scan`]: a file as a LazyFrame that reads what a query needs.

mod bounds;
mod order;
mod read;
mod scan;
mod source;
mod write;

pub(super) use read::read;
pub use scan::{scan_geoparquet, scan_geoparquet_within};

/// The key of a file's metadata that says what is ours.
const OURS: &str = "up42";
/// How a property is called whose name a column of ours has.
const PREFIX: &str = "properties.";
/// Columns of ours that are not in a frame.
const QUICKLOOK: &str = "up42:quicklook";
const ROW: &str = "up42:row";
/// Columns that are members of an item.
const VERSION: &str = "stac_version";
const EXTENSIONS: &str = "stac_extensions";
const LINKS: &str = "links";
const ASSETS: &str = "assets";
const BBOX: &str = "bbox";
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];
