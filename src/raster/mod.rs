//! Rasters: facts, statistics, values, spectral indices and zonal statistics of GeoTIFFs.
//!
//! - [`Raster`]: a GeoTIFF whose header is read, and whose pixels are read block by block;
//! - [`band`], [`Expression`], [`Index`]: arithmetic of bands, and named spectral indices;
//! - [`Mask`]: pixels that do not count, such as clouds;
//! - [`Statistic`]: what [`Raster::zonal`] and [`Results::zonal`](crate::results::Results::zonal)
//!   compute for each area.

mod area;
mod geotiff;
mod results;
mod view;
mod zonal;

pub use geotiff::Raster;
#[doc(inline)]
pub use up42_raster::{
    Band, BandRef, Codec, DataType, Expression, GeoTransform, Index, Mask, MaskBand, Statistic, band,
};
