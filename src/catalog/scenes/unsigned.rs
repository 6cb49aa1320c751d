//! Links without the keys that some servers put into them: a file is passed on.

use std::borrow::Cow;

use serde_json::Value;

use crate::plain::{KEYS, unsigned};

/// JSON text with all its URLs [`unsigned`].
pub(in crate::catalog) fn json(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    // Names may be written by numbers, in JSON and in a URL.
    let equals = |key: &&str| lower.contains(&format!("{key}="));
    if !lower.contains(['@', '%']) && !lower.contains("\\u00") && !KEYS.iter().any(equals) {
        return Cow::Borrowed(text);
    }
    let Ok(mut value) = serde_json::from_str(text) else { return Cow::Borrowed("null") };
    match clean(&mut value) {
        true => value.to_string().into(),
        false => Cow::Borrowed(text),
    }
}

/// Whether there was anything to clean.
fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let kept = unsigned(text);
            let is_changed = kept.len() < text.len();
            if is_changed {
                *text = kept.into_owned();
            }
            is_changed
        }
        Value::Array(values) => values.iter_mut().fold(false, |changed, value| clean(value) | changed),
        Value::Object(members) => members.values_mut().fold(false, |changed, value| clean(value) | changed),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_left_out_and_questions_stay() {
        let text = r#"{"a":{"href":"https://h/a.tif?se=1&sig=hunter2"},"b":["https://h/map?item=x"]}"#;
        assert_eq!(json(text), r#"{"a":{"href":"https://h/a.tif"},"b":["https://h/map?item=x"]}"#);
        assert_eq!(json(r#"["https://h/a\u003fse\u003d1\u0026sig\u003dhunter2"]"#), r#"["https://h/a"]"#);
        assert_eq!(
            json(r#"["https://me:hunter2@h/a", "https://h/a#j%77t=hunter2"]"#),
            r#"["https://h/a","https://h/a"]"#
        );
        for plain in [r#"{"b": "https://h/map?item=x"}"#, r#"{"b": "a@b", "c": "https://h/a%20b"}"#] {
            assert!(matches!(json(plain), Cow::Borrowed(same) if same == plain));
        }
    }
}
