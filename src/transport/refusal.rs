//! Error responses of servers.

use jiff::Timestamp;
use reqwest::header::CONTENT_ENCODING;
use serde_json::Value;

use super::attempt::FailedAttempt;
use super::connection::header;
use super::encoding::decode;
use super::retry_after::retry_after;
use up42_core::error::{Error, ErrorKind, ServerError};
use up42_core::json::text_or_number;

/// Largest error response that is read, in bytes.
const LONGEST: usize = 1_000_000;
/// Largest error response without JSON that is used as the message, in bytes.
const LONGEST_TEXT: usize = 1_000;

/// Turns a response with an error status into a failed attempt.
pub(super) async fn refusal(mut answer: reqwest::Response) -> FailedAttempt {
    let status = answer.status().as_u16();
    let wait = retry_after(answer.headers(), Timestamp::now());
    let codings = header(answer.headers(), CONTENT_ENCODING.as_str()).unwrap_or_default();
    let request_id = ["x-request-id", "x-correlation-id", "x-b3-traceid"]
        .iter()
        .find_map(|name| header(answer.headers(), name));
    let mut body = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            break;
        }
    }
    let body = decode(body, &codings, LONGEST).unwrap_or_default();
    let mut server_error = read_refusal(&body);
    server_error.status = status;
    server_error.request_id = request_id;
    FailedAttempt::refused(refused(server_error), wait)
}

/// Returns the error that a document with a success status describes, as some servers send it;
/// `None` for any other document.
pub(crate) fn refused_with(document: &Value, status: u16) -> Option<Error> {
    let is_refusal = ["code", "error", "errors", "detail", "message"]
        .iter()
        .any(|key| document.get(key).is_some_and(|value| !value.is_null()));
    let mut server_error = server_error_in(document);
    server_error.status = status;
    (is_refusal && server_error.message.is_some()).then(|| refused(server_error))
}

/// Turns a server's error into an [`Error`].
pub(crate) fn refused(server_error: ServerError) -> Error {
    let reason = server_error.message.clone().unwrap_or_default();
    let kind = match server_error.status {
        401 => ErrorKind::Auth,
        402 => ErrorKind::Credits,
        403 if reason.to_lowercase().contains("credits") => ErrorKind::Credits,
        403 => ErrorKind::Auth,
        404 | 410 => ErrorKind::NotFound,
        408 | 500..=599 => ErrorKind::Server,
        429 => ErrorKind::Busy,
        400..=499 => ErrorKind::InvalidInput,
        _ => ErrorKind::Response,
    };
    let mut message = server_error.status.to_string();
    if !reason.is_empty() {
        message += &format!(": {reason}");
    }
    match kind {
        _ if server_error.status == 413 => {
            message +=
                ": the request is too large for the server: send less, such as an area with fewer corners";
        }
        ErrorKind::Busy if !reason.contains("jobs") => message += ": wait a little, or ask less often",
        ErrorKind::Auth if reason.is_empty() => message += ": the login is not allowed to do this",
        _ => {}
    }
    if let Some(id) = &server_error.request_id {
        message += &format!(" (request {id})");
    }
    Error::server(kind, message, server_error)
}

/// Reads the body of an error response: JSON, or a line of text.
fn read_refusal(body: &[u8]) -> ServerError {
    match (serde_json::from_slice(body), std::str::from_utf8(body).map(str::trim)) {
        (Ok(json), _) => server_error_in(&json),
        // HTML error pages contain little information and much markup.
        (_, Ok(text)) if !text.starts_with('<') && (1..=LONGEST_TEXT).contains(&text.len()) => {
            ServerError::new(0, None, Some(text.to_owned()))
        }
        _ => ServerError::default(),
    }
}

