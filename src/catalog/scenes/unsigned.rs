//! Links without the keys that some servers put into them: a file is passed on.

use std::borrow::Cow;

use serde_json::Value;

/// Parameters that make a URL a key: of Amazon, Google, Azure, CloudFront, and others.
const KEYS: [&str; 12] = [
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
pub(in crate::catalog) fn url(href: &str) -> &str {
    let Some((plain, query)) = href.split_once('?') else { return href };
    let query = query.split('#').next().unwrap_or_default();
    let is_key = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        KEYS.contains(&name.as_str())
    };
    if query.split('&').any(is_key) { plain } else { href }
}

/// JSON text with all its URLs [`url`]s.
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
            let length = url(text).len();
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
        assert_eq!(url("https://h/a?X-Amz-Signature=hunter2#x"), "https://h/a");
    }
}
