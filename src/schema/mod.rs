//! A value against what a schema says of it: of a block's parameter (`docs/up42-api.md`,
//! `WorkflowTask`), or of an order's (JSON Schema, draft 7: see [`resolved`]).

mod resolved;

use serde_json::Value;

pub(crate) use resolved::resolved;

use up42_core::time::DateRange;

/// Length of the longest value in a message, in characters.
const SHOWN: usize = 60;

/// The type of a parameter, such as `number` or `dateRange`.
pub(crate) fn kind(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

/// What is wrong with a value, and what would be right. What the schema says in words that
/// are not known here is left to the platform.
pub(crate) fn check(value: &Value, schema: &Value) -> Result<(), String> {
    if value.is_null() && schema.get("nullable").is_some_and(|nullable| nullable == true) {
        return Ok(());
    }
    for key in ["anyOf", "oneOf"] {
        // Which of several was meant is unknown: the message lists all.
        let parts = schema.get(key).and_then(Value::as_array).filter(|parts| !parts.is_empty());
        let refused =
            parts.map(|parts| parts.iter().map(|part| check(value, part).err()).collect::<Option<Vec<_>>>());
        if let Some(Some(refused)) = refused {
            return Err(refused.join(", and "));
        }
    }
    let wrong = |wanted: &str| Err(format!("{} is not {wanted}", shown(value)));
    match kind(schema) {
        Some("array") if !value.is_array() => return wrong("a list"),
        Some("number") if !value.is_number() => return wrong("a number"),
        Some("integer") if value.as_f64().is_none_or(|number| number.fract() != 0.0) => {
            return wrong("a whole number");
        }
        Some("boolean") if !value.is_boolean() => return wrong("true or false"),
        Some("string") if !value.is_string() => return wrong("a text"),
        Some("object" | "geometry") if !value.is_object() => return wrong("an object"),
        Some("dateRange") => match value.as_str().and_then(|text| text.split_once('/')) {
            // The platform is sent the text as it stands, and knows no months and years.
            Some((start, end)) if [start, end].iter().any(|end| matches!(end.trim().len(), 4 | 7)) => {
                return wrong("an interval of days or instants");
            }
            Some((start, end)) => {
                DateRange::parse(start, end).map(drop).map_err(|error| error.to_string())?
            }
            None => return wrong("an interval, such as `2019-01-01T00:00:00Z/2019-12-31T23:59:59Z`"),
        },
        _ => {}
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    match (value.as_f64(), bound("minimum"), bound("maximum")) {
        (Some(number), Some(least), _) if number < least => {
            return Err(format!("{value} is less than {least}"));
        }
        (Some(number), _, Some(most)) if number > most => return Err(format!("{value} is more than {most}")),
        _ => {}
    }
    match schema.get("enum").and_then(Value::as_array) {
        Some(allowed) if !allowed.is_empty() && !allowed.contains(value) => {
            let allowed: Vec<_> = allowed.iter().map(shown).collect();
            Err(format!("{} is none of {}", shown(value), allowed.join(", ")))
        }
        _ => Ok(()),
    }
}

/// In backticks, and not too long.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("`{}…`", &text[..cut]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn message(value: Value, schema: Value) -> String {
        check(&value, &schema).unwrap_err()
    }

    #[test]
    fn each_type_has_an_error_message() {
        for (kind, right, wrong, words) in [
            ("array", json!([1]), json!("x"), "`x` is not a list"),
            ("number", json!(1.5), json!("1.5"), "`1.5` is not a number"),
            ("integer", json!(2), json!(2.5), "`2.5` is not a whole number"),
            ("boolean", json!(true), json!("true"), "`true` is not true or false"),
            ("string", json!("x"), json!(1), "`1` is not a text"),
            ("geometry", json!({"type": "Polygon"}), json!("POLYGON"), "`POLYGON` is not an object"),
        ] {
            assert_eq!(check(&right, &json!({"type": kind})), Ok(()), "{kind}");
            assert_eq!(message(wrong, json!({"type": kind})), words);
        }
        let dates = json!({"type": "dateRange"});
        assert_eq!(check(&json!("2019-01-01T00:00:00+00:00/2019-12-31T23:59:59+00:00"), &dates), Ok(()));
        assert!(message(json!("2019"), dates.clone()).starts_with("`2019` is not an interval, such as"));
        assert_eq!(
            message(json!("2019-01/.."), dates.clone()),
            "`2019-01/..` is not an interval of days or instants"
        );
        assert!(message(json!("2019-13-01/2020-01-01"), dates).starts_with("date `2019-13-01`: write"));
        assert_eq!(check(&json!(1), &json!({"type": "colour"})), Ok(()), "a type of tomorrow");
    }

    #[test]
    fn errors_contain_bounds_and_choices() {
        let schema = json!({"type": "number", "minimum": 1, "maximum": 20});
        assert_eq!(message(json!(0), schema.clone()), "0 is less than 1");
        assert_eq!(message(json!(21), schema.clone()), "21 is more than 20");
        assert_eq!(check(&json!(20), &schema), Ok(()));
        assert_eq!(
            message(json!("hard"), json!({"enum": ["soft", "medium"]})),
            "`hard` is none of `soft`, `medium`"
        );
    }

    #[test]
    fn any_of_needs_one_match() {
        let either = json!({"anyOf": [{"type": "number"}, {"type": "boolean"}], "nullable": true});
        assert_eq!(message(json!("x"), either.clone()), "`x` is not a number, and `x` is not true or false");
        for right in [json!(7), json!(true), json!(null)] {
            assert_eq!(check(&right, &either), Ok(()));
        }
        assert!(check(&json!(null), &json!({"type": "number"})).is_err());
    }

    proptest! {
        #[test]
        fn any_value_is_checked_without_a_panic(text in ".*", kind in "[a-zA-Z]*", number in any::<f64>()) {
            for value in [json!(text), json!(number), json!([text.as_str()])] {
                let _ = check(&value, &json!({"type": kind, "minimum": number, "enum": [text.as_str()]}));
                let _ = check(&value, &json!({"type": "dateRange", "maximum": text.as_str(), "enum": text.as_str()}));
            }
        }
    }
}
