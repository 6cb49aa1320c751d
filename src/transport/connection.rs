use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, IF_RANGE, LOCATION, RANGE};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::attempt::FailedAttempt;
use super::certificates::trusted;
use super::encoding::{decode, too_large};
use super::limiter::Limiter;
use super::redirect::redirected;
use super::refusal::refusal;
use super::request::Body;
use super::retry::{Failure, jitter, pause};
use super::{Credentials, Login, Request, Response, RetryPolicy, Secret, TokenSource};
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Connect timeout.
const CONNECT: Duration = Duration::from_secs(20);
/// Largest number of redirects that one request follows.
const REDIRECTS: usize = 10;

/// Media type of a body that changes some members of an object (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Settings of a connection.
#[derive(Debug)]
pub(crate) struct Settings {
    /// URL of the API. The token is sent to this origin and to that of `auth` only.
    pub(crate) api: Url,
    /// URL of the login server, which issues an account's token and returns whose it is.
    pub(crate) auth: Option<Url>,
    /// Source of tokens; `None` for a server without tokens.
    pub(crate) tokens: Option<TokenSource>,
    /// Credentials sent with each request to a server without tokens.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) retry: RetryPolicy,
    /// Request timeout: longest wait for a response to begin, and between two parts of it.
    pub(crate) timeout: Duration,
}

impl Settings {
    /// Returns settings for a server without a login, with one attempt per request.
    #[cfg(test)]
    pub(crate) fn test(api: &str) -> Self {
        Self {
            api: Url::parse(api).unwrap(),
            auth: None,
            tokens: None,
            credentials: None,
            retry: RetryPolicy { attempts: 1, ..RetryPolicy::default() },
            timeout: Duration::from_secs(20),
        }
    }

    /// Returns whether the token may be sent with a request: to the API and the login server only.
    fn is_own(&self, request: &Request) -> bool {
        std::iter::once(&self.api).chain(&self.auth).any(|origin| request.sends_token_to(origin))
    }
}

