use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RANGE};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::limiter::Limiter;
use super::redirect::redirected;
use super::refusal::refusal;
use super::request::Body;
use super::retry::{Failure, jitter};
use super::{Login, Request, Response, RetryPolicy, Secret, TokenSource};
use crate::error::{Context, Error, ErrorKind, Result};

/// The largest answer that is read whole, in bytes; downloads to files have no bound.
const LARGEST: usize = 256_000_000;
/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(20);
/// Redirects that one request follows, as browsers do.
const REDIRECTS: usize = 10;

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

impl Connection {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        // The first client of the process installs it; a second time is refused and is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("up42-rust/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(settings.timeout)
            // `redirected` follows them, and says where to.
            .redirect(Policy::none());
        // A proxy of the environment would look for the simulator on its own machine.
        if is_loopback(&settings.api) {
            http = http.no_proxy();
        }
        let http = http
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
        let token = tokens.token(self).await?;
        let refused = match self.retrying(request, async || attempt(Some(&token)).await).await {
            Err(error) if error.server_error().is_some_and(|said| said.status == 401) => error,
            other => return other,
        };
        tracing::debug!(%refused, "the token was refused: log in again");
        tokens.forget(&token).await;
        let token = tokens.token(self).await?;
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
            let failed = match attempt().await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let failure = Failure { kind: failed.error.kind(), not_sent: failed.not_sent };
            let pause = pauses.next().filter(|_| failure.is_worth_retrying(request.charges));
            let Some(pause) = pause else {
                return Err(failed.error.context(told(request, attempts)));
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
        let body = self.read(request, answer).await?;
        Ok(Response { status, content_type, body, is_secret: request.is_secret })
    }

    async fn read(&self, request: &Request, mut answer: reqwest::Response) -> Result<Vec<u8>, Attempted> {
        let promised = answer.content_length().unwrap_or(0);
        let mut body = Vec::new();
        loop {
            if promised.max(body.len() as u64) > LARGEST as u64 {
                let told = format!("the answer is larger than {} MB", LARGEST / 1_000_000);
                return Err(Error::response(told).into());
            }
            match answer.chunk().await.map_err(|error| self.network(request, error))? {
                Some(part) => body.extend_from_slice(&part),
                None => return Ok(body),
            }
        }
    }

    /// Waits for a slot of the host.
    pub(super) async fn permit(
        &self,
        request: &Request,
    ) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, Attempted> {
        let url = parse(&request.url)?;
        Ok(self.0.limiter.permit(url.authority()).await)
    }

    /// Sends one attempt, follows redirects, and gives the answer when its status is
    /// good.
    pub(super) async fn begin(
        &self,
        request: &Request,
        token: Option<&Secret>,
    ) -> Result<reqwest::Response, Attempted> {
        let mut request = request.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.attempt(&request, token).await?;
            if answer.status().is_success() {
                return Ok(answer);
            }
            let to = header(answer.headers(), LOCATION.as_str());
            match redirected(&request, answer.status().as_u16(), to.as_deref())? {
                Some(next) => request = next,
                None => return Err(refusal(answer).await),
            }
        }
        Err(Error::response(format!("the server redirects more than {REDIRECTS} times")).into())
    }

    async fn attempt(
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
        builder.send().await.map_err(|error| self.network(request, error))
    }

    /// The login to use: the bearer token goes to the API's own origin only, so a
    /// `next` link or an asset of another host never sees it.
    fn tokens_for(&self, request: &Request) -> Option<&TokenSource> {
        let wanted = request.brings_token_to(&self.0.settings.api);
        self.0.settings.tokens.as_ref().filter(|_| wanted)
    }

    pub(super) fn network(&self, request: &Request, error: reqwest::Error) -> Attempted {
        let not_sent = error.is_connect();
        let host = Url::parse(&request.url).map(|url| url.authority().to_owned()).unwrap_or_default();
        let error = error.without_url();
        let cause = innermost(&error);
        let what = if not_sent && error.is_timeout() {
            let seconds = CONNECT.as_secs();
            format!(
                "no connection to `{host}` within {seconds} s: check the network, a proxy and the address"
            )
        } else if error.is_timeout() {
            format!("no answer from `{host}` within {} s", self.0.settings.timeout.as_secs())
        } else if not_sent {
            format!("cannot connect to `{host}` ({cause}): check the network, a proxy and the address")
        } else {
            format!("the connection to `{host}` broke ({cause})")
        };
        let error = Error::new(ErrorKind::Network, what);
        Attempted { error, not_sent, retry_after: None }
    }
}

/// An attempt that failed, for [`Connection::with_retries`].
pub(super) struct Attempted {
    error: Error,
    not_sent: bool,
    retry_after: Option<Duration>,
}

impl Attempted {
    /// The server answered, and refused.
    pub(super) fn refused(error: Error, retry_after: Option<Duration>) -> Self {
        Self { error, not_sent: false, retry_after }
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

fn parse(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error)).context("not a URL")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
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

pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_asked_without_a_proxy() {
        let is_here = |url: &str| is_loopback(&Url::parse(url).unwrap());
        assert!(["http://127.0.0.1:80", "http://localhost/a", "http://[::1]:1"].into_iter().all(is_here));
        assert!(!is_here("https://api.up42.com"));
    }
}
