//! Zonal statistics as rows of a DataFrame.

use up42_raster::{Expression, Mask, Stack, Statistic, Zonal, ZonalRow};

use super::area::in_coordinates;
use crate::frame::Frame;
use up42_core::error::{Error, Result};
use up42_core::parallel::in_parallel;
use up42_view::Aoi;

/// Expressions and statistics that are computed for areas.
pub(super) struct Request<'a> {
    areas: &'a Aoi,
    expressions: Vec<Expression>,
    statistics: Vec<Statistic>,
}

/// Raster with what the user stated about it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) raster: &'a up42_raster::Raster,
    pub(super) names: Option<&'a [String]>,
    pub(super) mask: Option<&'a Mask>,
}

impl<'a> Request<'a> {
    pub(super) fn new<E: Into<Expression>>(
        areas: &'a Aoi,
        expressions: impl IntoIterator<Item = E>,
        statistics: impl IntoIterator<Item = Statistic>,
    ) -> Self {
        Self {
            areas,
            expressions: expressions.into_iter().map(Into::into).collect(),
            statistics: statistics.into_iter().collect(),
        }
    }

    /// Computes the statistics of all areas, ordered by area, then by expression.
    pub(super) fn compute(&self, source: &Source) -> Result<Vec<ZonalRow>> {
        let raster = source.raster;
        let transform = raster
            .transform()
            .ok_or_else(|| Error::invalid(format!("raster `{}` has no georeference", raster.name())))?;
        let locator = raster.locator()?;
        let areas: Vec<_> = self
            .areas
            .features()
            .iter()
            .map(|feature| in_coordinates(&feature.geometry, &locator, &transform))
            .collect();
        let stack = Stack::new([raster.clone()])?;
        let stack = match source.names {
            Some(names) => stack.names(names.iter().cloned())?,
            None => stack,
        };
        let zonal = Zonal::new(&self.expressions, self.statistics.iter().copied()).scaled();
        let zonal = match source.mask {
            Some(mask) => zonal.mask(mask.clone()),
            None => zonal,
        };
        zonal.compute(&stack, &areas)
    }

    /// Computes the statistics of several rasters, some at a time.
    pub(super) fn compute_all<S: Sync>(
        &self,
        sources: &[S],
        compute: impl Fn(&S) -> Result<Vec<ZonalRow>> + Sync,
    ) -> Vec<Result<Vec<ZonalRow>>> {
        in_parallel(sources, up42_core::parallel::cores(), compute)
    }
}

/// Rows of a DataFrame: one per raster, area and expression.
pub(super) struct Rows<'a> {
    request: &'a Request<'a>,
    rows: Vec<Row>,
}

pub(super) struct Row {
    /// Index of the raster.
    pub(super) source: usize,
    area: usize,
    expression: usize,
    /// Values of the statistics; `None` if the raster cannot be read.
    values: Option<Vec<Option<f64>>>,
    pub(super) error: Option<String>,
}

impl<'a> Rows<'a> {
    /// Creates the rows of rasters; one that cannot be read has rows with its error.
    pub(super) fn of(request: &'a Request<'a>, results: Vec<Result<Vec<ZonalRow>>>) -> Self {
        let mut rows = Vec::new();
        for (source, result) in results.into_iter().enumerate() {
            match result {
                Ok(found) => rows.extend(found.into_iter().map(|row| Row {
                    source,
                    area: row.polygon,
                    expression: row.expression,
                    values: Some(row.values),
                    error: None,
                })),
                Err(error) => {
                    let error = error.to_string();
                    for area in 0..request.areas.features().len() {
                        rows.extend((0..request.expressions.len()).map(|expression| Row {
                            source,
                            area,
                            expression,
                            values: None,
                            error: Some(error.clone()),
                        }));
                    }
                }
            }
        }
        Self { request, rows }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns a frame with the columns of places, expressions and statistics.
    pub(super) fn frame(&self) -> Frame<'_, Row> {
        self.add_to(Frame::of(&self.rows))
    }

    /// Adds the columns of places, expressions and statistics to a frame of the rows.
    pub(super) fn add_to<'b>(&self, frame: Frame<'b, Row>) -> Frame<'b, Row> {
        let places: Vec<_> = self.request.areas.features().iter().enumerate().map(place).collect();
        let values: Vec<_> = self.request.expressions.iter().map(Expression::name).collect();
        let column = |texts: &[String], index: fn(&Row) -> usize| {
            self.rows.iter().map(|row| Some(texts[index(row)].clone())).collect()
        };
        let mut frame = frame
            .strings("place", column(&places, |row| row.area))
            .strings("value", column(&values, |row| row.expression));
        for (index, statistic) in self.request.statistics.iter().enumerate() {
            frame = frame.number(&statistic.to_string(), |row| row.values.as_ref()?[index]);
        }
        frame
    }
}

/// Returns the name of an area, or its number from 1.
fn place((index, feature): (usize, &up42_core::AoiFeature)) -> String {
    feature.name.clone().unwrap_or_else(|| format!("place {}", index + 1))
}
