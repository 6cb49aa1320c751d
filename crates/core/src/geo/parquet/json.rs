//! Arrays of any type as JSON values, for nested columns of frames and scenes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use geo::{CoordsIter, Geometry, Polygon};
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, FixedSizeListArray, ListArray, MapArray,
    PrimitiveArray, StructArray, Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use polars_arrow::types::NativeType;
use serde_json::{Map, Value};

use crate::geo::{geometry_to_json, wkb};
use crate::limits::ReadBudget;

/// Returns the value of a row as JSON; `null` if there is none. Members of a struct that are null
/// are omitted: in Parquet all rows have all members. WKB is returned as a GeoJSON geometry, and
/// other bytes as text, or in base64 if they are not valid text; so is a geometry with more
/// positions or parts than the budget has positions left.
pub fn value(array: &dyn Array, row: usize, budget: &ReadBudget) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.dtype() {
        ArrowDataType::Boolean => get(array, |a: &BooleanArray| a.value(row).into()),
        ArrowDataType::Utf8View => get(array, |a: &Utf8ViewArray| a.value(row).into()),
        ArrowDataType::BinaryView => get(array, |a: &BinaryViewArray| bytes(a.value(row), budget)),
        ArrowDataType::FixedSizeBinary(_) => get(array, |a: &FixedSizeBinaryArray| encoded(a.value(row))),
        ArrowDataType::Decimal(_, scale) => {
            get(array, |a: &PrimitiveArray<i128>| (a.value(row) as f64 / 10f64.powi(*scale as i32)).into())
        }
        ArrowDataType::Time32(unit) => get(array, |a: &PrimitiveArray<i32>| time(a.value(row).into(), *unit)),
        ArrowDataType::Time64(unit) => get(array, |a: &PrimitiveArray<i64>| time(a.value(row), *unit)),
        ArrowDataType::Int8 => number::<i8>(array, row),
        ArrowDataType::Int16 => number::<i16>(array, row),
        ArrowDataType::Int32 => number::<i32>(array, row),
        ArrowDataType::Int64 => number::<i64>(array, row),
        ArrowDataType::UInt8 => number::<u8>(array, row),
        ArrowDataType::UInt16 => number::<u16>(array, row),
        ArrowDataType::UInt32 => number::<u32>(array, row),
        ArrowDataType::UInt64 => number::<u64>(array, row),
        ArrowDataType::Float32 => number::<f32>(array, row),
        ArrowDataType::Float64 => number::<f64>(array, row),
        ArrowDataType::Timestamp(unit, _) => {
            get(array, |a: &PrimitiveArray<i64>| instant(a.value(row), *unit).map(|at| at.to_string()).into())
        }
        ArrowDataType::Date32 => get(array, |a: &PrimitiveArray<i32>| {
            let days = jiff::Span::new().try_days(a.value(row)).ok();
            days.and_then(|days| date(1970, 1, 1).checked_add(days).ok()).map(|day| day.to_string()).into()
        }),
        ArrowDataType::List(_) => get(array, |a: &ListArray<i32>| list(&*a.value(row), budget)),
        ArrowDataType::LargeList(_) => get(array, |a: &ListArray<i64>| list(&*a.value(row), budget)),
        ArrowDataType::FixedSizeList(..) => get(array, |a: &FixedSizeListArray| list(&*a.value(row), budget)),
        ArrowDataType::Map(..) => get(array, |a: &MapArray| list(&*a.value(row), budget)),
        ArrowDataType::Struct(fields) => get(array, |a: &StructArray| {
            let members = fields.iter().zip(a.values());
            let members =
                members.map(|(field, values)| (field.name.to_string(), value(&**values, row, budget)));
            Value::Object(members.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }),
        _ => Value::Null,
    }
}

/// Memory in bytes of a JSON value, of a member, and of a list or an object without its contents.
const VALUE: u64 = 64;

/// Memory in bytes of a position of a geometry, and of a ring or a geometry in it, each of which is
/// an object.
const POSITION: u64 = 256;
const PART: u64 = 704;

