//! Text from outside, made harmless for the place where it goes. HTML itself is
//! escaped by `maud`.

use serde_json::Value;

/// JSON for a `<script type="application/json">`: no `<` that could end the
/// script or open a comment, no line separator that old parsers break at, no mark
/// that turns the page's source around, and no evcxr marker.
pub(crate) fn json_for_script(value: &Value) -> String {
    let json = value.to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '<' || matches!(c, '\u{2028}' | '\u{2029}') || turns_direction(c) {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
    }
    out.replace("EVCXR_", "EVCXR\\u005f")
}

/// One line without control characters and without the marks that turn the
/// direction of what follows, at most `limit` characters long.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let harmless = text.chars().filter(|c| !turns_direction(*c));
    let mut line: String =
        harmless.map(|c| if c.is_control() { ' ' } else { c }).take(limit.saturating_add(1)).collect();
    if let Some((cut, _)) = line.char_indices().nth(limit.saturating_sub(1))
        && line.chars().count() > limit
    {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Bidirectional embeddings, overrides and isolates (Unicode UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value_and_inert() {
        let value = serde_json::json!({"id": "</script><!--\u{2028}'\" EVCXR_END_CONTENT"});
        let text = json_for_script(&value);
        assert!(!text.contains('<') && !text.contains('\u{2028}') && !text.contains("EVCXR_"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(plain("a\nb\u{202e}c\u{1b}[31m", 80), "a bc [31m");
        assert_eq!(plain("12345", 5), "12345");
        assert_eq!(plain("123456", 5), "1234…");
        assert_eq!(plain(&"x".repeat(10_000), 120).chars().count(), 120);
    }
}
