//! Requests to a server: one thread, one connection pool, retries and rate limits. Contains no
//! endpoint.
//!
//! - [`worker`]: the client's own thread, which runs the rest of this module. Callers send it a
//!   request and wait for plain data.
//! - [`connection`]: sends a [`Request`] with the login, the limiter and the retries.
//! - [`redirect`], [`refusal`]: redirects and error responses.
//! - [`token`]: one token for each login, with one refresh in flight; [`credentials`]: logins
//!   without tokens.
//! - [`certificates`]: certificates from the environment; [`encoding`]: content codings of
//!   responses.
//! - [`limiter`], [`retry`], [`retry_after`]: request rate, retries, and pauses that the server
//!   asks for.
//! - [`page`], [`download`]: paged lists, and downloads to files; [`incoming`]: their progress and
//!   disk space.

mod attempt;
mod certificates;
mod connection;
mod credentials;
mod download;
mod encoding;
mod incoming;
mod limiter;
mod page;
mod redirect;
mod refusal;
mod repair_unicode;
mod request;
mod retry;
mod retry_after;
mod secret;
mod token;
mod worker;

pub(crate) use connection::{Connection, Settings};
pub(crate) use credentials::Credentials;
pub(crate) use download::Part;
pub(crate) use incoming::{Bytes, Counts, DownloadProgress, UnpackReservation};
pub(crate) use page::{Page, collect_pages};
pub(crate) use refusal::{refused, refused_with};
pub(crate) use request::{Login, Request, Response};
pub use retry::RetryPolicy;
pub(crate) use secret::Secret;
pub(crate) use token::TokenSource;
pub(crate) use worker::Worker;
