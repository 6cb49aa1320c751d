use std::fmt;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::Secret;
use super::repair_unicode::repaired_unicode;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::limits::ReadBudget;
use up42_core::redact;

/// Number of characters that messages quote of a response that is not JSON.
const QUOTED: usize = 60;
/// Bytes of the response that are redacted before the quote is cut from them, so that no secret is
/// cut in two.
const READ: usize = 4_000;
/// Largest response that is read into memory, in bytes; downloads to files have no limit.
pub(super) const LARGEST: usize = 256_000_000;

/// HTTP request as plain data: it can be sent again, and crosses threads.
#[derive(Clone, PartialEq, Hash)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Absolute URL; see [`Request::is_signed`] for its display.
    pub(crate) url: String,
    pub(crate) query: Vec<(String, String)>,
    /// Additional header fields, from a link; their values may be secret.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) body: Body,
    pub(crate) login: Login,
    /// Whether JSON is preferred: some servers also have HTML pages.
    pub(crate) wants_json: bool,
    /// Whether a response is requested before the work is done (RFC 7240, `respond-async`).
    pub(crate) is_async: bool,
    /// Whether it creates something or costs money; see [`RetryPolicy`](super::RetryPolicy).
    pub(crate) is_charging: bool,
    /// Whether the URL itself is secret, and is never shown.
    pub(crate) is_signed: bool,
    /// Whether the response contains a token or a key, and is never quoted.
    pub(crate) is_secret: bool,
    /// First byte requested, for a resumed download.
    pub(crate) from_byte: u64,
    /// Validator for `If-Range`: if the file has changed, the server sends all of it.
    pub(crate) if_range: Option<String>,
    /// Largest response that is read into memory, in bytes after decoding.
    pub(crate) largest: usize,
    /// Statuses after which the request is not retried, since the caller then sends a different
    /// request.
    pub(crate) no_retry_statuses: &'static [u16],
}

#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) enum Body {
    None,
    Json(Value),
    /// Merge patch, which changes some members of an object.
    Merge(Value),
    Form(Vec<(&'static str, Secret)>),
}

/// Login that a request is sent with.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) enum Login {
    /// The client's token or credentials, sent to the API and the login server only.
    Token,
    Basic(String, Secret),
    None,
}

