//! Responses in the platform's formats: envelopes, error bodies, files.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::request::Request;

/// Response to a request.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Result of a handler; an error response can be returned with `?`.
pub(super) type Answer = Result<Reply, Reply>;

impl Reply {
    /// Returns a JSON body without an envelope.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::file("application/json", body.to_string().into_bytes()).with_status(status)
    }

    /// Returns a success in the classic envelope.
    pub(super) fn data(data: impl Into<Value>) -> Self {
        let data: Value = data.into();
        Self::json(200, &json!({"data": data, "error": null}))
    }

    /// Returns an error in the classic envelope. The platform's codes are numbers or words,
    /// depending on the endpoint.
    pub(super) fn refused(status: u16, code: impl Into<Value>, message: impl Into<String>) -> Self {
        let error = json!({"code": code.into(), "message": message.into(), "details": null});
        Self::json(status, &json!({"error": error, "data": null}))
    }

    pub(super) fn internal_error() -> Self {
        Self::refused(500, 500, "Internal server error")
    }

    /// Returns the error for an unknown path.
    pub(super) fn not_found() -> Self {
        Self::json(404, &json!({"data": null, "error": "Not found!"}))
    }

    /// Returns an error of the `/v2` API (problem+json).
    pub(super) fn problem(status: u16, title: impl Into<String>) -> Self {
        Self::json(status, &json!({"title": title.into(), "status": status, "detail": {}}))
            .with_header("content-type", "application/problem+json")
    }

    /// Returns an error of the storage.
    pub(super) fn xml(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        Self::file("application/xml; charset=UTF-8", body.into_bytes()).with_status(status)
    }

    /// Converts a classic error to the format of the server: XML at the storage, problem+json below
    /// `/v2` and in the STAC and OGC APIs.
    pub(super) fn formatted_for(self, request: &Request) -> Self {
        let below_v2 =
            request.segments.first().is_some_and(|first| ["v2", "stac", "ogc"].contains(&first.as_str()));
        if self.status < 400 || !self.is("application/json") || !(request.to_storage || below_v2) {
            return self;
        }
        let error = serde_json::from_slice::<Value>(&self.body).map(|body| body["error"].clone());
        let error = error.unwrap_or_default();
        let message = error["message"].as_str().or(error.as_str()).unwrap_or_default();
        let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let title = title.unwrap_or("Error");
        let formatted = match request.to_storage {
            true => Self::xml(self.status, &title.replace(' ', ""), message),
            false => Self::problem(self.status, title).with_detail(message),
        };
        let kept = self.headers.into_iter().filter(|(name, _)| *name != "content-type");
        kept.fold(formatted, |formatted, (name, value)| formatted.with_header(name, value))
    }

    fn with_detail(mut self, detail: &str) -> Self {
        if let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) {
            body["detail"] = detail.into();
            self.body = body.to_string().into_bytes();
        }
        self
    }

    fn is(&self, content_type: &str) -> bool {
        let typed = |(name, value): &(&str, String)| *name == "content-type" && value.contains(content_type);
        self.headers.iter().any(typed)
    }

    /// Returns whether the response is JSON of any type.
    pub(super) fn is_json(&self) -> bool {
        !self.body.is_empty() && self.is("json")
    }

    /// Returns whether the response contains a job or an order.
    pub(super) fn has_jobs(&self) -> bool {
        let mut body = serde_json::from_slice::<Value>(&self.body).unwrap_or_default();
        !listed_in(&mut body).is_empty()
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn text(body: impl Into<String>) -> Self {
        Self::file("text/plain;charset=UTF-8", body.into().into_bytes())
    }

    pub(super) fn file(content_type: &str, body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![("content-type", content_type.to_string())], body }
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header, and replaces one of the same name.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Returns the response with the first half of its body.
    pub(super) fn halved(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self
    }

    /// Replaces the status of every job or order in the response.
    pub(super) fn with_job_status(mut self, status: &str) -> Self {
        let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) else { return self };
        listed_in(&mut body).into_iter().for_each(|job| replace_status(job, status));
        self.body = body.to_string().into_bytes();
        self
    }
}

/// Returns the jobs or orders of a response: in the classic envelope, in a page, or a single one.
fn listed_in(body: &mut Value) -> Vec<&mut Value> {
    let list = match body {
        body if body.get("data").is_some() => &mut body["data"],
        body if body.get("content").is_some() => &mut body["content"],
        body => body,
    };
    match list {
        Value::Array(jobs) => jobs.iter_mut().collect(),
        Value::Object(_) => vec![list],
        _ => Vec::new(),
    }
}

fn replace_status(job: &mut Value, status: &str) {
    if let Some(field) = job.get_mut("status") {
        *field = status.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own_format_of_errors() {
        let refused = || Reply::refused(429, 429, "Too many requests").with_header("retry-after", "1");
        let problem = refused().formatted_for(&Request::test("GET", "/v2/catalog/"));
        let body: Value = serde_json::from_slice(&problem.body).unwrap();
        assert_eq!(body, json!({"title": "Too Many Requests", "status": 429, "detail": "Too many requests"}));
        assert!(problem.is("application/problem+json"));
        let storage = Request { to_storage: true, ..Request::test("GET", "/jobs/1/output.tgz") };
        let xml = refused().formatted_for(&storage);
        assert!(
            xml.is("application/xml") && xml.body.ends_with(b"<Message>Too many requests</Message></Error>")
        );
        assert!(xml.headers.contains(&("retry-after", "1".to_string())));
        assert!(refused().formatted_for(&Request::test("GET", "/blocks")).is("application/json"));
    }
}
