use std::fmt;
use std::time::Duration;

use crate::transport::{Credentials, Secret};
use up42_core::sanitize::sanitize;

/// A server by its URL, and the login that it wants, if any.
///
/// The login goes to the origin of the URL alone (scheme, host and port): never to where a
/// link or a redirect leads. It is not kept in journals, and no message tells it, so who
/// opens a batch by its name gives it again.
///
/// ```
/// # use up42::{Client, simulator::Simulator};
/// # use up42::client::Endpoint;
/// # let simulator = Simulator::builder().ogc_wants_login().start()?;
/// # let (url, token) = (simulator.ogc_url(), Simulator::OGC_KEY);
/// # let client = Client::builder().simulator(simulator.clone()).build()?;
/// let server = client.processes(Endpoint::new(&url).token(token))?;
/// let server = client.processes(Endpoint::new(&url).api_key("X-API-Key", token))?;
/// let server = client.processes(Endpoint::new(&url).user("me", token))?;
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
    /// The server with this landing page, such as `https://demo.pygeoapi.io/master`.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self { url: url.as_ref().trim().to_owned(), credentials: None, timeout: None }
    }

    /// A bearer token (RFC 6750).
    pub fn token(self, token: impl Into<String>) -> Self {
        self.with(Credentials::Bearer(Secret::new(token)))
    }

    /// A key in a header, such as `X-API-Key`.
    pub fn api_key(self, header: impl Into<String>, key: impl Into<String>) -> Self {
        self.with(Credentials::Header(header.into(), Secret::new(key)))
    }

    /// A user and a password (HTTP Basic, RFC 7617).
    pub fn user(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.with(Credentials::Basic(name.into(), Secret::new(password)))
    }

    /// The longest wait for an answer to begin, and between two parts of it. Default 120 s.
    /// What runs while one waits for its answer may need longer.
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
        // What stands beside the address may be a key.
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
    fn nothing_tells_a_login() {
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
