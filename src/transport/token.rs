use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Connection, Request, Secret};
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Remaining lifetime below which a token is renewed before use: a request may wait for the
/// limiter, and clocks differ.
const MARGIN: Duration = Duration::from_secs(30);
/// Lifetime of classic tokens, which do not state it, from UP42's documentation.
const CLASSIC_LIFE: Duration = Duration::from_secs(300);
/// Longest use of a token in seconds, whatever the server states.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// Source of tokens, with the current token. The lock is held while a token is fetched, so
/// concurrent requests with an expired token cause one login; if it fails, the requests that waited
/// for it fail too.
#[derive(Debug)]
pub(crate) struct TokenSource {
    login: Request,
    hint: String,
    current: Mutex<Current>,
    /// Number of failed logins. A caller that sees it change has waited for one of them.
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Current {
    token: Option<Token>,
    failure: Option<Error>,
}

#[derive(Clone, Debug)]
struct Token {
    text: Secret,
    until: Instant,
}

impl TokenSource {
    /// Makes a token source. `login` is the request whose response contains a token; `hint` names
    /// the settings to check if it is refused.
    pub(crate) fn new(login: Request, hint: impl Into<String>) -> Self {
        Self { login, hint: hint.into(), current: Mutex::default(), failures: AtomicU64::new(0) }
    }

    /// Returns a token that is valid for at least another 30 s.
    pub(crate) async fn token(&self, connection: &Connection) -> Result<Secret> {
        let failures = self.failures.load(Ordering::Relaxed);
        let mut current = self.current.lock().await;
        let now = Instant::now();
        if let Some(token) = current.token.as_ref().filter(|token| now + MARGIN < token.until) {
            return Ok(token.text.clone());
        }
        if let Some(failure) = &current.failure
            && self.failures.load(Ordering::Relaxed) != failures
        {
            return Err(failure.clone());
        }
        match self.log_in(connection, now).await {
            Ok(token) => {
                let text = token.text.clone();
                *current = Current { token: Some(token), failure: None };
                Ok(text)
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                current.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn log_in(&self, connection: &Connection, now: Instant) -> Result<Token> {
        let answer = connection.send_without_token(&self.login).await;
        let json = answer.and_then(|response| response.json()).map_err(|error| self.explain(error))?;
        Token::read(&json, now).context("log in")
    }

    /// Forgets a token that the server rejected, unless another request has already replaced it.
    pub(crate) async fn forget(&self, refused: &Secret) {
        let mut current = self.current.lock().await;
        if current.token.as_ref().is_some_and(|token| token.text == *refused) {
            current.token = None;
        }
    }

    fn explain(&self, error: Error) -> Error {
        let server_error = error.server_error().cloned();
        match (error.kind(), server_error) {
            (ErrorKind::Auth | ErrorKind::InvalidInput, Some(server_error)) => {
                let message = format!(
                    "log in: the platform refused the login ({}): {}",
                    server_error.status, self.hint
                );
                Error::server(ErrorKind::Auth, message, server_error)
            }
            _ => error.context("log in"),
        }
    }
}

impl Token {
    /// Reads the token of either API generation: `access_token` with `expires_in`, or the classic
    /// `data.accessToken`.
    fn read(json: &Value, now: Instant) -> Result<Self> {
        let text =
            json.get("access_token").or_else(|| json.pointer("/data/accessToken")).and_then(Value::as_str);
        let text = text.ok_or_else(|| Error::response("the answer holds no `access_token`"))?;
        let seconds = json.get("expires_in").and_then(Value::as_u64);
        let life = seconds.map_or(CLASSIC_LIFE, |seconds| Duration::from_secs(seconds.min(LONGEST_LIFE)));
        Ok(Self { text: Secret::new(text), until: now + life })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use futures_util::future::join_all;
    use serde_json::json;

    use super::*;
    use crate::transport::{RetryPolicy, Settings};

    #[test]
    fn the_lifetime_of_a_token_is_at_most_a_day() {
        let now = Instant::now();
        let token = Token::read(&json!({"access_token": "t", "expires_in": u64::MAX}), now).unwrap();
        assert_eq!(token.until - now, Duration::from_secs(LONGEST_LIFE));
    }

    #[test]
    fn a_refused_login_is_sent_once_for_all_waiting_requests() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let logins = std::sync::Arc::new(AtomicU64::new(0));
        let counted = logins.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let refusal = b"HTTP/1.1 401 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                let _ = stream.write_all(refusal);
            }
        });
        let settings = Settings {
            api: url.parse().unwrap(),
            auth: None,
            tokens: None,
            credentials: None,
            retry: RetryPolicy { attempts: 1, ..RetryPolicy::default() },
            timeout: Duration::from_secs(60),
        };
        let source = TokenSource::new(Request::post(&url, json!({})), "check the password");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let connection = Connection::new(settings).unwrap();
            // All tasks wait before the first response can be read: there is one thread.
            let refused = join_all((0..20).map(|_| source.token(&connection))).await;
            for refused in refused {
                assert_eq!(refused.unwrap_err().kind(), ErrorKind::Auth);
            }
            assert_eq!(logins.load(Ordering::SeqCst), 1);
            assert_eq!(source.token(&connection).await.unwrap_err().kind(), ErrorKind::Auth);
            assert_eq!(logins.load(Ordering::SeqCst), 2, "who asks later tries anew");
        });
    }
}
