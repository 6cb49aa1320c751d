use crate::error::{Context, Error, ErrorKind, Result};

/// A link that may be relative to the document it stands in.
pub(super) fn resolve(base: &str, href: &str) -> Result<String> {
    let joined = url::Url::parse(base).and_then(|base| base.join(href));
    joined
        .map(String::from)
        .map_err(|error| Error::foreign(ErrorKind::Response, error))
        .with_context(|| format!("link `{}`", href.split(['?', '#']).next().unwrap_or_default()))
}
