//! Text from outside as a line that can be printed anywhere.

/// One line, at most `limit` characters long: without control characters, without the
/// marks that turn the direction of what follows, and without the markers by which
/// evcxr tells displays from output.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let harmless = text.chars().filter(|c| !turns_direction(*c)).map(|c| if breaks(c) { ' ' } else { c });
    let mut line: String = harmless.take(limit.saturating_add(1)).collect();
    if let Some((cut, _)) = line.char_indices().nth(limit.saturating_sub(1))
        && line.chars().count() > limit
    {
        line.truncate(cut);
        line.push('…');
    }
    if line.contains("EVCXR_") { line.replace("EVCXR_", "EVCXR\u{200d}_") } else { line }
}

/// Bidirectional embeddings, overrides and isolates (Unicode UAX #9).
pub(crate) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
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
        assert_eq!(plain("12345", 5), "12345");
        assert_eq!(plain("123456", 5), "1234…");
        assert_eq!(plain(&"x".repeat(10_000), 120).chars().count(), 120);
    }

    #[test]
    fn a_line_holds_no_marker() {
        assert!(!plain("x EVCXR_BEGIN_CONTENT text/html", 80).contains("EVCXR_"));
        assert!(!plain("EVC\u{202e}XR_END_CONTENT", 80).contains("EVCXR_"));
    }
}
