//! One error for the whole crate: what was being done, to what, what came back,
//! and what would fix it, in one line.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::redact;
use crate::sanitize::sanitize;

/// The longest message of one link of the chain, in characters.
const LONGEST: usize = 4000;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, told in one line from the outside in.
///
/// A notebook prints an error by `Display` (after `?`) or by `Debug` (after
/// `unwrap`), and nothing there walks [`source`](std::error::Error::source). So
/// both print the whole chain, joined by `: `, and `source` is always `None`.
/// `{:#?}` shows the parts.
///
/// An error never holds a password, a key, a token or a signed URL, whoever wrote
/// it: of a URL only host, path and harmless parameters stay.
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

/// What the server itself said about a refused request.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// HTTP status, such as 422.
    pub status: u16,
    /// The platform's own code. The classic API sends numbers and words; both
    /// are kept as text.
    pub code: Option<String>,
    /// The platform's message.
    pub message: Option<String>,
    /// The id to give to the platform's support, from the response's headers.
    pub request_id: Option<String>,
}

impl ServerError {
    #[doc(hidden)]
    pub fn new(status: u16, code: Option<String>, message: Option<String>) -> Self {
        Self { status, code, message, request_id: None }
    }
}

/// The reason behind an [`Error`], for code that wants to decide on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value given by the caller cannot be used, or the server refused it
    /// (400, 422). Never retried.
    InvalidInput,
    /// The credentials were refused (401), or do not allow this (403). A 401 is retried
    /// once, with a new token.
    Auth,
    /// The thing asked for does not exist (404). Never retried.
    NotFound,
    /// The balance does not allow the job or order. Never retried.
    Credits,
    /// The project runs as many jobs as it may, or the rate limit is exceeded
    /// (429). A rate limit is retried; a full project is waited out by a batch.
    Busy,
    /// The server could not be reached, or the connection broke. Retried,
    /// except where a charge might be sent twice.
    Network,
    /// The server failed (5xx). Retried, except where a charge might be sent
    /// twice.
    Server,
    /// The answer is not what the API promises. Never retried.
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

    /// Its name, as [`named`](Self::named) finds it.
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
    /// An error with a message that is lower case, without a full stop, names
    /// the value in backticks and then says what would fix it.
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with(kind, message, |_| {})
    }

    /// Shorthand for [`ErrorKind::InvalidInput`].
    #[doc(hidden)]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Shorthand for [`ErrorKind::Response`].
    #[doc(hidden)]
    pub fn response(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Response, message)
    }

    /// An error of another library, with its own message; it stays reachable
    /// through [`downcast_ref`](Self::downcast_ref).
    #[doc(hidden)]
    pub fn foreign<E>(kind: ErrorKind, error: E) -> Self
    where
        E: fmt::Display + Send + Sync + 'static,
    {
        Self::with(kind, error.to_string(), |inner| inner.foreign = Some(Box::new(error)))
    }

    /// A refusal by the server.
    #[doc(hidden)]
    pub fn server(kind: ErrorKind, message: impl Into<String>, said: ServerError) -> Self {
        let clean = |text: Option<String>| text.map(|text| redact::text(&text).into_owned());
        let said = ServerError {
            status: said.status,
            code: clean(said.code),
            message: clean(said.message),
            request_id: clean(said.request_id),
        };
        Self::with(kind, message, |inner| inner.server = Some(said))
    }

    /// The same error with what was being done in front.
    #[doc(hidden)]
    pub fn context(self, message: impl Into<String>) -> Self {
        Self::with(self.kind(), message, |inner| inner.cause = Some(self))
    }

    /// The same error, of a request that certainly was not carried out.
    #[doc(hidden)]
    pub fn unsent(self) -> Self {
        Self::with(self.kind(), "", |inner| (inner.cause, inner.is_unsent) = (Some(self), true))
    }

    /// Servers and files have their say in messages: each is made one harmless line.
    fn with(kind: ErrorKind, message: impl Into<String>, change: impl FnOnce(&mut Inner)) -> Self {
        let message = sanitize(&message.into(), LONGEST);
        let mut inner = Inner { kind, message, cause: None, server: None, foreign: None, is_unsent: false };
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// Whether the request that failed certainly was not carried out.
    #[doc(hidden)]
    pub fn is_unsent(&self) -> bool {
        self.chain().any(|error| error.0.is_unsent)
    }

    /// Whether the request may have been carried out all the same.
    #[doc(hidden)]
    pub fn may_be_carried_out(&self) -> bool {
        let is_lost = matches!(self.kind(), ErrorKind::Network | ErrorKind::Server | ErrorKind::Response);
        is_lost && !self.is_unsent()
    }

    /// The reason, for code that wants to decide on it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the server said, when it was the server that refused.
    pub fn server_error(&self) -> Option<&ServerError> {
        self.chain().find_map(|error| error.0.server.as_ref())
    }

    /// The error of another library at the bottom, such as [`std::io::Error`].
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

impl From<polars::error::PolarsError> for Error {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::foreign(ErrorKind::InvalidInput, error)
    }
}

/// Adds what was being done to a failure.
pub trait Context<T> {
    /// Puts the message in front of the error.
    fn context(self, message: impl Into<String>) -> Result<T>;
    /// The same, for a message that is only made when needed.
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
        let said = ServerError {
            status: 422,
            code: Some("422".into()),
            message: Some("limit must be at most 500".into()),
            request_id: Some("7f3a".into()),
        };
        Error::server(ErrorKind::InvalidInput, "422: limit must be at most 500", said)
            .context("search the catalog")
    }

    #[test]
    fn display_and_debug_tell_the_whole_chain() {
        let message = "search the catalog: 422: limit must be at most 500";
        assert_eq!(refused().to_string(), message);
        assert_eq!(format!("{:?}", refused()), message);
    }

    #[test]
    fn context_keeps_the_kind_and_what_the_server_said() {
        let error = refused().context("cell 4");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.server_error().unwrap().request_id.as_deref(), Some("7f3a"));
    }

    #[test]
    fn a_message_from_outside_stays_one_line() {
        let hostile = "no\nEVCXR_BEGIN_CONTENT text/html\n\u{1b}[2J";
        let said = ServerError { message: Some(hostile.into()), ..ServerError::default() };
        let error = Error::server(ErrorKind::Server, hostile, said).context(hostile);
        for told in [format!("{error}"), format!("{error:?}"), format!("{error:#?}").replace('\n', "")] {
            assert!(!told.contains("EVCXR_") && !told.contains(char::is_control), "{told}");
        }
    }

    #[test]
    fn the_cause_stays_reachable() {
        let io = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::from(io).context("read AOI `x`");
        assert!(error.downcast_ref::<std::io::Error>().is_some());
    }
}
