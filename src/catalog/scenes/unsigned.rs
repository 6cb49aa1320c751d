//! Links without the keys that some servers put into them: a file is passed on.

use std::borrow::Cow;

use serde_json::Value;

use crate::plain::{KEYS, unsigned};

/// JSON text with all its URLs [`unsigned`].
pub(in crate::catalog) fn json(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    // JSON may spell `=` by its number.
    let equals = |key: &&str| lower.contains(&format!("{key}=")) || lower.contains(&format!("{key}\\u003d"));
    if !KEYS.iter().any(equals) {
        return Cow::Borrowed(text);
    }
    match serde_json::from_str(text) {
        Ok(mut value) => {
            clean(&mut value);
            value.to_string().into()
        }
        Err(_) => Cow::Borrowed("null"),
    }
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) => {
            let length = unsigned(text).len();
            text.truncate(length);
        }
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(members) => members.values_mut().for_each(clean),
        _ => {}
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
        let plain = r#"{"b": "https://h/map?item=x"}"#;
        assert!(matches!(json(plain), Cow::Borrowed(same) if same == plain));
    }
}
