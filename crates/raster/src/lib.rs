//! Rasters: GeoTIFFs are opened by their headers, and their pixels are read block by block.

mod band;
mod band_names;
mod codec;
mod coverage;
mod distribution;
mod expression;
mod facts;
mod index;
mod level;
mod locator;
mod mask;
mod moments;
mod preview;
mod raster;
mod samples;
mod source;
mod statistics;
mod tiff;
mod transform;
mod window;

pub use band::{Band, Color, DataType};
pub use band_names::BandRef;
pub use codec::Codec;
pub use coverage::{Coverage, Span};
pub use distribution::{Distribution, Histogram, Statistics};
pub use expression::{Compiled, Expression, band};
pub use index::Index;
pub use level::Level;
pub use locator::Locator;
pub use mask::{CompiledMask, Mask, MaskBand};
pub use raster::{Gcp, Photometric, Raster};
pub use source::ReadAt;
pub use transform::GeoTransform;
pub use up42_core::geo::crs::Crs;
pub use window::{Rect, Window};
