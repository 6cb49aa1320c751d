//! Geometry on the Earth: areas of interest, bounding boxes, areas and coverage.
//!
//! All coordinates are WGS 84, longitude before latitude, in degrees.

mod antimeridian;
mod bbox;
pub mod circle;
mod coverage;
pub mod crs;
/// Features of an area of interest.
pub mod feature;
mod geojson;
mod land;
mod overlap;
#[cfg(feature = "polars")]
pub mod parquet;
pub mod pieces;
pub mod read;
pub mod union;
pub mod validity;
pub mod wkb;

pub use antimeridian::{continuous_near, split};
pub use bbox::Bbox;
pub use coverage::{area_km2, covered_percent, polygons, touches};
pub use feature::AoiFeature;
pub use geojson::{geometry_from_json, geometry_to_json, to_shape};
pub use land::{Detail, land, land_mask, packed as packed_land};
pub use overlap::OverlapRows;
pub use union::ground;
