//! JSON from external sources: [`Walk`] skips values without parsing them, and [`size()`] estimates
//! the memory of a document before it is parsed.

mod size;
mod walk;

use serde_json::Value;
pub use size::{MOST_PER_BYTE, size, size_of_coordinates};
pub use walk::Walk;

/// Returns a text that is not empty, or a number as text.
pub fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
