//! Validation of an order's parameters by the schema of its data product.

use serde_json::{Map, Value};

use crate::schema::{check, resolved};
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;

/// Names of the area in an older version of the API, which had it among the parameters.
const PLACES: [&str; 3] = ["aoi", "geometry", "featureCollection"];

/// Returns whether a parameter is the order's area.
pub(crate) fn is_place(name: &str) -> bool {
    PLACES.contains(&name)
}

/// Returns the parameters with the defaults of required ones, or a message about the first problem.
pub(super) fn checked(params: &Map<String, Value>, schema: &Value) -> Result<Map<String, Value>, String> {
    let nothing = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    let mut params = params.clone();
    if let Some(name) = params.keys().find(|name| is_place(name)) {
        return Err(format!("parameter `{name}` is the area: give it by `.aoi(…)`"));
    }
    // A misspelled parameter would cost money: other names need an explicit `true` in the schema.
    let takes_others =
        known.is_empty() || schema.get("additionalProperties").is_some_and(|others| others == true);
    if let Some(name) = params.keys().find(|name| !takes_others && !known.contains_key(*name)) {
        let near = suggest(known.keys().map(String::as_str).filter(|name| !is_place(name)), name);
        return Err(format!("there is no parameter `{}`: did you mean {near}?", sanitize(name, 80)));
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str).filter(|name| !is_place(name)) {
        if params.contains_key(name) {
            continue;
        }
        let own = known.get(name).map(|own| resolved(own, schema)).unwrap_or_default();
        match own.get("default").filter(|default| !default.is_null()) {
            Some(default) => drop(params.insert(name.to_owned(), default.clone())),
            None => {
                return Err(format!("parameter `{name}` is missing: give it by `.param(\"{name}\", …)`"));
            }
        }
    }
    for (name, value) in &params {
        let Some(own) = known.get(name) else { continue };
        check_value(name, value, &resolved(own, schema), schema)?;
    }
    Ok(params)
}

/// Checks a value, and the elements of a list or the members of an object.
fn check_value(path: &str, value: &Value, own: &Value, root: &Value) -> Result<(), String> {
    check(value, own).map_err(|wrong| format!("parameter `{}`: {wrong}", sanitize(path, 80)))?;
    let within = |schema: Option<&Value>| {
        schema.filter(|schema| schema.is_object()).map(|schema| resolved(schema, root))
    };
    match value {
        Value::Array(values) => {
            let Some(items) = within(own.get("items")) else { return Ok(()) };
            let mut numbered = values.iter().enumerate();
            numbered
                .try_for_each(|(index, value)| check_value(&format!("{path}[{index}]"), value, &items, root))
        }
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            match within(own.get("properties").and_then(|all| all.get(name))) {
                Some(schema) => check_value(&format!("{path}.{name}"), value, &schema, root),
                None => Ok(()),
            }
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(params: Value) -> String {
        let schema = json!({
            "required": ["id", "aoi", "mode"],
            "additionalProperties": false,
            "properties": {
                "id": {"type": "string"},
                "aoi": {"$ref": "#/definitions/Polygon"},
                "mode": {"allOf": [{"$ref": "#/definitions/mode"}], "default": "mono"},
                "bands": {"type": "array", "items": {"enum": ["red", "nir"]}},
                "seats": {"type": "integer", "minimum": 1, "maximum": 9},
                "to": {"type": "object", "properties": {"seats": {"type": "integer"}}},
            },
            "definitions": {"mode": {"type": "string", "enum": ["mono", "stereo"]}},
        });
        match checked(params.as_object().unwrap(), &schema) {
            Ok(params) => Value::Object(params).to_string(),
            Err(wrong) => wrong,
        }
    }

    #[test]
    fn errors_name_the_parameter() {
        insta::assert_snapshot!(outcome(json!({"id": "a", "seats": 2})), @r#"{"id":"a","seats":2,"mode":"mono"}"#);
        insta::assert_snapshot!(outcome(json!({})), @r#"parameter `id` is missing: give it by `.param("id", …)`"#);
        insta::assert_snapshot!(outcome(json!({"id": "a", "mod": "mono"})), @"there is no parameter `mod`: did you mean `mode`, `id`, `bands`?");
        insta::assert_snapshot!(outcome(json!({"id": "a", "mode": "three"})), @"parameter `mode`: `three` is none of `mono`, `stereo`");
        insta::assert_snapshot!(outcome(json!({"id": "a", "seats": 12})), @"parameter `seats`: 12 is more than 9");
        insta::assert_snapshot!(outcome(json!({"id": "a", "bands": ["red", "blue"]})), @"parameter `bands[1]`: `blue` is none of `red`, `nir`");
        insta::assert_snapshot!(outcome(json!({"id": "a", "to": {"seats": "many"}})), @"parameter `to.seats`: `many` is not a whole number");
        insta::assert_snapshot!(outcome(json!({"id": "a", "aoi": 1})), @"parameter `aoi` is the area: give it by `.aoi(…)`");
    }
}
