use std::error::Error as _;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use url::{Position, Url};

use super::Request;
use up42_core::error::{Error, ErrorKind};

/// Failed attempt of a request, for `Connection::with_retries`.
pub(super) struct FailedAttempt {
    pub(super) error: Error,
    /// Whether the request certainly was not carried out.
    pub(super) not_sent: bool,
    /// Pause that the server asks for (`Retry-After`).
    pub(super) retry_after: Option<Duration>,
    /// Whether the next attempt would fail as well.
    pub(super) is_final: bool,
}

impl FailedAttempt {
    /// Makes an attempt that failed before the request was sent. Called explicitly, never by a
    /// `From` conversion: a `?` after the request was sent would mark a job that exists as never
    /// created.
    pub(super) fn unsent(error: Error) -> Self {
        Self { error, not_sent: true, retry_after: None, is_final: false }
    }

    /// Makes an attempt that failed after the request was sent, on this side or on the server's:
    /// the request may have been carried out.
    pub(super) fn local(error: Error) -> Self {
        Self::refused(error, None)
    }

    /// Makes an attempt that failed after the server responded: the request may have been carried
    /// out.
    pub(super) fn refused(error: Error, retry_after: Option<Duration>) -> Self {
        Self { error, not_sent: false, retry_after, is_final: false }
    }

    /// Makes an attempt whose connection was not established, or broke. `connect` and `timeout` are
    /// the connect timeout and the request timeout, for the message.
    pub(super) fn network(
        request: &Request,
        error: reqwest::Error,
        connect: Duration,
        timeout: Duration,
    ) -> Self {
        let not_sent = error.is_connect();
        // The authority may contain a user and a password before the host.
        let host =
            Url::parse(&request.url).map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned());
        let host = host.unwrap_or_default();
        let error = error.without_url();
        let certificate = certificate(&error);
        let cause = innermost(&error);
        let what = if let Some(problem) = &certificate {
            format!("the certificate of `{host}` is not accepted ({problem}): {}", remedy(problem))
        } else if not_sent && error.is_timeout() {
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
        Self { error, not_sent, retry_after: None, is_final: certificate.is_some() }
    }

    /// Returns the status of the server's error response, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.error.server_error().map(|server_error| server_error.status)
    }
}

/// Returns the reason why the server's certificate was rejected, if that was the cause.
fn certificate(error: &reqwest::Error) -> Option<CertificateError> {
    let mut causes = std::iter::successors(error.source(), |&cause| next(cause));
    causes.find_map(|cause| match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(problem)) => Some(problem.clone()),
        _ => None,
    })
}

/// Returns the next cause of an error. `source` of an I/O error skips the error that it wraps.
fn next<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    match cause.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|held| held as &(dyn std::error::Error + 'static)),
        None => cause.source(),
    }
}

fn remedy(problem: &CertificateError) -> &'static str {
    use CertificateError as C;
    match problem {
        C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
            "check the clock of this machine; else the server has to renew it"
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => "it is of another host: check the address",
        _ => {
            "where a proxy or the server has an authority of its own, name the file of its certificate in \
             REQUESTS_CA_BUNDLE or SSL_CERT_FILE"
        }
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
