//! Rasters: GeoTIFFs are opened by their headers, and their pixels are read block by block.

mod band;
mod codec;
mod facts;
mod level;
mod raster;
mod samples;
mod source;
mod tiff;
mod transform;
mod window;

pub use band::{Band, Color, DataType};
pub use codec::Codec;
pub use level::Level;
pub use raster::{Gcp, Photometric, Raster};
pub use source::ReadAt;
pub use transform::GeoTransform;
pub use up42_core::geo::crs::Crs;
pub use window::{Rect, Window};
