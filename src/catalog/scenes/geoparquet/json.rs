//! Arrays of any type as JSON, value by value: how nested columns reach a frame or a
//! scene.

use jiff::Timestamp;
use jiff::civil::date;
use polars_arrow::array::{
    Array, BooleanArray, FixedSizeListArray, ListArray, MapArray, PrimitiveArray, StructArray, Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use polars_arrow::types::NativeType;
use serde_json::{Map, Value};

/// The value of a row; null where there is none, or where JSON has no such value. Members
/// of a struct that are null are left out: in Parquet all rows have all of them.
pub(super) fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.dtype() {
        ArrowDataType::Boolean => get(array, |a: &BooleanArray| a.value(row).into()),
        ArrowDataType::Utf8View => get(array, |a: &Utf8ViewArray| a.value(row).into()),
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
        ArrowDataType::List(_) => get(array, |a: &ListArray<i32>| list(&*a.value(row))),
        ArrowDataType::LargeList(_) => get(array, |a: &ListArray<i64>| list(&*a.value(row))),
        ArrowDataType::FixedSizeList(..) => get(array, |a: &FixedSizeListArray| list(&*a.value(row))),
        ArrowDataType::Map(..) => get(array, |a: &MapArray| list(&*a.value(row))),
        ArrowDataType::Struct(fields) => get(array, |a: &StructArray| {
            let members = fields.iter().zip(a.values());
            let members = members.map(|(field, values)| (field.name.to_string(), value(&**values, row)));
            Value::Object(members.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }),
        _ => Value::Null,
    }
}

/// The instant of a count since 1970.
pub(super) fn instant(count: i64, unit: TimeUnit) -> Option<Timestamp> {
    match unit {
        TimeUnit::Second => Timestamp::from_second(count),
        TimeUnit::Millisecond => Timestamp::from_millisecond(count),
        TimeUnit::Microsecond => Timestamp::from_microsecond(count),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(count.into()),
    }
    .ok()
}

fn get<A: 'static>(array: &dyn Array, read: impl Fn(&A) -> Value) -> Value {
    array.as_any().downcast_ref().map(read).unwrap_or_default()
}

fn number<T: NativeType + Into<Value>>(array: &dyn Array, row: usize) -> Value {
    get(array, |array: &PrimitiveArray<T>| array.value(row).into())
}

fn list(values: &dyn Array) -> Value {
    (0..values.len()).map(|row| value(values, row)).collect()
}
