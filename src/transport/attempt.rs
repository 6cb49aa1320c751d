use std::time::Duration;

use url::{Position, Url};

use super::Request;
use crate::error::{Error, ErrorKind};

/// An attempt that failed, for `Connection::with_retries`.
pub(super) struct Attempted {
    pub(super) error: Error,
    /// The request certainly was not carried out.
    pub(super) not_sent: bool,
    /// What the server asks to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Attempted {
    /// The server answered: nobody knows that nothing was carried out.
    pub(super) fn refused(error: Error, retry_after: Option<Duration>) -> Self {
        Self { error, not_sent: false, retry_after }
    }

    /// The connection was not made, or broke. `connect` and `timeout` are what was
    /// waited for it and for an answer.
    pub(super) fn network(
        request: &Request,
        error: reqwest::Error,
        connect: Duration,
        timeout: Duration,
    ) -> Self {
        let not_sent = error.is_connect();
        // The authority may have a login before the host.
        let host =
            Url::parse(&request.url).map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned());
        let host = host.unwrap_or_default();
        let error = error.without_url();
        let cause = innermost(&error);
        let what = if not_sent && error.is_timeout() {
            let seconds = connect.as_secs();
            format!(
                "no connection to `{host}` within {seconds} s: check the network, a proxy and the address"
            )
        } else if error.is_timeout() {
            format!("no answer from `{host}` within {} s", timeout.as_secs())
        } else if not_sent {
            format!("cannot connect to `{host}` ({cause}): check the network, a proxy and the address")
        } else {
            format!("the connection to `{host}` broke ({cause})")
        };
        let error = Error::new(ErrorKind::Network, what);
        Self { error, not_sent, retry_after: None }
    }

    /// The status of a refusal.
    pub(super) fn status(&self) -> Option<u16> {
        self.error.server_error().map(|said| said.status)
    }
}

impl From<Error> for Attempted {
    fn from(error: Error) -> Self {
        Self { error, not_sent: true, retry_after: None }
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
