//! Request, as passed to the handlers.

use axum::body::to_bytes;
use axum::extract;
use serde_json::Value;
use url::form_urlencoded;

use super::reply::Reply;

/// Request that was read in full.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub method: String,
    /// Path as sent, without the query.
    pub path: String,
    /// Decoded segments of the path; a slash at the end is ignored.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub authorization: Option<String>,
    pub api_key: Option<String>,
    pub range: Option<String>,
    pub if_range: Option<String>,
    pub content_type: Option<String>,
    pub prefer: Option<String>,
    pub body: Vec<u8>,
    /// Whether it was sent to the storage and not to the API.
    pub to_storage: bool,
}

/// Largest body in bytes, more than any request of the API needs.
const LARGEST_BODY: usize = 64 << 20;

impl Request {
    /// Reads a request in full.
    ///
    /// # Errors
    ///
    /// If the body does not arrive in full.
    pub(super) async fn read(incoming: extract::Request, to_storage: bool) -> Result<Self, axum::Error> {
        let (parts, body) = incoming.into_parts();
        let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_string());
        let path = parts.uri.path().to_string();
        Ok(Self {
            method: parts.method.as_str().to_string(),
            segments: segments(&path),
            query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
            authorization: header("authorization"),
            api_key: header("x-api-key"),
            range: header("range"),
            if_range: header("if-range"),
            content_type: header("content-type"),
            prefer: header("prefer"),
            body: to_bytes(body, LARGEST_BODY).await?.to_vec(),
            path,
            to_storage,
        })
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a non-negative integer of the query.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Reply> {
        let wrong =
            |text: &str| Reply::refused(400, 400, format!("{name} must be a number from 0 up, got {text}"));
        self.query(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    /// Returns the body as a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// Returns the body as JSON; an empty body is an error.
    pub(super) fn json(&self) -> Result<Value, Reply> {
        if self.body.is_empty() {
            return Err(Reply::refused(400, 400, "Required request body is missing"));
        }
        if let Some(kind) = self.content_type.as_deref().filter(|kind| !kind.contains("json")) {
            return Err(Reply::refused(415, 415, format!("Content type '{kind}' not supported")));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Reply::refused(400, 400, format!("JSON parse error: {error}")))
    }

    /// Returns whether it requests a list of jobs or orders, or one of them.
    pub(super) fn asks_for_jobs(&self) -> bool {
        let is_known = matches!(
            self.parts()[..],
            ["projects", _, "jobs"] | ["projects", _, "jobs", _] | ["v2", "orders"] | ["v2", "orders", _]
        );
        self.method == "GET" && is_known
    }

    /// Returns whether it prefers asynchronous execution.
    pub(super) fn prefers_async(&self) -> bool {
        self.prefer.as_deref().is_some_and(|prefer| prefer.contains("respond-async"))
    }

    /// Returns whether it needs no token.
    pub(super) fn is_public(&self) -> bool {
        self.to_storage
            || matches!(
                self.parts()[..],
                ["oauth", "token"]
                    | [.., "openid-connect", "token"]
                    | ["marketplace", "blocks"]
                    | ["stac" | "ogc", ..]
            )
    }

    /// Returns the path as sent, without empty segments: a slash at the end is ignored.
    pub(super) fn normalized_path(&self) -> String {
        raw_segments(&self.path).map(|segment| format!("/{segment}")).collect()
    }

    /// Returns the segments of the path, for matching.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    #[cfg(test)]
    pub(super) fn test(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), segments: segments(path), ..Self::default() }
    }
}

fn segments(path: &str) -> Vec<String> {
    raw_segments(path).map(decoded).collect()
}

fn raw_segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Decodes percent-encoding in a path, where a plus is not a space.
pub(super) fn decoded(part: &str) -> String {
    let form = format!("v={}", part.replace('+', "%2B"));
    pairs(form.as_bytes()).pop().map(|(_, value)| value).unwrap_or_default()
}

fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_is_ignored() {
        let with = Request::test("GET", "/projects/p/workflows/");
        let without = Request::test("GET", "/projects/p/workflows");
        assert_eq!(with.segments, without.segments);
    }

    #[test]
    fn path_parts_are_decoded() {
        assert_eq!(Request::test("GET", "/a%20b/c+d%2Fe").segments, ["a b", "c+d/e"]);
    }
}
