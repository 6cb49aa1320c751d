use serde_json::Value;

use crate::transport::refused;
use up42_core::error::{Error, Result, ServerError};

/// Returns the `data` of a classic response.
///
/// A success status with `data: null` and an `error` is an error as well (`docs/up42-api.md`, 0.3).
pub(crate) fn data(mut json: Value) -> Result<Value> {
    let data = json.get_mut("data").map(Value::take);
    match data {
        Some(data) if !data.is_null() => Ok(data),
        _ if json.get("error").is_some_and(|error| !error.is_null()) => {
            let text =
                |pointer| json.pointer(pointer).map(|value| value.to_string().trim_matches('"').to_owned());
            let message = text("/error/message").or_else(|| text("/error"));
            let status = json.pointer("/error/code").and_then(Value::as_u64).unwrap_or(200) as u16;
            Err(refused(ServerError::new(status, text("/error/code"), message)))
        }
        _ => Err(Error::response("the answer has no `data`")),
    }
}

/// Returns the members of a list in a response; `name` is for the message.
pub(crate) fn items(list: Value, name: &str) -> Result<Vec<Value>> {
    match list {
        Value::Array(items) => Ok(items),
        other => {
            let found = match other {
                Value::Null => "nothing",
                Value::Object(_) => "an object",
                _ => "a value",
            };
            Err(Error::response(format!("`{name}` should be a list, but is {found}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_with_status_200_is_an_error() {
        assert_eq!(data(json!({"data": {"a": 1}, "error": {}})).unwrap(), json!({"a": 1}));
        assert_eq!(data(json!({"data": [], "error": null})).unwrap(), json!([]));
        let error =
            data(json!({"data": null, "error": {"code": 404, "message": "Job not found"}})).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::NotFound);
        assert!(data(json!({"data": null, "error": {}})).is_err());
        assert!(data(json!({"features": []})).is_err());
    }
}
