use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RANGE, RETRY_AFTER};
use serde_json::Value;
use url::{Origin, Url};

use super::limiter::Limiter;
use super::request::Body;
use super::retry::{Failure, jitter};
use super::{Login, Request, Response, RetryPolicy, Secret, TokenSource};
use crate::error::{Context, Error, ErrorKind, Result, ServerError};

/// How a connection behaves.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The API; the token goes to this origin and to no other.
    pub(crate) api: Url,
    /// Where tokens come from; `None` for a service without a login.
    pub(crate) tokens: Option<TokenSource>,
    pub(crate) retry: RetryPolicy,
    /// The longest wait for an answer to begin and between two parts of it.
    pub(crate) timeout: Duration,
}

/// Sends requests: login, limiter, retries, and refusals turned into errors.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    limiter: Limiter,
    settings: Settings,
}

/// One attempt that failed.
struct Attempt {
    error: Error,
    not_sent: bool,
    retry_after: Option<Duration>,
}

impl Connection {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        // The first client of the process installs it; a second time is refused and is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("up42-rust/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(settings.timeout)
            .build()
            .map_err(|error| Error::foreign(ErrorKind::Network, error).context("prepare the connection"))?;
        Ok(Self(Arc::new(Inner { http, limiter: Limiter::default(), settings })))
    }

    /// Sends a request, again where that is safe, and gives the whole answer.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response> {
        self.with_retries(request, async |token| self.send_whole(request, token).await).await
    }

    /// Sends the request that fetches a token: it needs none itself.
    pub(crate) async fn send_without_token(&self, request: &Request) -> Result<Response> {
        self.retrying(request, async || self.send_whole(request, None).await).await
    }

    /// Runs an attempt with a token, and once more with a new one when the
    /// server refuses the first: then nothing was carried out.
    pub(super) async fn with_retries<T>(
        &self,
        request: &Request,
        attempt: impl AsyncFn(Option<&Secret>) -> Result<T, Attempted>,
    ) -> Result<T> {
        let Some(tokens) = self.tokens_for(request) else {
            return self.retrying(request, async || attempt(None).await).await;
        };
        let login = async || tokens.token(self).await.map_err(Error::unsent);
        let token = login().await?;
        let refused = match self.retrying(request, async || attempt(Some(&token)).await).await {
            Err(error) if error.server_error().is_some_and(|said| said.status == 401) => error,
            other => return other,
        };
        tracing::debug!(%refused, "the token was refused: log in again");
        tokens.forget(&token).await;
        let token = login().await?;
        self.retrying(request, async || attempt(Some(&token)).await).await
    }

    async fn retrying<T>(
        &self,
        request: &Request,
        attempt: impl AsyncFn() -> Result<T, Attempted>,
    ) -> Result<T> {
        let policy = self.0.settings.retry;
        let mut pauses = policy.pauses(jitter());
        let mut attempts = 1;
        loop {
            let Attempted(failed) = match attempt().await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let failure = Failure { kind: failed.error.kind(), not_sent: failed.not_sent };
            let pause = pauses.next().filter(|_| failure.is_worth_retrying(request.charges));
            let Some(pause) = pause else {
                let error = failed.error.context(told(request, attempts));
                return Err(if failed.not_sent { error.unsent() } else { error });
            };
            let pause = failed.retry_after.unwrap_or(pause).min(policy.longest_pause);
            tracing::debug!(error = %failed.error, ?pause, attempts, "try again");
            tokio::time::sleep(pause).await;
            attempts += 1;
        }
    }

    async fn send_whole(&self, request: &Request, token: Option<&Secret>) -> Result<Response, Attempted> {
        let _slot = self.permit(request).await?;
        let answer = self.begin(request, token).await?;
        let status = answer.status().as_u16();
        let content_type = header(answer.headers(), CONTENT_TYPE.as_str());
        let body = answer.bytes().await.map_err(|error| self.network(request, error))?;
        Ok(Response { status, content_type, body: body.into() })
    }

    /// Waits for a slot of the host.
    pub(super) async fn permit(
        &self,
        request: &Request,
    ) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, Attempted> {
        let url = parse(&request.url)?;
        Ok(self.0.limiter.permit(url.authority()).await)
    }

    /// Sends one attempt and gives the answer when its status is good.
    pub(super) async fn begin(
        &self,
        request: &Request,
        token: Option<&Secret>,
    ) -> Result<reqwest::Response, Attempted> {
        let url = parse(&request.url)?;
        let mut builder = self.0.http.request(request.method.clone(), url).query(&request.query);
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder.json(json),
            Body::Form(fields) => {
                builder.form(&fields.iter().map(|(name, value)| (*name, value.reveal())).collect::<Vec<_>>())
            }
        };
        builder = match (&request.login, token) {
            (Login::Basic(user, password), _) => builder.basic_auth(user, Some(password.reveal())),
            (Login::Token, Some(token)) => builder.bearer_auth(token.reveal()),
            _ => builder,
        };
        if request.from_byte > 0 {
            builder = builder.header(RANGE, format!("bytes={}-", request.from_byte));
        }
        let answer = builder.send().await.map_err(|error| self.network(request, error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refusal(answer).await)
    }

    /// The login to use: the bearer token goes to the API's own origin only, so a
    /// `next` link or an asset of another host never sees it.
    fn tokens_for(&self, request: &Request) -> Option<&TokenSource> {
        let api: Origin = self.0.settings.api.origin();
        let own = Url::parse(&request.url).is_ok_and(|url| url.origin() == api);
        let wanted = matches!(request.login, Login::Token) && own;
        self.0.settings.tokens.as_ref().filter(|_| wanted)
    }

    pub(super) fn network(&self, request: &Request, error: reqwest::Error) -> Attempted {
        let not_sent = error.is_connect();
        let host = Url::parse(&request.url).map(|url| url.authority().to_owned()).unwrap_or_default();
        let error = error.without_url();
        let cause = innermost(&error);
        let what = if error.is_timeout() {
            format!("no answer from `{host}` within {} s", self.0.settings.timeout.as_secs())
        } else if not_sent {
            format!("cannot connect to `{host}` ({cause}): check the network, a proxy and the address")
        } else {
            format!("the connection to `{host}` broke ({cause})")
        };
        let error = Error::new(ErrorKind::Network, what);
        Attempted(Attempt { error, not_sent, retry_after: None })
    }
}

