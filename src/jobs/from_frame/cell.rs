//! Conversion of DataFrame cells to parameters of a job.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use polars::prelude::{AnyValue, Column, Series, TimeUnit};
use serde_json::{Number, Value};

use super::place::place;
use crate::jobs::schema::shown;

/// 2^53: larger integers are not exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Suffix of an instant at midnight UTC.
const MIDNIGHT: &str = "T00:00:00Z";

/// Converts a cell to a parameter of this type; `None` if the cell is null.
pub(super) fn parameter(cell: &AnyValue, kind: Option<&str>) -> Result<Option<Value>, String> {
    let value = match (cell, kind) {
        (AnyValue::Null, _) => return Ok(None),
        (_, Some("geometry")) => place(cell)?.map(|area| area.to_geojson()).unwrap_or_default(),
        (AnyValue::Boolean(flag), _) => Value::Bool(*flag),
        (AnyValue::List(list), _) => list_of(list, kind)?,
        _ => match (text(cell), kind) {
            (Some(text), None | Some("string" | "dateRange")) => Value::String(text),
            // Text for other types is parsed as JSON, as in a CSV file.
            (Some(text), Some(kind)) => serde_json::from_str(&text)
                .map_err(|_| format!("{} is no JSON for the type {kind}", shown(&text.into())))?,
            (None, _) => Value::Number(number(cell)?),
        },
    };
    Ok(Some(value))
}

fn list_of(list: &Series, kind: Option<&str>) -> Result<Value, String> {
    let kind = kind.filter(|kind| *kind != "array");
    let values = list.iter().map(|cell| Ok(parameter(&cell, kind)?.unwrap_or_default()));
    values.collect::<Result<Vec<_>, String>>().map(Value::Array)
}

pub(super) fn number(cell: &AnyValue) -> Result<Number, String> {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64);
    match cell {
        AnyValue::Int8(_)
        | AnyValue::Int16(_)
        | AnyValue::Int32(_)
        | AnyValue::Int64(_)
        | AnyValue::UInt8(_)
        | AnyValue::UInt16(_)
        | AnyValue::UInt32(_) => cell.extract::<i64>().map(Number::from),
        AnyValue::UInt64(number) => Some(Number::from(*number)),
        // A column of integers with gaps has often been converted to floats.
        AnyValue::Float32(_) | AnyValue::Float64(_) => cell
            .extract::<f64>()
            .and_then(|number| whole(number).map(Number::from).or(Number::from_f64(number))),
        _ => None,
    }
    .ok_or_else(|| {
        format!(
            "`{}` ({}) is no value for a parameter: cast it to a text or a number",
            describe(cell),
            cell.dtype()
        )
    })
}

/// Returns the text of a cell; dates and instants in ISO 8601.
pub(super) fn text(cell: &AnyValue) -> Option<String> {
    match cell {
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        AnyValue::Date(days) => {
            let days = Span::new().try_days(*days).ok()?;
            Some(Date::constant(1970, 1, 1).checked_add(days).ok()?.to_string())
        }
        AnyValue::Datetime(count, unit, _) | AnyValue::DatetimeOwned(count, unit, _) => {
            let at = match unit {
                TimeUnit::Milliseconds => Timestamp::from_millisecond(*count),
                TimeUnit::Microseconds => Timestamp::from_microsecond(*count),
                TimeUnit::Nanoseconds => Timestamp::from_nanosecond(i128::from(*count)),
            };
            Some(at.ok()?.to_string())
        }
        _ => None,
    }
}

/// Formats a cell for an error or as a name. Polars panics at dates beyond its calendar.
pub(super) fn describe(cell: &AnyValue) -> String {
    let is_plain = cell.is_boolean() || cell.is_primitive_numeric();
    match text(cell) {
        Some(text) => text,
        None if is_plain => cell.to_string(),
        None => "…".to_owned(),
    }
}

/// Returns the name from a cell of any type; `None` if null or blank.
pub(super) fn name(cell: &AnyValue) -> Option<String> {
    match cell {
        AnyValue::Null => None,
        _ => Some(describe(cell)).filter(|name| !name.trim().is_empty()),
    }
}

/// Reads the largest number of images.
pub(super) fn limit(cell: &AnyValue) -> Result<Option<u32>, String> {
    let Some(value) = parameter(cell, Some("number"))? else { return Ok(None) };
    let images = value.as_f64().filter(|images| images.fract() == 0.0);
    let images = images.filter(|images| (0.0..=f64::from(u32::MAX)).contains(images));
    let problem = || format!("{} is not a number of images: give a whole number from 1 up", shown(&value));
    images.map(|images| Some(images as u32)).ok_or_else(problem)
}

/// Reads `start/end`, or one day or instant, which is both.
pub(super) fn dates(cell: &AnyValue) -> Result<Option<(String, String)>, String> {
    let Some(text) = text(cell) else {
        return match cell {
            AnyValue::Null => Ok(None),
            _ => Err(format!(
                "`{}` ({}) is no date: give `start/end`, a text or a date",
                describe(cell),
                cell.dtype()
            )),
        };
    };
    Ok(Some(match text.split_once('/') {
        Some((start, end)) => (start.to_owned(), end.to_owned()),
        None => (text.clone(), text),
    }))
}

/// Returns whether all instants of a column are at midnight UTC: pandas stores days this way.
pub(super) fn are_days(column: &Column) -> bool {
    let is_day = |cell: AnyValue| {
        cell == AnyValue::Null || text(&cell).is_some_and(|moment| moment.ends_with(MIDNIGHT))
    };
    column.dtype().is_datetime() && (0..column.len()).all(|row| column.get(row).is_ok_and(is_day))
}

