use std::ops::Deref;
use std::path::Path;

use polars::prelude::DataFrame;
use up42_raster::{Expression, Mask, Statistic};

use super::zonal::{self, Rows, Source};
use crate::frame::Frame;
use up42_core::error::{Context, Error, Result};
use up42_view::Aoi;

/// GeoTIFF whose header is read, and whose pixels are read block by block, from the overview that
/// suffices. Shows its facts and a thumbnail.
///
/// The facts are those of [`up42_raster::Raster`]: `width`, `height`, `bands`, `crs`, `transform`,
/// `overviews`, `codec`, and `at(lon, lat)` for the values at a place.
///
/// ```
/// # use up42::{Aoi, Client};
/// # use up42::raster::{Index, Raster, Statistic, band};
/// # fn example() -> up42::Result<()> {
/// let raster = Raster::open("scene.tif")?.names(["blue", "green", "red", "nir"])?;
/// let fields = Aoi::read("fields.gpkg")?;
/// let frame = raster.zonal(&fields, [Index::Ndvi], [Statistic::Mean, Statistic::Percentile(90)])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Raster {
    raster: up42_raster::Raster,
    names: Option<Vec<String>>,
    mask: Option<Mask>,
}

impl Raster {
    /// Opens a local GeoTIFF and reads its header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is not a GeoTIFF, or has a
    /// layout that is not supported. The error names the file and the remedy.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { raster: up42_raster::Raster::open(path)?, names: None, mask: None })
    }

    /// Sets the names of all bands, such as `red` and `nir`, for expressions and indices.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there are not as many names as
    /// bands.
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.raster.bands().len() {
            let (given, bands) = (names.len(), self.raster.bands().len());
            let message = format!("{given} names for {bands} bands: give one for each band, in their order");
            return Err(Error::invalid(message).context(format!("raster `{}`", self.raster.name())));
        }
        self.names = Some(names);
        Ok(self)
    }

    /// Leaves masked pixels out of zonal statistics.
    pub fn masked(mut self, mask: Mask) -> Self {
        self.mask = Some(match self.mask.take() {
            Some(other) => other.and(mask),
            None => mask,
        });
        self
    }

    /// Returns the statistics of each band, one row per band, as stored (without scale and offset).
    ///
    /// | column | dtype | null means |
    /// |---|---|---|
    /// | `band` | Int64, from 1 | never null |
    /// | `name` | String | the file states none |
    /// | `min`, `max`, `mean` | Float64 | no valid pixel |
    /// | `std` | Float64, of the population | no valid pixel |
    /// | `p2`, `p50`, `p98` | Float64, percentiles | no valid pixel |
    /// | `valid` | Int64, number of pixels with data | never null |
    ///
    /// # Errors
    ///
    /// Those of reading the pixels: [`ErrorKind::Io`](crate::ErrorKind::Io), and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a broken block or a
    /// compression that is not supported.
    pub fn statistics(&self) -> Result<DataFrame> {
        let statistics = self.raster.statistics()?;
        let bands: Vec<_> = statistics.iter().enumerate().collect();
        let names = bands.iter().map(|(index, _)| self.band_name(*index)).collect();
        Frame::of(&bands)
            .integer("band", |(index, _)| Some(*index as i64 + 1))
            .strings("name", names)
            .number("min", |(_, band)| band.min)
            .number("max", |(_, band)| band.max)
            .number("mean", |(_, band)| band.mean)
            .number("std", |(_, band)| band.std)
            .number("p2", |(_, band)| band.p2)
            .number("p50", |(_, band)| band.p50)
            .number("p98", |(_, band)| band.p98)
            .integer("valid", |(_, band)| i64::try_from(band.valid).ok())
            .finish()
            .context("statistics of a raster to a DataFrame")
    }

    /// Returns the name of a band, by its index from 0.
    pub(super) fn band_name(&self, index: usize) -> Option<String> {
        match &self.names {
            Some(names) => names.get(index).cloned(),
            None => self.raster.bands().get(index)?.name.clone(),
        }
    }

    /// Returns statistics of expressions or [indices](super::Index) within each area: one row per
    /// area and expression. Pixels count by their exact share within the area; pixels without data
    /// and [masked](Self::masked) ones do not count. Values are scaled by the bands' scale and
    /// offset.
    ///
    /// | column | dtype | null means |
    /// |---|---|---|
    /// | `place` | String, name of the area, or its number | never null |
    /// | `value` | String, name of the expression | never null |
    /// | one per statistic: `mean`, `count`, `p90`, … | Float64 | no data, or outside of the raster |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an unknown band, for a raster
    /// without georeference or with an unsupported coordinate system, and those of reading.
    pub fn zonal<E: Into<Expression>>(
        &self,
        areas: &Aoi,
        expressions: impl IntoIterator<Item = E>,
        statistics: impl IntoIterator<Item = Statistic>,
    ) -> Result<DataFrame> {
        let request = zonal::Request::new(areas, expressions, statistics);
        let rows = request.compute(&self.source())?;
        Rows::of(&request, vec![Ok(rows)]).frame().finish().context("zonal statistics to a DataFrame")
    }

    pub(super) fn source(&self) -> Source<'_> {
        Source { raster: &self.raster, names: self.names.as_deref(), mask: self.mask.as_ref() }
    }
}

impl Deref for Raster {
    type Target = up42_raster::Raster;

    fn deref(&self) -> &up42_raster::Raster {
        &self.raster
    }
}
