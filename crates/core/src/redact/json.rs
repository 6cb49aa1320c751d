//! Redaction of JSON documents.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::credential::Name;
use super::{IN_FILES, REDACTED, credential, data};

/// Returns JSON text without its secrets; `null` if text that may contain secrets is not valid
/// JSON.
pub fn json(text: &str) -> Cow<'_, str> {
    // Most documents contain no secrets and need no parsing. Names may be written with `\u`
    // escapes.
    if !text.contains("\\u") && matches!(IN_FILES.of(text), Cow::Borrowed(_)) {
        return text.into();
    }
    let Ok(mut read) = serde_json::from_str(text) else { return "null".into() };
    match value(&mut read) {
        true => read.to_string().into(),
        false => text.into(),
    }
}

/// Removes the secrets from a document, and returns whether there were any.
pub fn value(document: &mut Value) -> bool {
    match document {
        Value::String(text) => match data(text) {
            Cow::Owned(kept) => {
                *text = kept;
                true
            }
            Cow::Borrowed(_) => false,
        },
        Value::Array(values) => values.iter_mut().fold(false, |changed, one| value(one) | changed),
        Value::Object(members) => members_of(members),
        _ => false,
    }
}

fn members_of(members: &mut Map<String, Value>) -> bool {
    let mut changed = false;
    for (name, member) in members.iter_mut() {
        let is_secret = Name::of(name).is_some_and(|name| match member {
            Value::String(text) => !credential::is_prose(text) && text != REDACTED && name.hides(text),
            Value::Number(_) => name == Name::Secret,
            _ => false,
        });
        if is_secret {
            *member = REDACTED.into();
        }
        changed |= is_secret | value(member);
    }
    if members.keys().any(|name| data(name) != *name) {
        *members = std::mem::take(members)
            .into_iter()
            .map(|(name, member)| (data(&name).into_owned(), member))
            .collect();
        changed = true;
    }
    changed
}
