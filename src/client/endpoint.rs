use std::fmt;
use std::time::Duration;

use crate::transport::{Credentials, Secret};
use up42_core::sanitize::sanitize;

/// URL of a server, and the login that it requires, if any.
///
/// The login is sent to the origin of the URL only (scheme, host and port), never to the target of
/// a link or a redirect elsewhere. It is not stored in journals and appears in no message: to open
/// a batch by its name, give the login again.
///
/// ```
/// # use up42::{Client, simulator::Simulator};
/// # use up42::client::Endpoint;
/// # let simulator = Simulator::builder().ogc_wants_login().start()?;
/// # let (url, token) = (simulator.ogc_url(), Simulator::OGC_KEY);
/// # let client = Client::builder().simulator(simulator.clone()).build()?;
/// let server = client.process_server(Endpoint::new(&url).token(token))?;
/// let server = client.process_server(Endpoint::new(&url).api_key("X-API-Key", token))?;
/// let server = client.process_server(Endpoint::new(&url).user("me", token))?;
/// assert!(!format!("{server:?}").contains(token));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    url: String,
    pub(super) credentials: Option<Credentials>,
    pub(super) timeout: Option<Duration>,
}

impl Endpoint {
    /// Makes an endpoint from a landing page, such as `https://demo.pygeoapi.io/master`.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self { url: url.as_ref().trim().to_owned(), credentials: None, timeout: None }
    }

    /// Sets a bearer token (RFC 6750).
    pub fn token(self, token: impl Into<String>) -> Self {
        self.with(Credentials::Bearer(Secret::new(token)))
    }

    /// Sets a key in a header, such as `X-API-Key`.
    pub fn api_key(self, header: impl Into<String>, key: impl Into<String>) -> Self {
        self.with(Credentials::Header(header.into(), Secret::new(key)))
    }

    /// Sets a user and a password (HTTP Basic, RFC 7617).
    pub fn user(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.with(Credentials::Basic(name.into(), Secret::new(password)))
    }

    /// Sets the request timeout: the longest wait for a response to begin, and between two parts of
    /// it (default 120 s). Synchronous processes may need more.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn with(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl<T: AsRef<str>> From<T> for Endpoint {
    fn from(url: T) -> Self {
        Self::new(url)
    }
}

impl From<&Endpoint> for Endpoint {
    fn from(endpoint: &Endpoint) -> Self {
        endpoint.clone()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The user, query or fragment may contain a key.
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        let url = if url.contains('@') { "a URL with a user" } else { url };
        let login = match &self.credentials {
            None => "",
            Some(Credentials::Bearer(_)) => " with a token",
            Some(Credentials::Header(..)) => " with a key",
            Some(Credentials::Basic(..)) => " with a user",
        };
        write!(f, "Endpoint({}{login})", sanitize(url, 200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_contains_no_login() {
        let endpoint = || Endpoint::new("https://h/ogc?key=hunter2");
        let logins = [
            endpoint(),
            endpoint().token("hunter2"),
            endpoint().api_key("X", "hunter2"),
            endpoint().user("u", "hunter2"),
        ];
        for one in logins {
            assert!(!format!("{one:?} {one:#?}").contains("hunter2"));
        }
        assert_eq!(
            format!("{:?}", Endpoint::new(" https://h ").token("t")),
            "Endpoint(https://h with a token)"
        );
        assert_eq!(format!("{:?}", Endpoint::from("https://me:hunter2@h")), "Endpoint(a URL with a user)");
    }
}
