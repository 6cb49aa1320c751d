//! Sanitizing of external text for display.

use crate::redact;

/// Number of characters beyond the limit that are searched for the end of a secret.
const LOOKAHEAD: usize = 2_000;

/// Returns text as one line of at most `limit` characters: without control characters, without
/// characters that are invisible or change the direction of text, without [secrets](redact::text),
/// and without the markers by which evcxr separates displays from output.
pub fn sanitize(text: &str, limit: usize) -> String {
    let read: String = harmless(text).take(limit.saturating_add(LOOKAHEAD)).collect();
    // Redaction decodes text that contained a secret, so the result is filtered again.
    let mut line: String = harmless(&redact::text(&read)).collect();
    if let Some((cut, _)) = line.char_indices().nth(limit.saturating_sub(1))
        && line.chars().nth(limit).is_some()
    {
        line.truncate(cut);
        line.push('…');
    }
    if line.contains("EVCXR_") { without_marks(&line) } else { line }
}

/// Returns text of any number of lines without the markers by which evcxr separates displays from
/// output.
pub fn without_marks(text: &str) -> String {
    text.replace("EVCXR_", "EVCXR\u{200d}_")
}

/// Returns a constant such as `NOT_DECIDED` as words in lower case. Secrets are recognised by their
/// case, so they are removed first.
pub fn words(constant: &str) -> String {
    redact::text(constant).to_lowercase().replace('_', " ")
}

/// Returns the characters without invisible and direction-changing ones, and with blanks for
/// control characters.
fn harmless(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !turns_direction(*c) && !hides(*c)).map(|c| if breaks(c) { ' ' } else { c })
}

/// Returns whether a character is a bidirectional mark, embedding, override or isolate (Unicode UAX
/// #9).
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

/// Returns whether a character has no width and no visible effect, but makes two names differ.
/// Joiners are kept: scripts and pictographs need them.
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
    fn the_result_is_one_line() {
        assert_eq!(sanitize("a\nb\u{202e}c\u{1b}[31m", 80), "a bc [31m");
        assert_eq!(sanitize("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}", 80), "abcd");
        assert_eq!(sanitize("12345", 5), "12345");
        assert_eq!(sanitize("123456", 5), "1234…");
        assert_eq!(sanitize(&"x".repeat(10_000), 120).chars().count(), 120);
    }

    #[test]
    fn the_result_contains_no_marker() {
        assert!(!sanitize("x EVCXR_BEGIN_CONTENT text/html", 80).contains("EVCXR_"));
        assert!(!sanitize("EVC\u{202e}XR_END_CONTENT", 80).contains("EVCXR_"));
        assert!(!sanitize("EVC\u{200b}XR_END_CONTENT", 80).contains("EVCXR_"));
        assert_eq!(
            sanitize("https%3A%2F%2Fme%40h%2F%0A%1B%E2%80%AEEVCXR_", 80),
            "https://h/  EVCXR\u{200d}_"
        );
    }

    #[test]
    fn the_result_contains_no_secret() {
        assert_eq!(sanitize("get https://me:hunter2@h/a?sig=hunter2", 80), "get https://h/a?…");
        let long = format!("https://me:{}@h/a", "hunter2".repeat(20));
        assert_eq!(sanitize(&long, 40), "https://h/a");
        let cut_off = format!("https://me:{}@h/a", "hunter2".repeat(2_000));
        assert_eq!(sanitize(&cut_off, 40), "https://…");
    }
}
