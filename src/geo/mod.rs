//! Places on Earth: areas of interest, bounding boxes, areas and coverage.
//!
//! Everything is WGS 84, longitude before latitude, in degrees.

mod antimeridian;
mod aoi;
mod around;
mod bbox;
mod coverage;
mod crs;
mod example;
mod feature;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod geojson;
mod land;
mod overlap;
pub(crate) mod parquet;
mod pieces;
mod read;
mod union;
mod validity;
pub(crate) mod wkb;

pub(crate) use antimeridian::{split, unrolled};
pub use aoi::Aoi;
pub use bbox::Bbox;
pub(crate) use coverage::{area_km2, covered_percent, polygons, touches};
pub use feature::AoiFeature;
pub(crate) use geojson::{geometry_from_json, geometry_to_json};
pub(crate) use land::{Detail, land, land_mask, packed as packed_land};
pub(crate) use overlap::OverlapRows;
pub(crate) use union::ground;