/// An attempt that failed, for [`Connection::with_retries`].
pub(super) struct Attempted(Attempt);

impl Attempted {
    /// The status of a refusal.
    pub(super) fn status(&self) -> Option<u16> {
        self.0.error.server_error().map(|said| said.status)
    }
}

impl From<Error> for Attempted {
    fn from(error: Error) -> Self {
        Self(Attempt { error, not_sent: true, retry_after: None })
    }
}

fn parse(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error)).context("not a URL")
}

fn told(request: &Request, attempts: u32) -> String {
    match attempts {
        1 => request.shown(),
        many => format!("{} ({many} attempts)", request.shown()),
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn refusal(answer: reqwest::Response) -> Attempted {
    let status = answer.status().as_u16();
    let retry_after = header(answer.headers(), RETRY_AFTER.as_str())
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    let request_id = ["x-request-id", "x-correlation-id", "x-b3-traceid"]
        .iter()
        .find_map(|name| header(answer.headers(), name));
    let body = answer.bytes().await.unwrap_or_default();
    let mut said = read_refusal(&body);
    said.status = status;
    said.request_id = request_id;
    let error = refused(said);
    Attempted(Attempt { error, not_sent: false, retry_after })
}

/// Turns what the server said into an error.
pub(crate) fn refused(said: ServerError) -> Error {
    let told = said.message.clone().unwrap_or_default();
    let kind = match said.status {
        401 => ErrorKind::Auth,
        402 => ErrorKind::Credits,
        403 if told.to_lowercase().contains("credits") => ErrorKind::Credits,
        403 => ErrorKind::Auth,
        404 | 410 => ErrorKind::NotFound,
        408 | 500..=599 => ErrorKind::Server,
        429 => ErrorKind::Busy,
        400..=499 => ErrorKind::InvalidInput,
        _ => ErrorKind::Response,
    };
    let mut message = said.status.to_string();
    if !told.is_empty() {
        message += &format!(": {told}");
    }
    match kind {
        ErrorKind::Busy if !told.contains("jobs") => message += ": wait a little, or ask less often",
        ErrorKind::Auth if told.is_empty() => message += ": the login is not allowed to do this",
        _ => {}
    }
    if let Some(id) = &said.request_id {
        message += &format!(" (request {id})");
    }
    Error::server(kind, message, said)
}

/// Reads the shapes of a refusal that the platform has: the classic envelope with
/// an object or a text in `error`, a bare code and message, and problem+json.
fn read_refusal(body: &[u8]) -> ServerError {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return ServerError::default() };
    let error = match json.get("error") {
        Some(Value::String(text)) => {
            let message = text_of(json.get("error_description")).unwrap_or_else(|| text.clone());
            return ServerError { message: Some(message), ..ServerError::default() };
        }
        Some(error @ Value::Object(_)) => error,
        _ => &json,
    };
    let details: Vec<String> = ["detail", "description", "schema-error"]
        .iter()
        .filter_map(|key| text_of(error.get(key)))
        .chain(error.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(|one| {
            let name = text_of(one.get("name")).map(|name| name + ": ").unwrap_or_default();
            Some(name + &text_of(one.get("message"))?)
        }))
        .collect();
    let head = text_of(error.get("message")).or_else(|| text_of(error.get("title")));
    let message = head.into_iter().chain(details).collect::<Vec<_>>().join(": ");
    ServerError {
        code: text_of(error.get("code")),
        message: (!message.is_empty()).then_some(message),
        ..ServerError::default()
    }
}

/// Classic codes are numbers and words; both are kept as text.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_refusal_is_read() {
        let message = |body: &str| read_refusal(body.as_bytes()).message.unwrap_or_default();
        assert_eq!(
            message(r#"{"data":null,"error":{"code":404,"message":"Job not found","details":null}}"#),
            "Job not found"
        );
        assert_eq!(message(r#"{"data":{},"error":"Not found!"}"#), "Not found!");
        assert_eq!(
            message(
                r#"{"title":"Bad Request","status":400,"schema-error":"data.inputs must contain ['item'] properties"}"#
            ),
            "Bad Request: data.inputs must contain ['item'] properties"
        );
        assert_eq!(
            message(r#"{"title":"Unprocessable Entity","status":422,"errors":[{"name":"A","message":"b"}]}"#),
            "Unprocessable Entity: A: b"
        );
        assert_eq!(message(r#"{"code":"NotFoundError","description":"No collection"}"#), "No collection");
        assert_eq!(message("<html>"), "");
        assert_eq!(
            read_refusal(br#"{"error":{"code":"VALIDATION_ERROR","message":"m"}}"#).code.unwrap(),
            "VALIDATION_ERROR"
        );
    }
}
