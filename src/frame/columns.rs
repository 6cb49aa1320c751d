//! Properties of many records as columns, each with the narrowest dtype for its values.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use polars::prelude::{Column, IntoColumn, NamedFrom, Series, TimeUnit};
use serde_json::{Map, Value};

use super::instants;
use up42_core::error::Result;
use up42_core::redact;
use up42_core::time::parse_timestamp;

/// One property of all records.
#[derive(Debug)]
pub(crate) struct Property<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) values: Values<'a>,
}

/// Values of a column; `None` if a record lacks the property or has null.
#[derive(Debug, PartialEq)]
pub(crate) enum Values<'a> {
    Boolean(Vec<Option<bool>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Instant(Vec<Option<Timestamp>>),
    Text(Vec<Option<Cow<'a, str>>>),
    /// Lists, objects, and values of mixed types, as JSON text.
    Json(Vec<Option<String>>),
}

/// Returns the properties of all records, sorted by name.
pub(crate) fn properties<'a>(records: impl IntoIterator<Item = &'a Map<String, Value>>) -> Vec<Property<'a>> {
    let mut found: Vec<(&str, Vec<(usize, &Value)>)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut rows = 0;
    for (row, record) in records.into_iter().enumerate() {
        rows = row + 1;
        // Records usually have the same properties in the same order: check the next column first.
        let mut next = 0;
        for (name, value) in record {
            let at = match found.get(next) {
                Some((expected, _)) if expected == name => next,
                _ => *index.entry(name).or_insert_with(|| {
                    found.push((name, Vec::new()));
                    found.len() - 1
                }),
            };
            next = at + 1;
            if !value.is_null() {
                found[at].1.push((row, value));
            }
        }
    }
    let found: BTreeMap<_, _> = found.into_iter().collect();
    let mut taken = HashSet::new();
    let column = |(name, cells): (_, Vec<_>)| {
        let mut name = redact::data(name);
        // Two names may become the same when their secrets are removed.
        while !taken.insert(name.clone()) {
            name += "'";
        }
        Property { name, values: Values::of(&cells, rows) }
    };
    found.into_iter().map(column).collect()
}

impl Property<'_> {
    /// Converts the values to a Polars column with this name; instants are UTC.
    pub(crate) fn column(&self, name: &str, unit: TimeUnit) -> Result<Column> {
        let name = name.into();
        Ok(match &self.values {
            Values::Boolean(values) => Series::new(name, values).into_column(),
            Values::Integer(values) => Series::new(name, values).into_column(),
            Values::Number(values) => Series::new(name, values).into_column(),
            Values::Instant(values) => instants(&name, values, unit)?,
            Values::Text(values) => Series::new(name, values).into_column(),
            Values::Json(values) => Series::new(name, values).into_column(),
        })
    }
}

impl<'a> Values<'a> {
    /// Returns the narrowest column for the cells, which are given with their rows.
    fn of(cells: &[(usize, &'a Value)], rows: usize) -> Self {
        fn filled<T>(
            cells: &[(usize, &Value)],
            rows: usize,
            read: impl Fn(&Value) -> Option<T>,
        ) -> Option<Vec<Option<T>>> {
            let mut column: Vec<Option<T>> = (0..rows).map(|_| None).collect();
            for (row, value) in cells {
                column[*row] = Some(read(value)?);
            }
            Some(column)
        }
        let first = cells.first().map(|(_, value)| *value);
        let narrow = match first {
            Some(Value::Bool(_)) => filled(cells, rows, Value::as_bool).map(Self::Boolean),
            Some(Value::Number(_)) => filled(cells, rows, Value::as_i64)
                .map(Self::Integer)
                .or_else(|| filled(cells, rows, Value::as_f64).map(Self::Number)),
            Some(Value::String(_)) => filled(cells, rows, |value| instant(value.as_str()?))
                .map(Self::Instant)
                .or_else(|| Self::text(cells, rows)),
            Some(_) => None,
            None => Self::text(cells, rows),
        };
        narrow.unwrap_or_else(|| {
            Self::Json(
                filled(cells, rows, |value| Some(redact::json(&value.to_string()).into_owned()))
                    .unwrap_or_default(),
            )
        })
    }

    fn text(cells: &[(usize, &'a Value)], rows: usize) -> Option<Self> {
        let mut column = vec![None; rows];
        for (row, value) in cells {
            column[*row] = Some(redact::data(value.as_str()?));
        }
        Some(Self::Text(column))
    }
}

/// Parses an instant, which has a date and a time; dates alone remain text.
fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let is_one = bytes.len() >= 19 && bytes[4] == b'-' && matches!(bytes[10], b'T' | b't' | b' ');
    is_one.then(|| parse_timestamp(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(values: Value) -> String {
        let values = values.as_array().unwrap().iter();
        let records: Vec<_> = values.map(|value| Map::from_iter([("p".to_owned(), value.clone())])).collect();
        format!("{:?}", properties(&records)[0].values)
    }

    #[test]
    fn a_column_has_the_narrowest_type_for_its_values() {
        assert_eq!(column(json!([true, null])), "Boolean([Some(true), None])");
        assert_eq!(column(json!([1, 2])), "Integer([Some(1), Some(2)])");
        assert_eq!(column(json!([1, 2.5])), "Number([Some(1.0), Some(2.5)])");
        assert_eq!(column(json!([18446744073709551615u64])), "Number([Some(1.8446744073709552e19)])");
        assert_eq!(column(json!(["a", null, "b"])), r#"Text([Some("a"), None, Some("b")])"#);
        assert_eq!(column(json!(["2020-06-01T11:34:00.5Z"])), "Instant([Some(2020-06-01T11:34:00.5Z)])");
        assert_eq!(
            column(json!(["2020-06-01T11:34:00Z", "soon"])),
            r#"Text([Some("2020-06-01T11:34:00Z"), Some("soon")])"#
        );
        assert_eq!(column(json!(["20200601"])), r#"Text([Some("20200601")])"#);
        assert_eq!(column(json!([1, "a"])), r#"Json([Some("1"), Some("\"a\"")])"#);
        assert_eq!(column(json!([[1], {"a": 2}])), r#"Json([Some("[1]"), Some("{\"a\":2}")])"#);
        assert_eq!(column(json!([null])), "Text([None])");
    }

    #[test]
    fn columns_are_sorted_by_name() {
        let record = |json: Value| json.as_object().unwrap().clone();
        let records = [record(json!({"b": 1, "c": 2})), record(json!({"c": 3, "a": 4})), record(json!({}))];
        let columns: Vec<_> = properties(&records)
            .iter()
            .map(|column| format!("{} {:?}", column.name, column.values))
            .collect();
        assert_eq!(
            columns,
            [
                "a Integer([None, Some(4), None])",
                "b Integer([Some(1), None, None])",
                "c Integer([Some(2), Some(3), None])"
            ]
        );
    }
}
