use reqwest::Method;
use serde_json::Value;

use super::Secret;
use crate::error::{Error, ErrorKind, Result};

/// One request, as plain data: it can be sent again, and crosses threads.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// A whole URL; see [`Request::is_signed`] for how it is shown.
    pub(crate) url: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) login: Login,
    /// It creates something or costs money: see [`RetryPolicy`](super::RetryPolicy).
    pub(crate) charges: bool,
    /// The URL itself is a key, and is never shown.
    pub(crate) is_signed: bool,
    /// The first byte wanted, for a download that goes on.
    pub(crate) from_byte: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Value),
    Form(Vec<(&'static str, Secret)>),
}

/// What a request says about who asks.
#[derive(Clone, Debug)]
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
            body: Body::None,
            login: Login::Token,
            charges: false,
            is_signed: false,
            from_byte: 0,
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

    /// A signed URL: it is its own login, and is kept out of every message.
    pub(crate) fn signed(url: &Secret) -> Self {
        Self { login: Login::None, is_signed: true, ..Self::get(url.reveal()) }
    }

    /// A form, as logins send it.
    pub(crate) fn form(url: impl Into<String>, fields: Vec<(&'static str, Secret)>) -> Self {
        Self { body: Body::Form(fields), login: Login::None, ..Self::new(Method::POST, url) }
    }

    pub(crate) fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
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

    /// The body, when it is JSON.
    pub(crate) fn json_body(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(json),
            _ => None,
        }
    }

    /// The request as messages name it: without the query, which may hold keys.
    pub(crate) fn shown(&self) -> String {
        if self.is_signed {
            return format!("{} a signed URL", self.method);
        }
        match url::Url::parse(&self.url) {
            Ok(url) => format!("{} {}", self.method, url.path()),
            Err(_) => format!("{} an invalid URL", self.method),
        }
    }
}

/// A whole answer with a good status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let start: String = String::from_utf8_lossy(&self.body).chars().take(60).collect();
            Error::foreign(ErrorKind::Response, error).context(format!(
                "the answer (status {}, {}) is not JSON and begins with {start:?}",
                self.status,
                self.content_type.as_deref().unwrap_or("no content type"),
            ))
        })
    }
}
