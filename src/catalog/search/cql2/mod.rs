//! Whole filters in CQL2 (OGC 21-065r2).
//!
//! - [`parse`]: CQL2 text to CQL2 JSON; [`tokens`]: its names, texts, numbers and signs.

mod parse;
#[cfg(test)]
mod tests;
mod tokens;

use std::fmt;

use serde_json::Value;

use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// Filter in CQL2, the filter language of OGC (21-065), for [`Search::cql2`](super::Search::cql2).
///
/// ```
/// # use up42::catalog::Cql2;
/// # use up42::serde_json::json;
/// let filter = Cql2::new("NOT platform LIKE 'PHR%' OR gsd < 1")?;
/// let pleiades = json!({"op": "like", "args": [{"property": "platform"}, "PHR%"]});
/// let fine = json!({"op": "<", "args": [{"property": "gsd"}, 1]});
/// let expected = json!({"op": "or", "args": [{"op": "not", "args": [pleiades]}, fine]});
/// assert_eq!(filter.json(), &expected);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cql2 {
    json: Value,
    text: Option<String>,
}

impl Cql2 {
    /// Reads a filter from CQL2 text or CQL2 JSON. Text that begins with `{` is JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not valid CQL2,
    /// or is not a condition. Of JSON, only the outermost operation is checked.
    pub fn new(expression: impl Into<Value>) -> Result<Self> {
        let expression = expression.into();
        let read = match &expression {
            Value::String(text) => Self::read(text.trim()),
            json => Ok(Self { json: json.clone(), text: None }),
        };
        let checked = read.and_then(|filter| match is_condition(&filter.json) {
            true => Ok(filter),
            false => Err(Error::invalid("this is not a condition, such as `gsd < 1`")),
        });
        checked.with_context(|| format!("filter `{}`", shown(&expression)))
    }

    fn read(text: &str) -> Result<Self> {
        if text.starts_with('{') {
            let json = serde_json::from_str(text);
            let json = json.map_err(|error| Error::invalid(format!("this is not JSON: {error}")))?;
            return Ok(Self { json, text: None });
        }
        Ok(Self { json: parse::parse(text)?, text: Some(text.to_owned()) })
    }

    /// Returns the filter as CQL2 JSON.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Returns the filter as CQL2 text; `None` if it was read from JSON.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl fmt::Display for Cql2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => write!(f, "{}", self.json),
        }
    }
}

/// Returns whether an expression is an operation, other than arithmetic.
fn is_condition(expression: &Value) -> bool {
    let op = expression.get("op").and_then(Value::as_str);
    let is_computed = |op: &str| ["+", "-", "*", "/", "%", "^", "div"].contains(&op);
    op.is_some_and(|op| !is_computed(op)) && expression.get("args").is_some_and(Value::is_array)
}

/// Returns a filter as it was given, shortened for a message.
fn shown(expression: &Value) -> String {
    match expression {
        Value::String(text) => sanitize(text.trim(), 200),
        json => sanitize(&json.to_string(), 200),
    }
}
