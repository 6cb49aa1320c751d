//! Text from outside as a line that can be printed anywhere.

use std::borrow::Cow;

use url::form_urlencoded;

/// Characters beyond a line's limit in which the end of a URL's login is looked for.
const AHEAD: usize = 2_000;

/// One line, at most `limit` characters long: without control characters, without marks
/// that hide or that turn the direction of what follows, without the keys of signed URLs,
/// and without the markers by which evcxr tells displays from output.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let harmless =
        text.chars().filter(|c| !turns_direction(*c) && !hides(*c)).map(|c| if breaks(c) { ' ' } else { c });
    let mut line: String = harmless.take(limit.saturating_add(AHEAD)).collect();
    if line.contains("://") {
        line = without_keys(&line);
    }
    if let Some((cut, _)) = line.char_indices().nth(limit.saturating_sub(1))
        && line.chars().nth(limit).is_some()
    {
        line.truncate(cut);
        line.push('…');
    }
    if line.contains("EVCXR_") { without_marks(&line) } else { line }
}

/// The text, of any number of lines, without the markers by which evcxr tells displays from
/// output.
pub(crate) fn without_marks(text: &str) -> String {
    text.replace("EVCXR_", "EVCXR\u{200d}_")
}

/// Parameters that make a URL a key: of Amazon, Google, Azure, CloudFront, and others.
pub(crate) const KEYS: [&str; 31] = [
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-credential",
    "x-goog-signature",
    "x-goog-credential",
    "x-oss-signature",
    "x-oss-security-token",
    "x-api-key",
    "sig",
    "signature",
    "token",
    "access_token",
    "access-token",
    "id_token",
    "refresh_token",
    "session_token",
    "security-token",
    "api_key",
    "api-key",
    "apikey",
    "api_token",
    "subscription-key",
    "key",
    "auth",
    "authorization",
    "jwt",
    "hmac",
    "secret",
    "client_secret",
    "password",
    "passwd",
];

/// A URL without its login, and without its query or fragment where that is a key.
pub(crate) fn unsigned(href: &str) -> Cow<'_, str> {
    without_logins(before_keys(href))
}

fn before_keys(href: &str) -> &str {
    let (page, fragment) = href.split_once('#').unwrap_or((href, ""));
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    match (has_key(query), has_key(fragment)) {
        (true, _) => path,
        (false, true) => page,
        (false, false) => href,
    }
}

/// Whether a query or fragment names a key, be it in a URL that it holds.
fn has_key(query: &str) -> bool {
    let decoded: String = form_urlencoded::parse(query.as_bytes())
        .flat_map(|(name, value)| [name, "=".into(), value, "&".into()])
        .collect();
    let is_key = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        KEYS.contains(&name.as_str())
    };
    decoded.split(['&', '?', ';', ',', '#']).any(is_key) || without_logins(&decoded).len() < decoded.len()
}

/// Without what stands before the `@` of a host.
fn without_logins(href: &str) -> Cow<'_, str> {
    let host = |rest: &str| rest.find(|c: char| c.is_whitespace() || "/?#".contains(c)).unwrap_or(rest.len());
    let mut out = String::new();
    let mut rest = href;
    while let Some(start) = rest.find("://").map(|at| at + "://".len()) {
        let (scheme, link) = rest.split_at(start);
        out.push_str(scheme);
        rest = &link[link[..host(link)].rfind('@').map_or(0, |at| at + 1)..];
    }
    if out.len() + rest.len() == href.len() { href.into() } else { (out + rest).into() }
}

/// The text, of any number of lines, with its URLs [`unsigned`]: for what is printed whole,
/// such as logs.
pub(crate) fn without_keys(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("://") {
        let (before, link) = rest.split_at(start);
        let end = link.find(|c: char| c.is_whitespace() || "\"'`<>\\".contains(c)).unwrap_or(link.len());
        let kept = before_keys(&link[..end]);
        out.push_str(before);
        out.push_str(&without_logins(kept));
        if let Some(mark) = link[kept.len()..end].chars().next() {
            out.extend([mark, '…']);
        }
        rest = &link[end..];
    }
    out + rest
}

/// Bidirectional embeddings, overrides and isolates (Unicode UAX #9).
pub(crate) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

/// What has no width and changes nothing that is seen, but makes two names differ. The
/// joiners stay: scripts and pictographs need them.
fn hides(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(plain("a\nb\u{202e}c\u{1b}[31m", 80), "a bc [31m");
        assert_eq!(plain("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}", 80), "abcd");
        assert_eq!(plain("12345", 5), "12345");
        assert_eq!(plain("123456", 5), "1234…");
        assert_eq!(plain(&"x".repeat(10_000), 120).chars().count(), 120);
    }

    #[test]
    fn a_line_holds_no_marker() {
        assert!(!plain("x EVCXR_BEGIN_CONTENT text/html", 80).contains("EVCXR_"));
        assert!(!plain("EVC\u{202e}XR_END_CONTENT", 80).contains("EVCXR_"));
        assert!(!plain("EVC\u{200b}XR_END_CONTENT", 80).contains("EVCXR_"));
    }

    #[test]
    fn a_line_holds_no_key_of_a_url() {
        assert_eq!(unsigned("https://h/a?X-Amz-Signature=hunter2#x"), "https://h/a");
        let told =
            plain(r#"{"a":"https://h/a?b=1&sig=hunter2","c":"https://h/c?d=1"} http://h?token=x"#, 200);
        assert_eq!(told, r#"{"a":"https://h/a?…","c":"https://h/c?d=1"} http://h?…"#);
        assert_eq!(plain("https://a?x=1,https://b?sig=hunter2", 80), "https://a?…");
    }

    #[test]
    fn keys_are_known_in_every_form() {
        for name in KEYS {
            assert_eq!(unsigned(&format!("https://h/a?b=1&{}=hunter2", name.to_uppercase())), "https://h/a");
        }
        for (href, kept) in [
            ("https://me:hunter2@h/a?b=1", "https://h/a?b=1"),
            ("https://me:hun@ter2@h", "https://h"),
            ("https://h/a?b=1#access_token=hunter2", "https://h/a?b=1"),
            ("https://h/a#b=1&jwt=hunter2", "https://h/a"),
            ("https://h/a?X%2DAmz%2DSignature=hunter2", "https://h/a"),
            ("https://h/a?of=https%3A%2F%2Fb%3Fsig%3Dhunter2", "https://h/a"),
            ("https://h/a?of=https%3A%2F%2Fme%3Ahunter2%40b", "https://h/a"),
            ("https://h/a?of=https://me:hunter2@b/", "https://h/a"),
            ("https://h/@me?mail=a@b#part", "https://h/@me?mail=a@b#part"),
            ("mail a@b, or read http://h and ask c@d", "mail a@b, or read http://h and ask c@d"),
        ] {
            assert_eq!(unsigned(href), kept);
        }
        let long = format!("https://me:{}@h/a", "hunter2".repeat(20));
        assert_eq!(plain(&long, 40), "https://h/a");
        let log = "get https://me:hunter2@h/a\nput https://h/b?hmac=hunter2 \nsee https://h/c#auth=hunter2\n";
        assert_eq!(without_keys(log), "get https://h/a\nput https://h/b?… \nsee https://h/c#…\n");
    }
}
