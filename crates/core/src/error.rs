//! Error type of the library: operation, value, cause and remedy in one line.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::redact;
use crate::sanitize::sanitize;

/// Largest length of one message of the chain, in characters.
const LONGEST: usize = 4000;

/// Result of all fallible functions of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Error with its chain of causes in one line, the outermost first.
///
/// A notebook prints an error by `Display` (after `?`) or by `Debug` (after `unwrap`), and does not
/// follow [`source`](std::error::Error::source). So both print the whole chain, joined by `: `, and
/// `source` is always `None`. `{:#?}` prints the parts.
///
/// An error never contains a password, a key, a token or a signed URL, not even in text of a server
/// or a file: of a URL only host, path and harmless parameters stay.
///
/// ```
/// # mod up42 { pub use up42_core::{self as aoi, *}; }
/// # use up42::ErrorKind;
/// # use up42::aoi::Bbox;
/// let error = Bbox::new(0.0, 103.0, 1.0, 104.0).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(error.to_string().contains("latitude 103 is outside -90 to 90"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    cause: Option<Error>,
    server: Option<ServerError>,
    foreign: Option<Box<dyn Any + Send + Sync>>,
    is_unsent: bool,
}

/// Error response of a server.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// HTTP status, such as 422.
    pub status: u16,
    /// Error code of the platform. The classic API sends numbers and words; both are stored as
    /// text.
    pub code: Option<String>,
    /// Error message of the platform.
    pub message: Option<String>,
    /// Request id for the platform's support, from the response's headers.
    pub request_id: Option<String>,
}

impl ServerError {
    #[doc(hidden)]
    pub fn new(status: u16, code: Option<String>, message: Option<String>) -> Self {
        Self { status, code, message, request_id: None }
    }
}

/// Category of an [`Error`], for code that handles errors by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is not valid, or the server refused a value (400, 422). Never retried.
    InvalidInput,
    /// The credentials are not valid (401), or do not allow the request (403). A 401 is retried
    /// once, with a new token.
    Auth,
    /// The requested resource does not exist (404). Never retried.
    NotFound,
    /// The balance does not suffice for the job or order. Never retried.
    Credits,
    /// The project runs its maximum number of jobs, or the rate limit is exceeded (429). After a
    /// rate limit the request is retried; a batch waits until the project has room.
    Busy,
    /// The server could not be reached, or the connection was lost. Retried, except for requests
    /// that might then be charged twice.
    Network,
    /// The server failed (5xx). Retried, except for requests that might then be charged twice.
    Server,
    /// The response does not conform to the API. Never retried.
    Response,
    /// A file could not be read or written. Never retried.
    Io,
}

impl ErrorKind {
    const ALL: [Self; 9] = [
        Self::InvalidInput,
        Self::Auth,
        Self::NotFound,
        Self::Credits,
        Self::Busy,
        Self::Network,
        Self::Server,
        Self::Response,
        Self::Io,
    ];

