use polars::prelude::{Column, DataType, IntoColumn, NamedFrom, PlSmallStr, Series, TimeUnit};
use polars_arrow::array::{Array, StructArray};
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit as ArrowTimeUnit};
use serde_json::Value;

use up42_core::error::Result;
use up42_core::geo::parquet::{ParquetFile, json};
use up42_core::limits::ReadBudget;

/// Source of a column of a frame.
pub(super) enum Source {
    /// Column of the file, unchanged.
    Plain(Field),
    /// Column of a type that a frame cannot hold: small integers, which become Int64, or (`Json`)
    /// other types, which become JSON text.
    Whole(Field),
    Json(Field),
    /// Side of the bounding box, a member of the covering.
    Side(Field, &'static str),
}

impl Source {
    pub(super) fn of(field: &Field) -> Self {
        use ArrowDataType as D;
        let field = field.clone();
        match field.dtype {
            D::Boolean | D::Int32 | D::Int64 | D::UInt32 | D::UInt64 | D::Float32 | D::Float64 => {
                Self::Plain(field)
            }
            D::Utf8View | D::BinaryView | D::Date32 | D::Timestamp(..) => Self::Plain(field),
            D::Int8 | D::Int16 | D::UInt8 | D::UInt16 => Self::Whole(field),
            _ => Self::Json(field),
        }
    }

    pub(super) fn dtype(&self) -> DataType {
        let Self::Plain(field) = self else {
            return match self {
                Self::Whole(_) => DataType::Int64,
                Self::Side(..) => DataType::Float64,
                _ => DataType::String,
            };
        };
        match &field.dtype {
            ArrowDataType::Boolean => DataType::Boolean,
            ArrowDataType::Int32 => DataType::Int32,
            ArrowDataType::Int64 => DataType::Int64,
            ArrowDataType::UInt32 => DataType::UInt32,
            ArrowDataType::UInt64 => DataType::UInt64,
            ArrowDataType::Float32 => DataType::Float32,
            ArrowDataType::Float64 => DataType::Float64,
            ArrowDataType::BinaryView => DataType::Binary,
            ArrowDataType::Date32 => DataType::Date,
            ArrowDataType::Timestamp(ArrowTimeUnit::Nanosecond, _) => {
                DataType::Datetime(TimeUnit::Nanoseconds, None)
            }
            ArrowDataType::Timestamp(ArrowTimeUnit::Microsecond, _) => {
                DataType::Datetime(TimeUnit::Microseconds, None)
            }
            ArrowDataType::Timestamp(..) => DataType::Datetime(TimeUnit::Milliseconds, None),
            _ => DataType::String,
        }
    }

    pub(super) fn read(
        &self,
        file: &ParquetFile,
        group: usize,
        name: PlSmallStr,
        budget: &ReadBudget,
    ) -> Result<Column> {
        let values = |array: &dyn Array| {
            let value = |row| {
                budget.take_values(json::size(array, row, budget))?;
                Ok(json::value(array, row, budget))
            };
            (0..array.len()).map(value).collect::<Result<Vec<_>>>()
        };
        let series = match self {
            Self::Plain(field) => Series::try_from((name, file.column(group, field, budget)?))?,
            Self::Whole(field) => {
                let values = values(&*file.column(group, field, budget)?)?;
                Series::new(name, values.iter().map(Value::as_i64).collect::<Vec<_>>())
            }
            Self::Json(field) => {
                let values = values(&*file.column(group, field, budget)?)?;
                let text = |value: &Value| (!value.is_null()).then(|| value.to_string());
                Series::new(name, values.iter().map(text).collect::<Vec<_>>())
            }
            Self::Side(field, side) => {
                let array = file.column(group, field, budget)?;
                let boxes = array.as_any().downcast_ref::<StructArray>();
                let index =
                    boxes.and_then(|boxes| boxes.fields().iter().position(|member| member.name == *side));
                match boxes.zip(index) {
                    Some((boxes, index)) => Series::try_from((name, boxes.values()[index].clone()))?,
                    None => Series::new_null(name, array.len()),
                }
                .cast(&DataType::Float64)?
            }
        };
        Ok(series.into_column())
    }
}
