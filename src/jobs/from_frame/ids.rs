use polars::prelude::AnyValue;

use super::cell;
use crate::jobs::schema::shown;

/// Reads one id, or a list of ids.
pub(super) fn ids(cell: &AnyValue) -> Result<Vec<String>, String> {
    match (cell, cell::text(cell)) {
        (AnyValue::List(list), _) => list.iter().filter_map(|cell| id(&cell).transpose()).collect(),
        (_, Some(text)) if text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).map_err(|_| format!("{} is no list of ids", shown(&text.into())))
        }
        _ => Ok(id(cell)?.into_iter().collect()),
    }
}

/// Reads an id without changing it: a rounded number would be another id.
fn id(cell: &AnyValue) -> Result<Option<String>, String> {
    let number = || cell::number(cell).ok().filter(|number| !number.is_f64());
    let id = match cell {
        AnyValue::Null => return Ok(None),
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        _ => number().map(|number| number.to_string()),
    };
    let id = id.ok_or_else(|| format!("a {} is no id: cast it to a text", cell.dtype()))?;
    Ok(Some(id).filter(|id| !id.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use polars::prelude::TimeUnit;

    use super::cell::tests::list;
    use super::*;

    #[test]
    fn ids_are_read_unchanged() {
        let of = |ids: &[&str]| Ok(ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        assert_eq!(ids(&list(["a", "b"])), of(&["a", "b"]));
        assert_eq!(ids(&AnyValue::String("[\"a\"]")), of(&["a"]));
        assert_eq!(ids(&AnyValue::String("a")), of(&["a"]));
        assert_eq!(ids(&AnyValue::String(" ")), of(&[]));
        assert_eq!(ids(&AnyValue::UInt64(u64::MAX)), of(&["18446744073709551615"]));
        assert_eq!(ids(&AnyValue::Float64(1_234_567_890.0)), of(&["1234567890"]));
        assert_eq!(ids(&list([Some(1_234_567_891.0), None])), of(&["1234567891"]));
    }

    #[test]
    fn values_that_would_change_as_an_id_are_refused() {
        let span = AnyValue::Duration(1, TimeUnit::Milliseconds);
        for cell in
            [AnyValue::Binary(b"a"), span, AnyValue::Float64(0.5), AnyValue::Float64(1e17), list([0.5])]
        {
            assert!(ids(&cell).unwrap_err().ends_with(" is no id: cast it to a text"), "{cell}");
        }
        insta::assert_snapshot!(ids(&AnyValue::Date(0)).unwrap_err(), @"a date is no id: cast it to a text");
    }
}
