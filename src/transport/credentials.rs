use std::fmt;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderName, HeaderValue};

use super::Secret;
use up42_core::error::{Error, Result};

/// Credentials sent unchanged with each request to a server without a token endpoint.
#[derive(Clone, PartialEq)]
pub(crate) enum Credentials {
    Bearer(Secret),
    /// Name of a header, and the key that it holds.
    Header(String, Secret),
    Basic(String, Secret),
}

impl Credentials {
    /// Returns an error for values that no header can hold. Checked before any request, since a
    /// later error could not name the wrong part.
    pub(crate) fn check(&self) -> Result<()> {
        let is_text =
            |secret: &Secret| !secret.reveal().is_empty() && HeaderValue::from_str(secret.reveal()).is_ok();
        match self {
            Self::Bearer(token) if is_text(token) => Ok(()),
            Self::Bearer(_) => Err(Error::invalid("the token is empty, or has letters that no token has")),
            // A value in the wrong place may be the secret: the message does not quote it.
            Self::Header(name, _) if HeaderName::from_bytes(name.as_bytes()).is_err() => Err(Error::invalid(
                "the first is no name of a header: write one like `X-API-Key`, then the key",
            )),
            Self::Header(name, key) if is_text(key) => {
                // These headers control the request itself: its host, its length and its framing.
                match ["host", "content-length", "transfer-encoding"].contains(&&*name.to_ascii_lowercase()) {
                    true => Err(Error::invalid(format!("the header `{name}` holds no key"))),
                    false => Ok(()),
                }
            }
            Self::Header(..) => Err(Error::invalid("the key is empty, or has letters that no header has")),
            Self::Basic(user, _) if user.contains(':') => Err(Error::invalid(
                "the user has a colon, which ends a user's name: give the password by itself",
            )),
            Self::Basic(..) => Ok(()),
        }
    }

    pub(super) fn add_to(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Bearer(token) => request.bearer_auth(token.reveal()),
            Self::Header(name, key) => match HeaderValue::from_str(key.reveal()) {
                Ok(mut value) => {
                    value.set_sensitive(true);
                    request.header(name, value)
                }
                Err(_) => request,
            },
            Self::Basic(user, password) => request.basic_auth(user, Some(password.reveal())),
        }
    }
}

/// Shows the kind only: a secret may stand where a name should.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer",
            Self::Header(..) => "Header",
            Self::Basic(..) => "Basic",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_header_values_are_refused_without_printing_them() {
        let secret = |text: &str| Secret::new(text);
        let wrong = [
            Credentials::Bearer(secret("hunter2\n")),
            Credentials::Bearer(secret("")),
            Credentials::Header("hunter2 /".into(), secret("X-API-Key")),
            Credentials::Header("Host".into(), secret("hunter2")),
            Credentials::Header("X-API-Key".into(), secret("hunter2\r\nX: y")),
            Credentials::Basic("me:hunter2".into(), secret("")),
        ];
        for one in wrong {
            let text = format!("{} {one:?}", one.check().unwrap_err());
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert!(Credentials::Header("X-API-Key".into(), secret("k")).check().is_ok());
        assert!(Credentials::Basic("me".into(), secret("hünter2")).check().is_ok());
    }
}
