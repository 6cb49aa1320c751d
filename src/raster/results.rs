//! Rasters among the results of jobs.

use jiff::Timestamp;
use polars::prelude::DataFrame;
use up42_raster::{Expression, Statistic};

use super::Raster;
use super::zonal::{Request, Rows};
use crate::frame::Frame;
use crate::results::{ResultFeature, Results};
use up42_core::error::{Context, Error, Result};
use up42_core::time::parse_timestamp;
use up42_view::Aoi;

impl ResultFeature {
    /// Opens the raster of the result and reads its header.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::open`]; [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the
    /// result names no file that is there.
    pub fn raster(&self) -> Result<Raster> {
        match &self.path {
            Some(path) => Raster::open(path),
            None => Err(Error::invalid("the result names no file that is there")),
        }
        .with_context(|| self.label.clone())
    }

    /// Returns the time of acquisition, if the properties state one.
    fn datetime(&self) -> Option<Timestamp> {
        let dates = ["datetime", "acquisitionDate", "start_datetime"];
        dates.iter().find_map(|name| parse_timestamp(self.properties.get(*name)?.as_str()?))
    }
}

impl Results {
    /// Returns statistics of expressions or [indices](crate::raster::Index) within each area, over
    /// all rasters: a time series per area. A raster that cannot be read has rows with its `error`
    /// and does not stop the others.
    ///
    /// | column | dtype | null means |
    /// |---|---|---|
    /// | `job` | String, id of the job | never null |
    /// | `label` | String, label of the job | never null |
    /// | `path` | String, path of the file | the result names no file |
    /// | `datetime` | Datetime(ms), UTC | the result states no time |
    /// | `place`, `value`, and one per statistic | as for [`Raster::zonal`] | |
    /// | `error` | String | the raster was read |
    ///
    /// # Errors
    ///
    /// Only if Polars refuses the columns.
    pub fn zonal<E: Into<Expression>>(
        &self,
        areas: &Aoi,
        expressions: impl IntoIterator<Item = E>,
        statistics: impl IntoIterator<Item = Statistic>,
    ) -> Result<DataFrame> {
        let request = Request::new(areas, expressions, statistics);
        let features: Vec<&ResultFeature> = self.iter().collect();
        let computed = request.compute_all(&features, |feature| request.compute(&feature.raster()?.source()));
        let rows = Rows::of(&request, computed);
        let feature = |source: usize| features[source];
        let frame = Frame::of(rows.rows())
            .text("job", |row| Some(feature(row.source).job.as_str()))
            .text("label", |row| Some(&feature(row.source).label))
            .text("path", |row| feature(row.source).path.as_ref()?.to_str())
            .instant("datetime", |row| feature(row.source).datetime())?;
        rows.add_to(frame)
            .text("error", |row| row.error.as_deref())
            .finish()
            .context("zonal statistics of results to a DataFrame")
    }
}
