use std::fmt;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::Secret;
use super::mend::mended;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::limits::ReadBudget;
use up42_core::redact;

/// Characters of an answer that is no JSON, as messages quote them.
const QUOTED: usize = 60;
/// Bytes of it that are read for them: a secret has an end.
const READ: usize = 4_000;
/// The largest answer that is read whole, in bytes; downloads to files have no bound.
pub(super) const LARGEST: usize = 256_000_000;

/// One request, as plain data: it can be sent again, and crosses threads.
#[derive(Clone, PartialEq, Hash)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// A whole URL; see [`Request::is_signed`] for how it is shown.
    pub(crate) url: String,
    pub(crate) query: Vec<(String, String)>,
    /// Further header fields, which a link asks for; their values may be keys.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) body: Body,
    pub(crate) login: Login,
    /// Of several forms of the answer JSON is wanted: some servers have pages for people.
    pub(crate) wants_json: bool,
    /// An answer is wanted before the work is done (RFC 7240, `respond-async`).
    pub(crate) is_async: bool,
    /// It creates something or costs money: see [`RetryPolicy`](super::RetryPolicy).
    pub(crate) charges: bool,
    /// The URL itself is a key, and is never shown.
    pub(crate) is_signed: bool,
    /// The answer holds a token or a key, and is never quoted.
    pub(crate) is_secret: bool,
    /// The first byte wanted, for a download that goes on.
    pub(crate) from_byte: u64,
    /// And what the file was called then: all of another file is wanted.
    pub(crate) if_range: Option<String>,
    /// The largest answer that is read whole, in bytes, its codings removed.
    pub(crate) largest: usize,
    /// Statuses after which the same request is not sent again: there is another way to ask.
    pub(crate) not_again: &'static [u16],
}

#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) enum Body {
    None,
    Json(Value),
    /// What changes some members of an object.
    Merge(Value),
    Form(Vec<(&'static str, Secret)>),
}

/// What a request says about who asks.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) enum Login {
    /// The client's bearer token, sent to the API's own origin only.
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
            charges: false,
            is_signed: false,
            is_secret: false,
            from_byte: 0,
            if_range: None,
            largest: LARGEST,
            not_again: &[],
        }
    }

    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// A POST that only asks, such as a search.
    pub(crate) fn post(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::POST, url) }
    }

    pub(crate) fn put(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::PUT, url) }
    }

    /// Changes some members of an object.
    pub(crate) fn patch(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::PATCH, url) }
    }

    /// The same, as a merge patch (RFC 7396): `null` takes a member out.
    pub(crate) fn merge_patch(url: impl Into<String>, body: Value) -> Self {
        Self { body: Body::Merge(body), ..Self::new(Method::PATCH, url) }
    }

    pub(crate) fn delete(url: impl Into<String>) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// A signed URL: it is its own login, and is kept out of every message.
    pub(crate) fn signed(url: &Secret) -> Self {
        Self { login: Login::None, is_signed: true, ..Self::get(url.reveal()) }
    }

    /// A form, as logins send it.
    pub(crate) fn form(url: impl Into<String>, fields: Vec<(&'static str, Secret)>) -> Self {
        Self { body: Body::Form(fields), login: Login::None, ..Self::new(Method::POST, url) }.secret()
    }

    /// Marks a request whose answer holds a token or a key.
    pub(crate) fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header field that a link asks for, or changes it. One that no header can hold is
    /// left out, and so is one that decides on the connection or on who asks.
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
    pub(crate) fn charging(mut self) -> Self {
        self.charges = true;
        self
    }

    /// Asks for JSON, where there are other forms.
    pub(crate) fn wants_json(mut self) -> Self {
        self.wants_json = true;
        self
    }

    /// Asks for an answer before the work is done.
    pub(crate) fn respond_async(mut self) -> Self {
        self.is_async = true;
        self
    }

    /// Refuses a larger answer than so many bytes.
    pub(crate) fn at_most(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Whether the client's token goes with the request: to the API's own origin only.
    pub(crate) fn brings_token_to(&self, api: &url::Url) -> bool {
        matches!(self.login, Login::Token)
            && url::Url::parse(&self.url).is_ok_and(|url| url.origin() == api.origin())
    }

    /// The body, when it is JSON.
    pub(crate) fn json_body(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(json),
            _ => None,
        }
    }

    /// The `limit` that it sends, in its body or its query.
    pub(crate) fn limit(&self) -> Option<usize> {
        let of_body = self.json_body().and_then(|body| Some(body.get("limit")?.as_u64()? as usize));
        let of_query = || self.query.iter().find(|(name, _)| name == "limit")?.1.parse().ok();
        of_body.or_else(of_query)
    }

    /// The same request with another `limit`.
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

    /// The request as messages name it: its method and its path, without keys.
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

/// A whole answer with a good status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// Where what was created is.
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    /// See [`Request::secret`].
    pub(crate) is_secret: bool,
}

impl Response {
    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`] when it is none, or has more values than the default
    /// [`ReadLimits`](crate::aoi::ReadLimits) allow.
    pub(crate) fn json(&self) -> Result<Value> {
        let budget =
            ReadBudget::fixed("ask for less, such as a smaller area, a shorter time or fewer results");
        let checked = budget.take_json(&self.body).map_err(|error| Error::response(error.to_string()));
        checked.context("the answer")?;
        let read = serde_json::from_slice(&self.body);
        let mended =
            |error| mended(&self.body).and_then(|text| serde_json::from_str(&text).ok()).ok_or(error);
        read.or_else(mended).map_err(|error: serde_json::Error| {
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
    fn a_link_decides_neither_on_the_connection_nor_on_who_asks() {
        let request = Request::get("https://host").header("Search-After", "1").header("search-after", "2");
        assert_eq!(request.headers, [("search-after".to_owned(), Secret::new("2"))]);
        for (name, value) in [("Host", "x"), ("AUTHORIZATION", "x"), ("no name", "x"), ("x", "a\r\nHost: b")]
        {
            assert!(Request::get("https://host").header(name, value).headers.is_empty(), "{name}");
        }
    }

    #[test]
    fn an_answer_with_too_many_values_is_refused_before_they_are_made() {
        let json = |values: usize| {
            let body = format!("[{}1]", "1,".repeat(values)).into_bytes();
            Response { status: 200, content_type: None, location: None, body, is_secret: false }.json()
        };
        insta::assert_snapshot!(json(8_000_000).unwrap_err(), @"the answer: its values take more than 512 MB of memory: ask for less, such as a smaller area, a shorter time or fewer results");
        assert!(json(1_000).is_ok());
    }

    #[test]
    fn a_secret_answer_is_not_quoted() {
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