/// HTTP connection with login, rate limiter and retries; error responses become errors.
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
        // The first client of the process installs the provider. Later calls fail, which is
        // harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("up42-rust/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(settings.timeout)
            // `redirected` follows redirects and decides which are allowed.
            .redirect(Policy::none());
        let is_here = is_loopback(&settings.api);
        // A proxy from the environment would look for the simulator on its own machine.
        if is_here {
            http = http.no_proxy();
        }
        // An invalid certificate variable must not make the simulator unusable.
        if !is_here || settings.api.scheme() == "https" {
            http = http.tls_certs_merge(trusted(|name| std::env::var(name).ok())?);
        }
        let http = http
            .build()
            .map_err(|error| Error::foreign(ErrorKind::Network, error).context("prepare the connection"))?;
        Ok(Self(Arc::new(Inner { http, limiter: Limiter::default(), settings })))
    }

    /// Sends a request, with retries where they are safe, and returns the whole response.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response> {
        self.with_retries(request, async |token| self.send_whole(request, token).await).await
    }

    /// Sends the request that fetches a token; it needs no token itself.
    pub(crate) async fn send_without_token(&self, request: &Request) -> Result<Response> {
        self.retrying(request, async || self.send_whole(request, None).await).await
    }

    /// Runs an attempt with a token, and once more with a new token if the server rejects the first
    /// one (401): then nothing was carried out.
    pub(super) async fn with_retries<T>(
        &self,
        request: &Request,
        attempt: impl AsyncFn(Option<&Secret>) -> Result<T, FailedAttempt>,
    ) -> Result<T> {
        let Some(tokens) = self.tokens_for(request) else {
            return self.retrying(request, async || attempt(None).await).await;
        };
        let login = async || tokens.token(self).await.map_err(Error::unsent);
        let token = login().await?;
        let refused = match self.retrying(request, async || attempt(Some(&token)).await).await {
            Err(error) if error.server_error().is_some_and(|server_error| server_error.status == 401) => {
                error
            }
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
        attempt: impl AsyncFn() -> Result<T, FailedAttempt>,
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
            let is_final = failed.is_final
                || failed.status().is_some_and(|status| request.no_retry_statuses.contains(&status));
            let own = pauses.next().filter(|_| !is_final && failure.is_worth_retrying(request.is_charging));
            let ended = |error: Error| {
                let error = error.context(context_of(request, attempts));
                if failed.not_sent { error.unsent() } else { error }
            };
            let Some(own) = own else { return Err(ended(failed.error)) };
            let Some(pause) = pause(own, failed.retry_after) else {
                let seconds = failed.retry_after.unwrap_or_default().as_secs();
                let note = format!("the server asks to wait {seconds} s: try again then");
                return Err(ended(failed.error.context(note)));
            };
            tracing::debug!(error = %failed.error, ?pause, attempts, "try again");
            tokio::time::sleep(pause).await;
            attempts += 1;
        }
    }

    async fn send_whole(&self, request: &Request, token: Option<&Secret>) -> Result<Response, FailedAttempt> {
        let _slot = self.permit(request).await?;
        let answer = self.begin(request, token).await?;
        let status = answer.status().as_u16();
        let content_type = header(answer.headers(), CONTENT_TYPE.as_str());
        let location = header(answer.headers(), LOCATION.as_str());
        let codings = header(answer.headers(), CONTENT_ENCODING.as_str()).unwrap_or_default();
        let body = self.read(request, answer).await?;
        let body =
            decode(body, &codings, request.largest).map_err(|error| FailedAttempt::refused(error, None))?;
        Ok(Response { status, content_type, location, body, is_secret: request.is_secret })
    }

    async fn read(&self, request: &Request, mut answer: reqwest::Response) -> Result<Vec<u8>, FailedAttempt> {
        let expected_length = answer.content_length().unwrap_or(0);
        let mut body = Vec::new();
        loop {
            if expected_length.max(body.len() as u64) > request.largest as u64 {
                return Err(FailedAttempt::refused(too_large(request.largest), None));
            }
            match answer.chunk().await.map_err(|error| self.network(request, error))? {
                Some(part) => body.extend_from_slice(&part),
                None => return Ok(body),
            }
        }
    }

    /// Waits until the limiter allows a request to the host.
    pub(super) async fn permit(
        &self,
        request: &Request,
    ) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, FailedAttempt> {
        let url = parse(&request.url).map_err(FailedAttempt::unsent)?;
        Ok(self.0.limiter.permit(url.authority()).await)
    }

    /// Sends one attempt, follows redirects, and returns the response if its status is 2xx.
    pub(super) async fn begin(
        &self,
        request: &Request,
        token: Option<&Secret>,
    ) -> Result<reqwest::Response, FailedAttempt> {
        let mut request = request.clone();
        for hop in 0..=REDIRECTS {
            let answer = self.attempt(&request, token).await;
            // A server that redirects may have carried out the request before.
            let answer =
                answer.map_err(|failed| FailedAttempt { not_sent: failed.not_sent && hop == 0, ..failed })?;
            if answer.status().is_success() {
                return Ok(answer);
            }
            let to = header(answer.headers(), LOCATION.as_str());
            match redirected(&request, answer.status().as_u16(), to.as_deref()) {
                Ok(Some(next)) => request = next,
                Ok(None) => return Err(refusal(answer).await),
                Err(error) => return Err(FailedAttempt::refused(error, None)),
            }
        }
        let error = Error::response(format!("the server redirects more than {REDIRECTS} times"));
        Err(FailedAttempt::refused(error, None))
    }

    async fn attempt(
        &self,
        request: &Request,
        token: Option<&Secret>,
    ) -> Result<reqwest::Response, FailedAttempt> {
        let url = parse(&request.url).map_err(FailedAttempt::unsent)?;
        let mut builder = self.0.http.request(request.method.clone(), url).query(&request.query);
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder.json(json),
            Body::Merge(json) => builder.header(CONTENT_TYPE, MERGE_PATCH).json(json),
            Body::Form(fields) => {
                builder.form(&fields.iter().map(|(name, value)| (*name, value.reveal())).collect::<Vec<_>>())
            }
        };
        builder = match (&request.login, token) {
            (Login::Basic(user, password), _) => builder.basic_auth(user, Some(password.reveal())),
            (Login::Token, Some(token)) => builder.bearer_auth(token.reveal()),
            // Checked again for each hop of a redirect.
            (Login::Token, None) if self.0.settings.is_own(request) => {
                self.0.settings.credentials.iter().fold(builder, |builder, login| login.add_to(builder))
            }
            _ => builder,
        };
        if request.wants_json {
            builder = builder.header(ACCEPT, "application/json, */*;q=0.5");
        }
        if request.is_async {
            builder = builder.header("prefer", "respond-async");
        }
        builder = request
            .headers
            .iter()
            .fold(builder, |builder, (name, value)| builder.header(name, value.reveal()));
        if request.from_byte > 0 {
            builder = builder.header(RANGE, format!("bytes={}-", request.from_byte));
            builder = request.if_range.iter().fold(builder, |builder, tag| builder.header(IF_RANGE, tag));
        }
        builder.send().await.map_err(|error| self.network(request, error))
    }

    /// Returns the token source for a request: the bearer token is sent to the API and the login
    /// server only, so a `next` link or an asset on another host never gets it.
    fn tokens_for(&self, request: &Request) -> Option<&TokenSource> {
        let settings = &self.0.settings;
        settings.tokens.as_ref().filter(|_| settings.is_own(request))
    }

    pub(super) fn network(&self, request: &Request, error: reqwest::Error) -> FailedAttempt {
        FailedAttempt::network(request, error, CONNECT, self.0.settings.timeout)
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

fn context_of(request: &Request, attempts: u32) -> String {
    match attempts {
        1 => request.shown(),
        many => format!("{} ({many} attempts)", request.shown()),
    }
}

pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_request_is_never_reported_as_unsent() {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (count, mut stream) in listener.incoming().flatten().enumerate() {
                let _ = stream.read(&mut [0; 4096]);
                let answer = match count {
                    0 => "200 x\r\nContent-Length: 300000000",
                    1 => "307 x\r\nLocation: http://127.0.0.2:9/",
                    // Nothing listens there, but a server responded with the redirect.
                    _ => "302 x\r\nLocation: http://127.0.0.1:9/",
                };
                let _ =
                    stream.write_all(format!("HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n").as_bytes());
            }
        });
        let connection = Connection::new(Settings::test(&url)).unwrap();
        let worker = crate::transport::Worker::start(connection).unwrap();
        let requests = [
            Request::post(&url, serde_json::json!({})).mark_charging(),
            Request::post(&url, serde_json::json!({})).mark_charging(),
            Request::get(&url).mark_charging(),
        ];
        for request in requests {
            let error = worker.send(request).unwrap_err();
            assert!(!error.is_unsent(), "{error}");
        }
        let nobody = worker.send(Request::get("http://127.0.0.1:9/")).unwrap_err();
        assert!(nobody.is_unsent(), "{nobody}");
    }

    #[test]
    fn a_token_is_sent_to_the_api_and_the_auth_server_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        let (api, auth) = (url("https://api.up42.com"), Some(url("https://auth.up42.com")));
        let retry = RetryPolicy::default();
        let settings =
            Settings { api, auth, tokens: None, credentials: None, retry, timeout: Duration::from_secs(1) };
        let is_own = |url: &str| settings.is_own(&Request::get(url));
        assert!(is_own("https://api.up42.com/v2/orders") && is_own("https://auth.up42.com/realms"));
        for other in [
            "http://api.up42.com/",
            "https://api.up42.com:8443/",
            "https://storage.up42.com/",
            "https://up42.com",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn loopback_addresses_use_no_proxy() {
        let is_here = |url: &str| is_loopback(&Url::parse(url).unwrap());
        assert!(["http://127.0.0.1:80", "http://localhost/a", "http://[::1]:1"].into_iter().all(is_here));
        assert!(!is_here("https://api.up42.com"));
    }
}
