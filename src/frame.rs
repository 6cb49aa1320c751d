//! Records to columns: the way out to Polars.

use jiff::Timestamp;
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, Series, TimeUnit};

use crate::error::Result;

/// Builds a DataFrame column by column over the same records.
pub(crate) struct Frame<'a, T> {
    records: &'a [T],
    columns: Vec<Column>,
}

impl<'a, T> Frame<'a, T> {
    pub(crate) fn of(records: &'a [T]) -> Self {
        Self { records, columns: Vec::new() }
    }

    /// A String column: Polars keeps categories in statics, and each cell of a
    /// plain evcxr kernel has its own.
    pub(crate) fn text(mut self, name: &str, value: impl Fn(&'a T) -> Option<&'a str>) -> Self {
        let values: Vec<Option<&str>> = self.records.iter().map(value).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    /// The same for values that are made on the way.
    pub(crate) fn strings(mut self, name: &str, values: Vec<Option<String>>) -> Self {
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    pub(crate) fn number(mut self, name: &str, value: impl Fn(&T) -> Option<f64>) -> Self {
        let values: Vec<Option<f64>> = self.records.iter().map(value).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    pub(crate) fn integer(mut self, name: &str, value: impl Fn(&T) -> Option<i64>) -> Self {
        let values: Vec<Option<i64>> = self.records.iter().map(value).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    pub(crate) fn flag(mut self, name: &str, value: impl Fn(&T) -> bool) -> Self {
        let values: Vec<bool> = self.records.iter().map(value).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    /// A `Datetime(ms)` column, UTC, without a zone in the type.
    pub(crate) fn instant(mut self, name: &str, value: impl Fn(&T) -> Option<Timestamp>) -> Result<Self> {
        let values: Vec<Option<i64>> =
            self.records.iter().map(|record| Some(value(record)?.as_millisecond())).collect();
        let series =
            Series::new(name.into(), values).cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?;
        self.columns.push(series.into_column());
        Ok(self)
    }

    pub(crate) fn finish(self) -> Result<DataFrame> {
        Ok(DataFrame::new(self.records.len(), self.columns)?)
    }
}
