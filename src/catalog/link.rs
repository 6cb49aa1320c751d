use up42_core::error::{Context, Error, ErrorKind, Result};

/// Resolves a link that may be relative to its document.
pub(super) fn resolve(base: &str, href: &str) -> Result<String> {
    let joined = url::Url::parse(base).and_then(|base| base.join(href));
    joined
        .map(String::from)
        .map_err(|error| Error::foreign(ErrorKind::Response, error))
        .with_context(|| format!("link `{}`", href.split(['?', '#']).next().unwrap_or_default()))
}

/// Returns a media type in lower case without its parameters; case is ignored (RFC 9110, 8.3.1).
pub(super) fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