/// Reads the forms of an error response that the platform has (the classic envelope with an object
/// or a text in `error`, a bare code and message, problem+json) and those of STAC servers.
fn server_error_in(json: &Value) -> ServerError {
    let error = match json.get("error") {
        Some(Value::String(text)) => {
            let message = text_of(json.get("error_description")).unwrap_or_else(|| text.clone());
            return ServerError::new(0, None, Some(message));
        }
        Some(error @ Value::Object(_)) => error,
        _ => json,
    };
    let details: Vec<String> = ["detail", "description", "schema-error"]
        .iter()
        .filter_map(|key| text_of(error.get(key)))
        .chain(listed(error.get("errors"), "name", "message"))
        .chain(listed(error.get("detail"), "loc", "msg"))
        .chain(names(error.get("invalidTaskNames")))
        .collect();
    let head = text_of(error.get("message")).or_else(|| text_of(error.get("title")));
    let message = head.into_iter().chain(details).collect::<Vec<_>>().join(": ");
    ServerError::new(0, text_of(error.get("code")), (!message.is_empty()).then_some(message))
}

/// Returns one text for each invalid field of a list. FastAPI writes a field as a path in a list;
/// NASA's CMR lists plain texts.
fn listed(list: Option<&Value>, name: &str, message: &str) -> impl Iterator<Item = String> {
    let error_text = move |one: &Value| {
        if one.is_string() {
            return text_of(Some(one));
        }
        let field = match one.get(name) {
            Some(Value::Array(path)) => {
                let parts: Vec<_> = path.iter().filter_map(|part| text_of(Some(part))).collect();
                Some(parts.join("."))
            }
            field => text_of(field),
        };
        Some(field.map(|field| field + ": ").unwrap_or_default() + &text_of(one.get(message))?)
    };
    list.and_then(Value::as_array).into_iter().flatten().filter_map(error_text)
}

/// Returns the tasks for which a workflow is rejected (`docs/up42-api.md`, 0.4), as one text.
fn names(list: Option<&Value>) -> Option<String> {
    let names: Vec<_> = list?.as_array()?.iter().filter_map(|name| text_of(Some(name))).collect();
    (!names.is_empty()).then(|| format!("`{}`", names.join("`, `")))
}

/// Returns a text or a number as text: classic codes may be either.
fn text_of(value: Option<&Value>) -> Option<String> {
    text_or_number(value?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_an_error_is_read() {
        let message = |body: &str| read_refusal(body.as_bytes()).message.unwrap_or_default();
        assert_eq!(
            message(r#"{"data":null,"error":{"code":404,"message":"Job not found","details":null}}"#),
            "Job not found"
        );
        assert_eq!(message(r#"{"data":{},"error":"Not found!"}"#), "Not found!");
        assert_eq!(
            message(
                r#"{"title":"Bad Request","status":400,"schema-error":"data.inputs must contain ['item'] properties"}"#
            ),
            "Bad Request: data.inputs must contain ['item'] properties"
        );
        assert_eq!(
            message(r#"{"title":"Unprocessable Entity","status":422,"errors":[{"name":"A","message":"b"}]}"#),
            "Unprocessable Entity: A: b"
        );
        assert_eq!(message(r#"{"code":"NotFoundError","description":"No collection"}"#), "No collection");
        assert_eq!(
            message(
                r#"{"detail":[{"type":"enum","loc":["body","query","gsd"],"msg":"Input should be 'eq'"}]}"#
            ),
            "body.query.gsd: Input should be 'eq'"
        );
        assert_eq!(message(r#"{"detail":"Not Found"}"#), "Not Found");
        assert_eq!(
            message(r#"{"errors":["If provided, limit must be positive", "No such field"]}"#),
            "If provided, limit must be positive: No such field"
        );
        assert_eq!(message("invalid digit found in string\n"), "invalid digit found in string");
        assert_eq!(message("<html>"), "");
        assert_eq!(message(""), "");
        assert_eq!(
            read_refusal(br#"{"error":{"code":"VALIDATION_ERROR","message":"m"}}"#).code.unwrap(),
            "VALIDATION_ERROR"
        );
    }

    #[test]
    fn an_error_with_status_200_is_distinguished_from_documents() {
        let read = |json: Value| refused_with(&json, 200).map(|error| error.to_string());
        let json = serde_json::json!({"code": "NotFoundError", "description": "No collection"});
        assert_eq!(read(json), Some("200: No collection".into()));
        assert_eq!(read(serde_json::json!({"title": "A catalog", "description": "It holds scenes"})), None);
        assert_eq!(read(serde_json::json!({"code": 7, "error": null})), None);
    }
}
