//! Answers in the platform's words: envelopes, error bodies, files.

use serde_json::{Value, json};

/// An answer before it goes on the wire.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What a handler gives back: `?` works for refusals.
pub(super) type Answer = Result<Reply, Reply>;

impl Reply {
    /// A bare JSON body.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::file("application/json", body.to_string().into_bytes()).with_status(status)
    }

    /// The classic envelope around a success.
    pub(super) fn data(data: impl Into<Value>) -> Self {
        let data: Value = data.into();
        Self::json(200, &json!({"data": data, "error": null}))
    }

    /// The classic envelope around a failure. The platform's codes are numbers
    /// here and words there.
    pub(super) fn refused(status: u16, code: impl Into<Value>, message: impl Into<String>) -> Self {
        let error = json!({"code": code.into(), "message": message.into(), "details": null});
        Self::json(status, &json!({"error": error, "data": null}))
    }

    /// An error of the `/v2` family (problem+json).
    pub(super) fn problem(status: u16, title: impl Into<String>) -> Self {
        Self::json(status, &json!({"title": title.into(), "status": status, "detail": {}}))
            .with_header("content-type", "application/problem+json")
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

    /// Sets a header, in the place of one of the same name.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Rewrites the status of every job in the answer.
    pub(super) fn with_job_status(mut self, status: &str) -> Self {
        let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) else { return self };
        match body.get_mut("data") {
            Some(Value::Array(jobs)) => jobs.iter_mut().for_each(|job| restate(job, status)),
            Some(job) => restate(job, status),
            None => {}
        }
        self.body = body.to_string().into_bytes();
        self
    }
}

fn restate(job: &mut Value, status: &str) {
    if let Some(field) = job.get_mut("status") {
        *field = status.into();
    }
}
