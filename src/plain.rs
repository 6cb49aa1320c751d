//! Text from outside as a line that can be printed anywhere.

/// One line, at most `limit` characters long: without control characters, without marks
/// that hide or that turn the direction of what follows, without the keys of signed URLs,
/// and without the markers by which evcxr tells displays from output.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let harmless =
        text.chars().filter(|c| !turns_direction(*c) && !hides(*c)).map(|c| if breaks(c) { ' ' } else { c });
    let mut line: String = harmless.take(limit.saturating_add(1)).collect();
    if let Some((cut, _)) = line.char_indices().nth(limit.saturating_sub(1))
        && line.chars().count() > limit
    {
        line.truncate(cut);
        line.push('…');
    }
    if line.contains("://") && line.contains('?') {
        line = without_keys(&line);
    }
    if line.contains("EVCXR_") { line.replace("EVCXR_", "EVCXR\u{200d}_") } else { line }
}

/// Parameters that make a URL a key: of Amazon, Google, Azure, CloudFront, and others.
pub(crate) const KEYS: [&str; 12] = [
    "x-amz-signature",
    "x-goog-signature",
    "x-oss-signature",
    "sig",
    "signature",
    "token",
    "access_token",
    "api_key",
    "api-key",
    "apikey",
    "subscription-key",
    "key",
];

/// A URL without its query, where that is a key.
pub(crate) fn unsigned(href: &str) -> &str {
    let Some((plain, query)) = href.split_once('?') else { return href };
    let query = query.split('#').next().unwrap_or_default();
    let is_key = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        KEYS.contains(&name.as_str())
    };
    if query.split(['&', '?', ';', ',']).any(is_key) { plain } else { href }
}

/// The text with its URLs [`unsigned`].
fn without_keys(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("://") {
        let (before, link) = rest.split_at(start);
        let end = link.find(|c: char| c.is_whitespace() || "\"'`<>\\".contains(c)).unwrap_or(link.len());
        let plain = unsigned(&link[..end]);
        out.push_str(before);
        out.push_str(plain);
        out.push_str(if plain.len() < end { "?…" } else { "" });
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
}
