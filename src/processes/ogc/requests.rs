//! Requests to a server, and its links.

use serde_json::Value;

use super::ProcessServer;
use crate::client::items;
use crate::transport::{Page, Request, Response};
use up42_core::error::{Context, Error, ErrorKind, Result};

impl ProcessServer {
    pub(super) fn json(&self, request: Request) -> Result<Value> {
        self.client.json(request.wants_json()).map_err(|error| self.explain(error))
    }

    pub(super) fn send(&self, request: Request) -> Result<Response> {
        self.client.send(request.wants_json()).map_err(|error| self.explain(error))
    }

    /// Adds to an `Auth` error how to give a login.
    fn explain(&self, error: Error) -> Error {
        let Some(server_error) = error.server_error().filter(|_| error.kind() == ErrorKind::Auth).cloned()
        else {
            return error;
        };
        let (status, url) = (server_error.status, &self.url);
        let message = match (self.client.has_login(), status) {
            (false, _) => format!(
                "it wants a login ({status}), which is never kept: open it by \
                 `client.process_server(Endpoint::new(\"{url}\").token(\"…\"))?`, or with `.api_key(…)` or `.user(…)`; \
                 a batch that was begun there is then `.batch(name)?`"
            ),
            (true, 401) => "it refuses the login (401): check what `Endpoint` was given".to_owned(),
            (true, _) => format!("the login does not allow this ({status}): {error}"),
        };
        Error::server(ErrorKind::Auth, message, server_error)
    }

    /// Requests a page of a list. The `next` link is the whole request for the next page.
    pub(super) fn read_page(&self, request: Request, name: &str) -> Result<Page<Value, Request>> {
        let mut json = self.json(request)?;
        let next = self.next(&json)?.map(Request::get);
        Ok(Page { items: items(json.get_mut(name).map(Value::take).unwrap_or_default(), name)?, next })
    }

    /// Returns the URL of a page's `next` link.
    pub(super) fn next(&self, page: &Value) -> Result<Option<String>> {
        let links = page.get("links").and_then(Value::as_array).into_iter().flatten();
        let next = links.filter(|link| link.get("rel").is_some_and(|rel| rel == "next"));
        // A `next` link may lead to an HTML page instead.
        let is_json = |link: &&Value| link.get("type").is_none_or(|kind| kind.to_string().contains("json"));
        let href = next.filter(is_json).find_map(|link| link.get("href")?.as_str());
        href.map(|href| self.resolve(href)).transpose()
    }

    /// Resolves a link in a document of the server.
    pub(super) fn resolve(&self, href: &str) -> Result<String> {
        let base = url::Url::parse(&format!("{}/", self.url));
        let joined = base.and_then(|base| base.join(href));
        joined.map(String::from).map_err(|error| Error::foreign(ErrorKind::Response, error)).context("a link")
    }

    /// Returns the URL of a process. Its id may be any text and is encoded as one path segment.
    pub(super) fn process_url(&self, id: &str) -> Result<String> {
        self.path(&["processes", id])
    }

    pub(super) fn path(&self, parts: &[&str]) -> Result<String> {
        let invalid = |error| Error::foreign(ErrorKind::InvalidInput, error);
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(Error::invalid("an id is a text that is not empty, and neither `.` nor `..`"));
        }
        let mut url = url::Url::parse(&self.url).map_err(invalid)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        Ok(url.into())
    }
}
