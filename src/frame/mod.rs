//! Conversion of records to Polars DataFrames. Texts have their [secrets](redact::data) removed.

mod columns;

use std::borrow::Cow;

use jiff::Timestamp;
use polars::prelude::{
    BinaryChunked, Column, DataFrame, DataType, IntoColumn, NamedFrom, NewChunkedArray, Series, TimeUnit,
};

pub(crate) use columns::{Values, properties};

use up42_core::error::Result;
use up42_core::redact;

/// Builder of a DataFrame, column by column, over the same records.
pub(crate) struct Frame<'a, T> {
    records: &'a [T],
    columns: Vec<Column>,
}

impl<'a, T> Frame<'a, T> {
    pub(crate) fn of(records: &'a [T]) -> Self {
        Self { records, columns: Vec::new() }
    }

    /// Adds a String column. Not categorical: Polars stores categories in statics, of which each
    /// cell of a plain evcxr kernel has its own copy.
    pub(crate) fn text(mut self, name: &str, value: impl Fn(&'a T) -> Option<&'a str>) -> Self {
        let values = self.records.iter().map(|record| value(record).map(redact::data));
        let values: Vec<Option<Cow<'_, str>>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    /// Adds a String column of owned values.
    pub(crate) fn strings(mut self, name: &str, values: Vec<Option<String>>) -> Self {
        let values = values.iter().map(|value| value.as_deref().map(redact::data));
        let values: Vec<Option<Cow<'_, str>>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    pub(crate) fn number(mut self, name: &str, value: impl Fn(&T) -> Option<f64>) -> Self {
        let values: Vec<Option<f64>> = self.records.iter().map(value).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
        self
    }

    /// Adds a Float64 column of computed values.
    pub(crate) fn numbers(mut self, name: &str, values: Vec<Option<f64>>) -> Self {
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

    pub(crate) fn binary(mut self, name: &str, value: impl Fn(&T) -> Option<Vec<u8>>) -> Self {
        let values = self.records.iter().map(value);
        self.columns.push(BinaryChunked::from_iter_options(name.into(), values).into_column());
        self
    }

    /// Adds a `Datetime(ms)` column, UTC, without a time zone in the dtype.
    pub(crate) fn instant(mut self, name: &str, value: impl Fn(&T) -> Option<Timestamp>) -> Result<Self> {
        let values: Vec<_> = self.records.iter().map(value).collect();
        self.columns.push(instants(name, &values, TimeUnit::Milliseconds)?);
        Ok(self)
    }

    /// Adds an existing column over the same records.
    pub(crate) fn push(&mut self, column: Column) {
        self.columns.push(column);
    }

    /// Replaces the column with the same name.
    pub(crate) fn replace(&mut self, column: Column) {
        if let Some(known) = self.columns.iter_mut().find(|known| known.name() == column.name()) {
            *known = column;
        }
    }

    /// Returns the names of the columns so far.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name().as_str())
    }

    /// Returns the column with this name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name().as_str() == name)
    }

    pub(crate) fn finish(self) -> Result<DataFrame> {
        Ok(DataFrame::new(self.records.len(), self.columns)?)
    }
}

/// Creates a `Datetime` column, UTC, without a time zone in the dtype.
pub(crate) fn instants(name: &str, values: &[Option<Timestamp>], unit: TimeUnit) -> Result<Column> {
    let count = |at: Timestamp| match unit {
        TimeUnit::Milliseconds => at.as_millisecond(),
        _ => at.as_microsecond(),
    };
    let values: Vec<Option<i64>> = values.iter().map(|at| at.map(count)).collect();
    Ok(Series::new(name.into(), values).cast(&DataType::Datetime(unit, None))?.into_column())
}
