//! Logins and tokens (`docs/up42-api.md`, 1.1 to 1.5).

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post};
use super::{PASSWORD, PROJECT_API_KEY, PROJECT_ID, USERNAME};

/// Id of the only workspace, which is also the user's id.
pub(super) const WORKSPACE_ID: &str = "8a2f6ed0-3f5b-4c0e-9d54-1b6c0f6b7a21";

/// Returns the endpoints of logins.
pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/oauth/token", |platform, request, []| platform.classic_token(request)),
        post("/realms/public/protocol/openid-connect/token", |platform, request, []| {
            platform.account_token(request)
        }),
        get("/realms/public/protocol/openid-connect/userinfo", |platform, _, []| platform.user_info()),
        get("/users/me", |platform, _, []| platform.user()),
    ]
}

/// Signer of tokens and URLs.
pub(super) struct Signer {
    secret: [u8; 32],
    life: Duration,
}

/// Reason to refuse a token.
#[derive(Debug, PartialEq)]
enum Denied {
    Missing,
    Forged,
    Expired(Timestamp),
}

impl Signer {
    pub(super) fn new(life: Duration) -> Self {
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        secret[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self { secret, life }
    }

    pub(super) fn signature(&self, of: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(of.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// Returns a JSON Web Token of the type `Bearer` or `Refresh`.
    fn token(&self, kind: &str, subject: &str, now: Timestamp) -> String {
        let expires = now.checked_add(self.life).unwrap_or(Timestamp::MAX);
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(json!({"alg": "HS256", "typ": "JWT"}));
        let claims = part(json!({
            "typ": kind,
            "sub": subject,
            "jti": Uuid::new_v4().to_string(),
            "iat": now.as_second(),
            "exp": expires.as_second(),
            "exp_ms": expires.as_millisecond(),
        }));
        let signature = self.signature(&format!("{head}.{claims}"));
        format!("{head}.{claims}.{signature}")
    }

    fn check(&self, token: &str, now: Timestamp) -> Result<(), Denied> {
        let (claimed, signature) = token.rsplit_once('.').ok_or(Denied::Forged)?;
        if self.signature(claimed) != signature {
            return Err(Denied::Forged);
        }
        let claims =
            claimed.split_once('.').and_then(|(_, claims)| BASE64_URL_SAFE_NO_PAD.decode(claims).ok());
        let claims: Value =
            claims.and_then(|claims| serde_json::from_slice(&claims).ok()).ok_or(Denied::Forged)?;
        if claims["typ"] != "Bearer" {
            return Err(Denied::Forged);
        }
        let expires = claims["exp_ms"].as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        match expires {
            Some(expires) if now < expires => Ok(()),
            Some(expires) => Err(Denied::Expired(expires)),
            None => Err(Denied::Forged),
        }
    }
}

impl Platform {
    /// Handles a request for a classic token, of a project or an account (1.1, 1.2).
    fn classic_token(&self, request: &Request) -> Answer {
        let form = request.form();
        let field = |name| field(&form, name);
        let subject = match field("grant_type") {
            Some("client_credentials") => project_of(request),
            Some("password") => account_of(field("username"), field("password")),
            _ => None,
        };
        let subject = subject.ok_or_else(|| Reply::empty(401))?;
        let token = self.signer.token("Bearer", subject, self.clock.steady());
        // Without a member `error`: oauthlib treats any value of it as an error, even `null`.
        Ok(Reply::json(
            200,
            &json!({
                "data": {"accessToken": token},
                "access_token": token,
                "token_type": "bearer",
                "refresh_token": null,
            }),
        ))
    }

    /// Handles a request for a current token of an account (1.3).
    fn account_token(&self, request: &Request) -> Answer {
        let form = request.form();
        let field = |name| field(&form, name);
        if !matches!(field("client_id"), Some("up42-sdk" | "up42-api")) {
            let invalid = json!({"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials"});
            return Err(Reply::json(401, &invalid));
        }
        let subject = match field("grant_type") {
            Some("password") => account_of(field("username"), field("password")),
            _ => None,
        };
        let invalid = json!({"error": "invalid_grant", "error_description": "Invalid user credentials"});
        let subject = subject.ok_or_else(|| Reply::json(401, &invalid))?;
        let now = self.clock.steady();
        Ok(Reply::json(
            200,
            &json!({
                "access_token": self.signer.token("Bearer", subject, now),
                "expires_in": self.signer.life.as_secs(),
                "refresh_expires_in": 1800,
                "refresh_token": self.signer.token("Refresh", subject, now),
                "token_type": "Bearer",
                "not-before-policy": 0,
                "session_state": Uuid::new_v4().to_string(),
                "scope": "openid profile email",
            }),
        ))
    }

    /// Checks the token of a request.
    pub(super) fn authorize(&self, request: &Request) -> Result<(), Reply> {
        let now = self.clock.steady();
        let token = request.authorization.as_deref().and_then(|header| {
            let (scheme, token) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)
        });
        let checked = token.ok_or(Denied::Missing).and_then(|token| self.signer.check(token, now));
        checked.map_err(|denied| match denied {
            Denied::Missing => unauthorized("Full authentication is required to access this resource"),
            Denied::Forged => unauthorized("INVALID_ACCESS_TOKEN: the token is not one of ours"),
            Denied::Expired(at) => expired(at, now),
        })
    }

    /// Returns the error response for an expired token, for a fault.
    pub(super) fn expired_token(&self) -> Reply {
        let now = self.clock.steady();
        expired(now, now)
    }

    /// Handles a request for the user's information (1.4).
    fn user_info(&self) -> Answer {
        let info = json!({"sub": WORKSPACE_ID, "email": USERNAME, "email_verified": true});
        Ok(Reply::json(200, &info))
    }

    /// Handles `GET /users/me` (1.5).
    fn user(&self) -> Answer {
        Ok(Reply::data(json!({"id": WORKSPACE_ID, "email": USERNAME})))
    }
}

fn unauthorized(message: impl Into<String>) -> Reply {
    Reply::refused(401, "UNAUTHORIZED", message)
}

fn expired(at: Timestamp, now: Timestamp) -> Reply {
    let late = now.as_millisecond() - at.as_millisecond();
    unauthorized(format!(
        "ACCESS_TOKEN_EXPIRED: JWT expired at {at:.0}. Current time: {now:.0}, \
         a difference of {late} milliseconds.  Allowed clock skew: 0 milliseconds."
    ))
}

fn project_of(request: &Request) -> Option<&'static str> {
    let header = request.authorization.as_deref()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(header).ok()?).ok()?;
    (pair.split_once(':')? == (PROJECT_ID, PROJECT_API_KEY)).then_some(PROJECT_ID)
}

fn account_of(username: Option<&str>, password: Option<&str>) -> Option<&'static str> {
    ((username, password) == (Some(USERNAME), Some(PASSWORD))).then_some(WORKSPACE_ID)
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn tokens_expire() {
        let signer = Signer::new(Duration::from_secs(300));
        let token = signer.token("Bearer", "me", at(1000));
        assert_eq!(signer.check(&token, at(1299)), Ok(()));
        assert_eq!(signer.check(&token, at(1300)), Err(Denied::Expired(at(1300))));
    }

    #[test]
    fn a_token_of_another_platform_is_refused() {
        let token = Signer::new(Duration::from_secs(300)).token("Bearer", "me", at(0));
        assert_eq!(Signer::new(Duration::from_secs(300)).check(&token, at(1)), Err(Denied::Forged));
    }
}