    /// Returns the variant's name, which [`named`](Self::named) parses.
    #[doc(hidden)]
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    #[doc(hidden)]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Error {
    /// Creates an error. The message is in lower case, without a full stop, quotes the value in
    /// backticks and then states the remedy.
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with(kind, message, |_| {})
    }

    /// Creates an error of the kind [`ErrorKind::InvalidInput`].
    #[doc(hidden)]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Creates an error of the kind [`ErrorKind::Response`].
    #[doc(hidden)]
    pub fn response(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Response, message)
    }

    /// Creates an error from one of another library, with its message; the original is available
    /// through [`downcast_ref`](Self::downcast_ref).
    #[doc(hidden)]
    pub fn foreign<E>(kind: ErrorKind, error: E) -> Self
    where
        E: fmt::Display + Send + Sync + 'static,
    {
        Self::with(kind, error.to_string(), |inner| inner.foreign = Some(Box::new(error)))
    }

    /// Creates an error from a server's error response.
    #[doc(hidden)]
    pub fn server(kind: ErrorKind, message: impl Into<String>, server_error: ServerError) -> Self {
        let clean = |text: Option<String>| text.map(|text| redact::text(&text).into_owned());
        let server_error = ServerError {
            status: server_error.status,
            code: clean(server_error.code),
            message: clean(server_error.message),
            request_id: clean(server_error.request_id),
        };
        Self::with(kind, message, |inner| inner.server = Some(server_error))
    }

    /// Returns the error with the failed operation in front.
    #[doc(hidden)]
    pub fn context(self, message: impl Into<String>) -> Self {
        Self::with(self.kind(), message, |inner| inner.cause = Some(self))
    }

    /// Returns the error, marked as one of a request that was certainly not carried out.
    #[doc(hidden)]
    pub fn unsent(self) -> Self {
        Self::with(self.kind(), "", |inner| (inner.cause, inner.is_unsent) = (Some(self), true))
    }

    /// Messages contain text of servers and files: each is sanitized to one line.
    fn with(kind: ErrorKind, message: impl Into<String>, change: impl FnOnce(&mut Inner)) -> Self {
        let message = sanitize(&message.into(), LONGEST);
        let mut inner = Inner { kind, message, cause: None, server: None, foreign: None, is_unsent: false };
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// Returns whether the failed request was certainly not carried out.
    #[doc(hidden)]
    pub fn is_unsent(&self) -> bool {
        self.chain().any(|error| error.0.is_unsent)
    }

    /// Returns whether the server may have carried out the failed request.
    #[doc(hidden)]
    pub fn may_be_carried_out(&self) -> bool {
        let is_lost = matches!(self.kind(), ErrorKind::Network | ErrorKind::Server | ErrorKind::Response);
        is_lost && !self.is_unsent()
    }

    /// Returns the category of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the server's error response, if the error is from a server.
    pub fn server_error(&self) -> Option<&ServerError> {
        self.chain().find_map(|error| error.0.server.as_ref())
    }

    /// Returns the error of another library at the end of the chain, such as [`std::io::Error`].
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        self.chain().find_map(|error| error.0.foreign.as_ref()?.downcast_ref())
    }

    fn chain(&self) -> impl Iterator<Item = &Error> {
        std::iter::successors(Some(self), |error| error.0.cause.as_ref())
    }

    fn messages(&self) -> impl Iterator<Item = &str> {
        self.chain().map(|error| error.0.message.as_str()).filter(|message| !message.is_empty())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, message) in self.messages().enumerate() {
            if depth > 0 {
                f.write_str(": ")?;
            }
            f.write_str(message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("chain", &self.messages().collect::<Vec<_>>())
            .field("server", &self.server_error())
            .finish()
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| text.as_deref().map(|text| sanitize(text, LONGEST));
        f.debug_struct("ServerError")
            .field("status", &self.status)
            .field("code", &shown(&self.code))
            .field("message", &shown(&self.message))
            .field("request_id", &shown(&self.request_id))
            .finish()
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::foreign(ErrorKind::Io, error)
    }
}

#[cfg(feature = "polars")]
impl From<polars::error::PolarsError> for Error {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::foreign(ErrorKind::InvalidInput, error)
    }
}

/// Adds the failed operation to an error.
pub trait Context<T> {
    /// Puts a message in front of the error.
    fn context(self, message: impl Into<String>) -> Result<T>;
    /// Puts a message in front of the error; `message` is called only on failure.
    fn with_context(self, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().context(message))
    }

    fn with_context(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.into().context(message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Error {
        let server_error = ServerError {
            status: 422,
            code: Some("422".into()),
            message: Some("limit must be at most 500".into()),
            request_id: Some("7f3a".into()),
        };
        Error::server(ErrorKind::InvalidInput, "422: limit must be at most 500", server_error)
            .context("search the catalog")
    }

    #[test]
    fn display_and_debug_contain_the_whole_chain() {
        let message = "search the catalog: 422: limit must be at most 500";
        assert_eq!(refused().to_string(), message);
        assert_eq!(format!("{:?}", refused()), message);
    }

    #[test]
    fn context_keeps_the_kind_and_the_server_error() {
        let error = refused().context("cell 4");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.server_error().unwrap().request_id.as_deref(), Some("7f3a"));
    }

    #[test]
    fn an_external_message_is_printed_as_one_line() {
        let hostile = "no\nEVCXR_BEGIN_CONTENT text/html\n\u{1b}[2J";
        let server_error = ServerError { message: Some(hostile.into()), ..ServerError::default() };
        let error = Error::server(ErrorKind::Server, hostile, server_error).context(hostile);
        for printed in [format!("{error}"), format!("{error:?}"), format!("{error:#?}").replace('\n', "")] {
            assert!(!printed.contains("EVCXR_") && !printed.contains(char::is_control), "{printed}");
        }
    }

    #[test]
    fn the_source_of_an_error_can_be_downcast() {
        let io = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::from(io).context("read AOI `x`");
        assert!(error.downcast_ref::<std::io::Error>().is_some());
    }
}
