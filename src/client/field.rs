//! Members of a JSON response.

use serde_json::Value;

use up42_core::error::{Error, Result};

/// Reads a required text field.
pub(crate) fn required(json: &Value, field: &str) -> Result<String> {
    let text = json.get(field).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| Error::response(format!("`{field}` is missing")))
}

/// Reads a text field that may be missing, null or empty.
pub(crate) fn optional(json: &Value, field: &str) -> Option<String> {
    json.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads a required number of credits. Credits are whole; fractions from a server are rounded up
/// here and down in [`balance`], so that no spending limit is exceeded.
pub(crate) fn credits(json: &Value, field: &str) -> Result<i64> {
    amount(json, field, f64::ceil)
}

/// Reads a balance in credits, or the change of one, rounded down.
pub(crate) fn balance(json: &Value, field: &str) -> Result<i64> {
    amount(json, field, f64::floor)
}

fn amount(json: &Value, field: &str, round: fn(f64) -> f64) -> Result<i64> {
    let number = json.get(field).filter(|one| !one.is_null());
    let number = number.ok_or_else(|| Error::response(format!("`{field}` is missing")))?;
    let whole = number.as_i64().or_else(|| {
        let number = round(number.as_f64()?);
        // Above this, `f64` does not represent every whole number.
        (number.abs() <= (1_i64 << f64::MANTISSA_DIGITS) as f64).then_some(number as i64)
    });
    whole.ok_or_else(|| Error::response(format!("`{field}` is no number of credits")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fractions_of_a_credit_are_rounded_up() {
        let json = json!({"int": 99, "float": 12.0, "part": 99.1, "spent": -0.5, "text": "7", "null": null, "huge": 1e300});
        let read = |field| credits(&json, field).map_err(|error| error.to_string());
        assert_eq!([read("int"), read("float"), read("part")], [Ok(99), Ok(12), Ok(100)]);
        assert_eq!(balance(&json, "part").unwrap(), 99);
        assert_eq!(balance(&json, "spent").unwrap(), -1, "what was spent is rounded up");
        assert_eq!(read("null"), Err("`null` is missing".into()));
        for field in ["text", "huge"] {
            assert_eq!(read(field), Err(format!("`{field}` is no number of credits")));
        }
    }
}