impl Request {
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            login: Login::Token,
            wants_json: false,
            is_async: false,
            is_charging: false,
            is_signed: false,
            is_secret: false,
            from_byte: 0,
            if_range: None,
            largest: LARGEST,
            no_retry_statuses: &[],
        }
    }

    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Makes a POST that only reads, such as a search.
    pub(crate) fn post(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::POST, url) }
    }

    pub(crate) fn put(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::PUT, url) }
    }

    /// Makes a PATCH that changes some members of an object.
    pub(crate) fn patch(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::PATCH, url) }
    }

    /// Makes a PATCH with a merge patch (RFC 7396): `null` removes a member.
    pub(crate) fn merge_patch(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Merge(body), ..Self::new(Method::PATCH, url) }
    }

    pub(crate) fn delete(url: impl Into<String>) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// Makes a GET of a signed URL, which needs no login and appears in no message.
    pub(crate) fn signed(url: &Secret) -> Self {
        Self { login: Login::None, is_signed: true, ..Self::get(url.reveal()) }
    }

    /// Makes a POST of a form, as login endpoints expect it.
    pub(crate) fn form(url: impl Into<String>, fields: Vec<(&'static str, Secret)>) -> Self {
        Self { body: Body::Form(fields), login: Login::None, ..Self::new(Method::POST, url) }.secret()
    }

    /// Marks a request whose response contains a token or a key.
    pub(crate) fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header field that a link asks for, or replaces it. Ignores invalid fields, and those
    /// that control the connection or the login.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let is_ours =
            ["authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"];
        let is_sent = HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok();
        if is_sent && !is_ours.contains(&&*name) {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, Secret::new(value)));
        }
        self
    }

    pub(crate) fn login(mut self, login: Login) -> Self {
        self.login = login;
        self
    }

    /// Marks a request that creates something or costs money.
    pub(crate) fn mark_charging(mut self) -> Self {
        self.is_charging = true;
        self
    }

    /// Prefers JSON to other forms of the response.
    pub(crate) fn wants_json(mut self) -> Self {
        self.wants_json = true;
        self
    }

    /// Requests a response before the work is done.
    pub(crate) fn respond_async(mut self) -> Self {
        self.is_async = true;
        self
    }

    /// Sets the largest response that is accepted, in bytes.
    pub(crate) fn at_most(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Returns whether the client's token may be sent with the request: to the origin of `api`
    /// only.
    pub(crate) fn sends_token_to(&self, api: &url::Url) -> bool {
        matches!(self.login, Login::Token)
            && url::Url::parse(&self.url).is_ok_and(|url| url.origin() == api.origin())
    }

    /// Returns the body, if it is JSON.
    pub(crate) fn json_body(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(json),
            _ => None,
        }
    }

    /// Returns the `limit` in the body, else in the query.
    pub(crate) fn limit(&self) -> Option<usize> {
        let of_body = self.json_body().and_then(|body| Some(body.get("limit")?.as_u64()? as usize));
        let of_query = || self.query.iter().find(|(name, _)| name == "limit")?.1.parse().ok();
        of_body.or_else(of_query)
    }

    /// Returns the request with another `limit`.
    pub(crate) fn with_limit(mut self, limit: usize) -> Self {
        if let Body::Json(Value::Object(body)) = &mut self.body {
            body.insert("limit".to_owned(), limit.into());
        }
        self.query
            .iter_mut()
            .filter(|(name, _)| name == "limit")
            .for_each(|(_, value)| *value = limit.to_string());
        self
    }

    /// Returns the method and the path for messages, without secrets.
    pub(crate) fn shown(&self) -> String {
        if self.is_signed {
            return format!("{} a signed URL", self.method);
        }
        match url::Url::parse(&self.url) {
            Ok(url) => format!("{} {}", self.method, redact::path(url.path())),
            Err(_) => format!("{} an invalid URL", self.method),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Whole response with a success status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// URL of what was created (`Location`).
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    /// Whether the body is secret; see [`Request::secret`].
    pub(crate) is_secret: bool,
}

impl Response {
    /// Parses the body as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`] if it is not JSON, or has more values than the default
    /// [`ReadLimits`](crate::aoi::ReadLimits) allow.
    pub(crate) fn json(&self) -> Result<Value> {
        let budget =
            ReadBudget::fixed("ask for less, such as a smaller area, a shorter time or fewer results");
        let checked = budget.take_json(&self.body).map_err(|error| Error::response(error.to_string()));
        checked.context("the answer")?;
        let read = serde_json::from_slice(&self.body);
        let repaired_unicode = |error| {
            repaired_unicode(&self.body).and_then(|text| serde_json::from_str(&text).ok()).ok_or(error)
        };
        read.or_else(repaired_unicode).map_err(|error: serde_json::Error| {
            let read = String::from_utf8_lossy(&self.body[..self.body.len().min(READ)]);
            let start: String = redact::text(&read).chars().take(QUOTED).collect();
            let begins = if self.is_secret { String::new() } else { format!(" and begins with {start:?}") };
            Error::foreign(ErrorKind::Response, error).context(format!(
                "the answer (status {}, {}) is not JSON{begins}",
                self.status,
                self.content_type.as_deref().unwrap_or("no content type"),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_links_cannot_set_host_and_authorization() {
        let request = Request::get("https://host").header("Search-After", "1").header("search-after", "2");
        assert_eq!(request.headers, [("search-after".to_owned(), Secret::new("2"))]);
        for (name, value) in [("Host", "x"), ("AUTHORIZATION", "x"), ("no name", "x"), ("x", "a\r\nHost: b")]
        {
            assert!(Request::get("https://host").header(name, value).headers.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_response_with_too_many_values_is_refused_early() {
        let json = |values: usize| {
            let body = format!("[{}1]", "1,".repeat(values)).into_bytes();
            Response { status: 200, content_type: None, location: None, body, is_secret: false }.json()
        };
        insta::assert_snapshot!(json(8_000_000).unwrap_err(), @"the answer: its values take more than 512 MB of memory: ask for less, such as a smaller area, a shorter time or fewer results");
        assert!(json(1_000).is_ok());
    }

    #[test]
    fn a_secret_response_is_not_quoted() {
        let message = |is_secret| {
            let body = b"access_token=hunter2".to_vec();
            Response { status: 200, content_type: None, location: None, body, is_secret }
                .json()
                .unwrap_err()
                .to_string()
        };
        assert!(message(false).contains("and begins with \"access_token"));
        assert!(message(true).starts_with("the answer (status 200, no content type) is not JSON: "));
        assert!(!message(true).contains("hunter2"));
    }
}