/// Estimates the memory in bytes of the [`value`] of a row: a file may refer to one long text in
/// every row, and in every element of a list.
pub fn size(array: &dyn Array, row: usize, budget: &ReadBudget) -> u64 {
    if array.is_null(row) {
        return VALUE;
    }
    let of_list = |values: Box<dyn Array>| {
        (0..values.len()).fold(0, |sum: u64, row| sum.saturating_add(size(&*values, row, budget)))
    };
    let inside = match array.dtype() {
        ArrowDataType::Utf8View => of(array, |a: &Utf8ViewArray| a.value(row).len() as u64),
        ArrowDataType::BinaryView => of(array, |a: &BinaryViewArray| {
            let bytes = a.value(row);
            wkb::read(bytes, budget).map_or(2 * bytes.len() as u64, |shape| {
                POSITION * shape.coords_count() as u64 + PART * parts(&shape)
            })
        }),
        ArrowDataType::FixedSizeBinary(_) => {
            of(array, |a: &FixedSizeBinaryArray| 2 * a.value(row).len() as u64)
        }
        ArrowDataType::List(_) => of(array, |a: &ListArray<i32>| of_list(a.value(row))),
        ArrowDataType::LargeList(_) => of(array, |a: &ListArray<i64>| of_list(a.value(row))),
        ArrowDataType::FixedSizeList(..) => of(array, |a: &FixedSizeListArray| of_list(a.value(row))),
        ArrowDataType::Map(..) => of(array, |a: &MapArray| of_list(a.value(row))),
        ArrowDataType::Struct(fields) => of(array, |a: &StructArray| {
            let members = fields.iter().zip(a.values());
            members.fold(0, |sum: u64, (field, values)| {
                let member = 2 * VALUE + field.name.len() as u64;
                sum.saturating_add(member).saturating_add(size(&**values, row, budget))
            })
        }),
        _ => 0,
    };
    VALUE.saturating_add(inside)
}

/// Returns the number of rings and geometries in a geometry, itself included.
fn parts(shape: &Geometry) -> u64 {
    let rings = |polygon: &Polygon| 1 + polygon.interiors().len() as u64;
    match shape {
        Geometry::Polygon(polygon) => 1 + rings(polygon),
        Geometry::MultiPolygon(many) => 1 + many.iter().map(|polygon| 1 + rings(polygon)).sum::<u64>(),
        Geometry::MultiLineString(many) => 1 + many.0.len() as u64,
        Geometry::GeometryCollection(many) => 1 + many.iter().map(parts).sum::<u64>(),
        _ => 1,
    }
}

fn of<A: 'static>(array: &dyn Array, size: impl Fn(&A) -> u64) -> u64 {
    array.as_any().downcast_ref().map_or(0, size)
}

/// Returns the instant of a number of units since 1970.
fn instant(count: i64, unit: TimeUnit) -> Option<Timestamp> {
    match unit {
        TimeUnit::Second => Timestamp::from_second(count),
        TimeUnit::Millisecond => Timestamp::from_millisecond(count),
        TimeUnit::Microsecond => Timestamp::from_microsecond(count),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(count.into()),
    }
    .ok()
}

/// STAC-GeoParquet stores `proj:geometry` as WKB, in the coordinates of its own system; Parquet
/// stores JSON and the values of an `enum` as bytes of text.
fn bytes(bytes: &[u8], budget: &ReadBudget) -> Value {
    match (wkb::read(bytes, budget), std::str::from_utf8(bytes)) {
        (Ok(shape), _) => geometry_to_json(&shape),
        (_, Ok(text)) => text.into(),
        _ => encoded(bytes),
    }
}

fn encoded(bytes: &[u8]) -> Value {
    BASE64_STANDARD.encode(bytes).into()
}

/// Returns a time of day, as that of an instant on 1970-01-01.
fn time(count: i64, unit: TimeUnit) -> Value {
    instant(count, unit).map(|at| at.to_zoned(TimeZone::UTC).time().to_string()).into()
}

fn get<A: 'static>(array: &dyn Array, read: impl Fn(&A) -> Value) -> Value {
    array.as_any().downcast_ref().map(read).unwrap_or_default()
}

fn number<T: NativeType + Into<Value>>(array: &dyn Array, row: usize) -> Value {
    get(array, |array: &PrimitiveArray<T>| array.value(row).into())
}

fn list(values: &dyn Array, budget: &ReadBudget) -> Value {
    (0..values.len()).map(|row| value(values, row, budget)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReadLimits;

    /// Returns a collection of `count` polygons without a ring.
    fn hollow(count: u32) -> Vec<u8> {
        let part = [1, 3, 0, 0, 0, 0, 0, 0, 0];
        [&[1, 7, 0, 0, 0][..], &count.to_le_bytes(), &part.repeat(count as usize)].concat()
    }

    #[test]
    fn shapes_count_by_their_parts() {
        let budget = ReadBudget::default();
        let size = |bytes: &[u8]| size(&BinaryViewArray::from_slice_values([bytes]), 0, &budget);
        assert_eq!(size(&hollow(1_000)), VALUE + PART * 2_001);
        // Any byte order except 0 is little-endian.
        let mut other = hollow(1_000);
        other[0] = 9;
        assert_eq!(size(&other), VALUE + PART * 2_001);
        let point = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat();
        assert_eq!(size(&point), VALUE + PART + POSITION);
        assert_eq!(size(b"{}"), VALUE + 4);
    }

    #[test]
    fn shapes_are_read_within_the_budget() {
        let array = BinaryViewArray::from_slice_values([hollow(4)]);
        let read = |positions| value(&array, 0, &ReadBudget::new(ReadLimits::default().positions(positions)));
        assert_eq!(read(4)["geometries"].as_array().map(Vec::len), Some(4));
        assert!(read(3).is_string());
    }
}