/// Returns the day of an instant at midnight; other cells are unchanged.
pub(super) fn day(cell: AnyValue) -> AnyValue {
    match text(&cell).as_deref().and_then(|moment| moment.strip_suffix(MIDNIGHT)) {
        Some(day) => AnyValue::StringOwned(day.into()),
        None => cell,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use polars::prelude::{DataType, NamedFrom, PlSmallStr};
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::ids::ids;
    use super::*;

    pub(in crate::jobs::from_frame) fn list<T, P: ?Sized>(values: T) -> AnyValue<'static>
    where
        Series: NamedFrom<T, P>,
    {
        AnyValue::List(Series::new(PlSmallStr::EMPTY, values))
    }

    #[test]
    fn parameters_are_converted_to_the_type_of_the_block() {
        let read = |cell: AnyValue, kind| parameter(&cell, kind).unwrap().unwrap();
        assert_eq!(read(AnyValue::Float64(2.0), Some("number")), json!(2));
        assert_eq!(read(AnyValue::Float32(2.5), Some("number")), json!(2.5));
        assert_eq!(read(AnyValue::UInt64(u64::MAX), Some("number")), json!(u64::MAX));
        assert_eq!(read(AnyValue::String("[\"red\"]"), Some("array")), json!(["red"]));
        assert_eq!(read(AnyValue::String("[1]"), Some("string")), json!("[1]"));
        assert_eq!(read(list(["a", "b"]), Some("array")), json!(["a", "b"]));
        assert_eq!(read(AnyValue::Boolean(true), Some("boolean")), json!(true));
        assert_eq!(read(AnyValue::Date(18_262), Some("string")), json!("2020-01-01"));
        assert_eq!(parameter(&AnyValue::Null, Some("number")), Ok(None));
        insta::assert_snapshot!(parameter(&AnyValue::String("many"), Some("number")).unwrap_err(), @"`many` is no JSON for the type number");
        insta::assert_snapshot!(parameter(&AnyValue::Float64(f64::NAN), Some("number")).unwrap_err(), @"`NaN` (f64) is no value for a parameter: cast it to a text or a number");
        insta::assert_snapshot!(parameter(&AnyValue::Binary(b"x"), None).unwrap_err(), @"`…` (binary) is no value for a parameter: cast it to a text or a number");
    }

    #[test]
    fn all_forms_of_dates_are_read() {
        let day = ("2020-01-01".to_owned(), "2020-01-01".to_owned());
        for cell in [AnyValue::Date(18_262), AnyValue::String("2020-01-01")] {
            assert_eq!(dates(&cell), Ok(Some(day.clone())));
        }
        assert_eq!(dates(&AnyValue::String("a/b")), Ok(Some(("a".into(), "b".into()))));
        let noon = AnyValue::Datetime(1_577_880_000_000_000, TimeUnit::Microseconds, None);
        assert_eq!(text(&noon).unwrap(), "2020-01-01T12:00:00Z");
        assert!(dates(&AnyValue::Float64(2020.0)).unwrap_err().contains("is no date"));
        assert_eq!(text(&AnyValue::Datetime(i64::MAX, TimeUnit::Milliseconds, None)), None, "no such moment");
        assert_eq!(text(&AnyValue::Date(i32::MAX)), None);
    }

    #[test]
    fn a_column_of_midnights_is_a_column_of_days() {
        let column = |moments: &[Option<i64>]| {
            let kind = DataType::Datetime(TimeUnit::Milliseconds, None);
            Column::new("time".into(), moments).cast(&kind).unwrap()
        };
        let days = column(&[Some(1_559_347_200_000), None, Some(-86_400_000)]);
        assert!(are_days(&days) && !are_days(&column(&[Some(0), Some(1)])));
        assert!(!are_days(&column(&[Some(0)]).cast(&DataType::Int64).unwrap()));
        let day_text = |row| text(&day(days.get(row).unwrap()));
        assert_eq!([0, 1, 2].map(day_text), [Some("2019-06-01".into()), None, Some("1969-12-31".into())]);
    }

    #[test]
    fn a_limit_is_a_whole_number() {
        for cell in [AnyValue::Int32(2), AnyValue::Float64(2.0), AnyValue::String("2")] {
            assert_eq!(limit(&cell), Ok(Some(2)));
        }
        assert_eq!(limit(&AnyValue::Null), Ok(None));
        for cell in
            [AnyValue::Int32(-1), AnyValue::UInt64(1 << 32), AnyValue::Float64(1.5), AnyValue::Boolean(true)]
        {
            assert!(limit(&cell).unwrap_err().contains("is not a number of images"), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn any_cell_is_read_or_refused(text in ".*", bytes in prop::collection::vec(any::<u8>(), 0..99), count in any::<i64>()) {
            let units = [TimeUnit::Milliseconds, TimeUnit::Microseconds, TimeUnit::Nanoseconds];
            let moments = units.map(|unit| AnyValue::Datetime(count, unit, None));
            let cells = [AnyValue::String(&text), AnyValue::Binary(&bytes), AnyValue::Int64(count), AnyValue::Date(count as i32)];
            for cell in cells.into_iter().chain(moments) {
                let _ = (place(&cell), dates(&cell), limit(&cell), ids(&cell), name(&cell), day(cell.clone()));
                for kind in [None, Some("geometry"), Some("array"), Some("string"), Some("number")] {
                    let _ = parameter(&cell, kind);
                }
            }
        }
    }
}
