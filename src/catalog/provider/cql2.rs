//! Filters in the languages of servers: CQL2 (OGC 21-065) as JSON and as text, and the older `query`
//! extension of STAC.

use serde_json::{Map, Value, json};

use crate::catalog::{Cql2, Filter, Op};

/// Returns conditions and whole filters as one filter in CQL2 JSON; `None` if there are none. For
/// conditions, Basic CQL2 is enough: a list is written as alternatives, since a server need not
/// support `in`.
pub(super) fn to_json(conditions: &[Filter], whole: &[Cql2]) -> Option<Value> {
    let one = |filter: &Filter| {
        let op = if filter.op == Op::In { Op::Eq } else { filter.op };
        let compare =
            |value: &Value| json!({"op": op.sign(), "args": [{"property": filter.property}, value]});
        joined("or", filter.values().iter().map(compare).collect())
    };
    let whole = whole.iter().map(|filter| filter.json().clone());
    joined("and", conditions.iter().filter_map(one).chain(whole).collect())
}

fn joined(op: &str, mut parts: Vec<Value>) -> Option<Value> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(json!({"op": op, "args": parts})),
    }
}

/// Returns conditions and the texts of whole filters as one filter in CQL2 text; `None` if there are
/// none.
pub(super) fn to_text(conditions: &[Filter], whole: &[&str]) -> Option<String> {
    let one = |filter: &Filter| {
        let op = if filter.op == Op::In { Op::Eq } else { filter.op };
        let name = format!("\"{}\"", filter.property.replace('"', "\"\""));
        let compare = |value: &Value| format!("{name} {} {}", op.sign(), literal(value));
        let parts: Vec<_> = filter.values().iter().map(compare).collect();
        if parts.len() > 1 { format!("({})", parts.join(" OR ")) } else { parts.concat() }
    };
    let whole = whole.iter().map(|text| format!("({text})"));
    let parts: Vec<_> = conditions.iter().map(one).chain(whole).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// Returns the conditions in the `query` extension, as far as it can express them, and whether it
/// expresses all. Servers differ on `in` with several values, and a property may have each operator
/// only once. `None` if nothing can be expressed.
pub(super) fn to_query(
    conditions: &[Filter],
    name: impl Fn(&str) -> Option<String>,
) -> (Option<Value>, bool) {
    let mut query = Map::new();
    let mut is_all = true;
    for filter in conditions {
        let op = match filter.op {
            Op::Eq => "eq",
            Op::Ne => "neq",
            Op::Lt => "lt",
            Op::Le => "lte",
            Op::Gt => "gt",
            Op::Ge => "gte",
            Op::In => "eq",
        };
        let (Some(name), [value]) = (name(&filter.property), filter.values()) else {
            is_all = false;
            continue;
        };
        let said = query.entry(name).or_insert_with(|| json!({}));
        match said.as_object_mut() {
            Some(said) if !said.contains_key(op) => drop(said.insert(op.to_owned(), value.clone())),
            _ => is_all = false,
        }
    }
    ((!query.is_empty()).then_some(Value::Object(query)), is_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions() -> Vec<Filter> {
        vec![
            Filter::new("eo:cloud_cover", Op::Le, 20.5),
            Filter::new("a \"b\"", Op::In, ["it's", "x"]),
            Filter::new("gsd", Op::In, [10]),
            Filter::new("eo:cloud_cover", Op::Le, 7),
        ]
    }

    #[test]
    fn conditions_are_written_in_three_languages() {
        insta::assert_snapshot!(to_text(&conditions(), &[]).unwrap(), @r#""eo:cloud_cover" <= 20.5 AND ("a ""b""" = 'it''s' OR "a ""b""" = 'x') AND "gsd" = 10 AND "eo:cloud_cover" <= 7"#);
        insta::assert_snapshot!(to_json(&conditions(), &[]).unwrap(), @r#"{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},20.5]},{"op":"or","args":[{"op":"=","args":[{"property":"a \"b\""},"it's"]},{"op":"=","args":[{"property":"a \"b\""},"x"]}]},{"op":"=","args":[{"property":"gsd"},10]},{"op":"<=","args":[{"property":"eo:cloud_cover"},7]}]}"#);
        let (query, is_all) = to_query(&conditions(), |name| Some(name.to_owned()));
        insta::assert_snapshot!(query.unwrap(), @r#"{"eo:cloud_cover":{"lte":20.5},"gsd":{"eq":10}}"#);
        assert!(!is_all, "what is left is looked at here");
    }

    #[test]
    fn whole_filters_are_joined_with_the_conditions() {
        let whole = ["gsd < 1 OR gsd > 5", "platform = 'a'"];
        let filters = whole.map(|text| Cql2::new(text).unwrap());
        let conditions = &conditions()[..1];
        insta::assert_snapshot!(to_text(conditions, &whole).unwrap(), @r#""eo:cloud_cover" <= 20.5 AND (gsd < 1 OR gsd > 5) AND (platform = 'a')"#);
        insta::assert_snapshot!(to_json(conditions, &filters).unwrap(), @r#"{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},20.5]},{"op":"or","args":[{"op":"<","args":[{"property":"gsd"},1]},{"op":">","args":[{"property":"gsd"},5]}]},{"op":"=","args":[{"property":"platform"},"a"]}]}"#);
        assert_eq!(to_json(&[], &filters[..1]).as_ref(), Some(filters[0].json()));
    }

    #[test]
    fn no_conditions_give_no_filter() {
        assert_eq!((to_json(&[], &[]), to_text(&[], &[])), (None, None));
        assert_eq!(to_query(&[], |_| None), (None, true));
    }
}
