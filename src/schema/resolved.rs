//! JSON Schema, draft 7, as far as parameters need it: what a member refers to is brought to
//! the member itself.

use serde_json::{Map, Value};

/// References that lead to references are followed so far.
const DEEP: usize = 16;

/// A member's schema with all that it refers to in `root`: `$ref`, `allOf`, and alternatives
/// (`anyOf`, `oneOf`) where one is left beside `null`. What says the same again nearer to the
/// member counts.
pub(crate) fn resolved(schema: &Value, root: &Value) -> Value {
    Value::Object(merged(schema, root, DEEP))
}

fn merged(schema: &Value, root: &Value, depth: usize) -> Map<String, Value> {
    let Some(own) = schema.as_object().filter(|_| depth > 0) else { return Map::new() };
    let mut all = Map::new();
    let path = own.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    if let Some(target) = path.and_then(|path| root.pointer(path)) {
        all.extend(merged(target, root, depth - 1));
    }
    for part in own.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        all.extend(merged(part, root, depth - 1));
    }
    let mut may_be_null = false;
    for key in ["anyOf", "oneOf"] {
        let Some(parts) = own.get(key).and_then(Value::as_array) else { continue };
        let is_null = |part: &&Value| part.get("type").is_some_and(|kind| kind == "null");
        may_be_null |= parts.iter().any(|part| is_null(&part));
        let others: Vec<_> =
            parts.iter().filter(|part| !is_null(part)).map(|part| merged(part, root, depth - 1)).collect();
        match <[_; 1]>::try_from(others) {
            Ok([one]) => all.extend(one),
            Err(others) => drop(all.insert(key.to_owned(), others.into_iter().map(Value::Object).collect())),
        }
    }
    let referring = ["$ref", "allOf", "anyOf", "oneOf"];
    let plain = own.iter().filter(|(key, _)| !referring.contains(&key.as_str()));
    all.extend(plain.map(|(key, value)| (key.clone(), value.clone())));
    if let Some(value) = all.remove("const") {
        all.insert("enum".into(), Value::Array(vec![value]));
    }
    // `["string", "null"]` is a string that may be missing.
    if let Some(Value::Array(kinds)) = all.get("type") {
        let others: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        may_be_null |= others.len() < kinds.len();
        match <[_; 1]>::try_from(others) {
            Ok([kind]) => drop(all.insert("type".into(), kind)),
            Err(_) => drop(all.remove("type")),
        }
    }
    if may_be_null {
        all.insert("nullable".into(), true.into());
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn references_alternatives_and_null_are_resolved() {
        let root = json!({"definitions": {
            "mode": {"title": "Mode", "enum": ["a", "b"], "type": "string"},
            "again": {"$ref": "#/definitions/mode"},
            "loop": {"$ref": "#/definitions/loop"},
        }});
        let resolved_text = |schema: Value| resolved(&schema, &root).to_string();
        assert_eq!(
            resolved_text(
                json!({"allOf": [{"$ref": "#/definitions/again"}], "default": "a", "title": "Own"})
            ),
            r#"{"title":"Own","enum":["a","b"],"type":"string","default":"a"}"#
        );
        assert_eq!(
            resolved_text(json!({"anyOf": [{"type": "number", "maximum": 9}, {"type": "null"}]})),
            r#"{"type":"number","maximum":9,"nullable":true}"#
        );
        assert_eq!(
            resolved_text(json!({"type": ["string", "null"]})),
            r#"{"type":"string","nullable":true}"#
        );
        assert_eq!(resolved_text(json!({"const": 7})), r#"{"enum":[7]}"#);
        assert_eq!(resolved_text(json!({"$ref": "#/definitions/loop"})), "{}");
        assert_eq!(resolved_text(json!({"$ref": "elsewhere.json"})), "{}");
        let two = resolved_text(json!({"oneOf": [{"type": "string"}, {"type": "number"}]}));
        assert_eq!(two, r#"{"oneOf":[{"type":"string"},{"type":"number"}]}"#);
    }

    proptest! {
        #[test]
        fn any_schema_is_resolved_without_a_panic(text in "\\PC{0,40}", deep in 0..40usize) {
            let mut schema = json!({"$ref": format!("#/{text}"), "anyOf": text, "type": [1, null]});
            for _ in 0..deep {
                schema = json!({"allOf": [schema]});
            }
            let _ = resolved(&schema, &json!({text.as_str(): schema}));
        }
    }
}
