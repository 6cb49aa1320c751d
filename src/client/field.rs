//! Members of an answer.

use serde_json::Value;

use crate::error::{Error, Result};

/// A text field that the platform promises.
pub(crate) fn required(json: &Value, field: &str) -> Result<String> {
    let text = json.get(field).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| Error::response(format!("`{field}` is missing")))
}

/// A text field that may be missing or null.
pub(crate) fn optional(json: &Value, field: &str) -> Option<String> {
    json.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number of credits that the platform promises; some servers write `12.0`.
pub(crate) fn whole(json: &Value, field: &str) -> Result<i64> {
    let credits = json.get(field);
    let credits = credits.and_then(|one| one.as_i64().or_else(|| one.as_f64().map(|one| one as i64)));
    credits.ok_or_else(|| Error::response(format!("`{field}` is missing")))
}
