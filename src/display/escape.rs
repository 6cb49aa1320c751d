//! Text from outside, made harmless for a script. HTML itself is escaped by `maud`.

use serde_json::Value;

use crate::plain::turns_direction;

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
}
