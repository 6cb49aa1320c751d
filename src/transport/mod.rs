//! Requests to a server: one thread, one connection pool, and what makes them
//! reliable. Knows no endpoint.
//!
//! - [`worker`]: the client's own thread, which runs everything below. A cell
//!   hands it a piece of work and waits for plain data.
//! - [`connection`]: sends a [`Request`] with the login, the limiter and the
//!   retries.
//! - [`redirect`], [`refusal`]: where else to ask, and what the server says no to.
//! - [`token`]: one token for each login, with one refresh in flight; [`credentials`]:
//!   logins that need none.
//! - [`certificates`]: what the environment trusts; [`encoding`]: codings of answers.
//! - [`limiter`], [`retry`], [`retry_after`]: how fast, and how often again.
//! - [`page`], [`download`]: long answers, in parts; [`incoming`]: how far they are, and
//!   whether there is room for them.

mod attempt;
mod certificates;
mod connection;
mod credentials;
mod download;
mod encoding;
mod incoming;
mod limiter;
mod mend;
mod page;
mod redirect;
mod refusal;
mod request;
mod retry;
mod retry_after;
mod secret;
mod token;
mod worker;

pub(crate) use connection::{Connection, Settings};
pub(crate) use credentials::Credentials;
pub(crate) use download::Part;
pub(crate) use incoming::{Bytes, Counts, Incoming, Packed};
pub(crate) use page::{Page, collect_pages};
pub(crate) use refusal::{refused, refused_with};
pub(crate) use request::{Login, Request, Response};
pub use retry::RetryPolicy;
pub(crate) use secret::Secret;
pub(crate) use token::TokenSource;
pub(crate) use worker::Worker;
