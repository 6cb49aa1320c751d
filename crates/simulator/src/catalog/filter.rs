//! Conditions on scene properties: the STAC `query` extension and basic CQL2-JSON.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Comparison, String, Value),
    In(String, Vec<Value>),
    Missing(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Returns whether a scene meets the condition; a comparison with a missing property is false.
    pub(super) fn holds(&self, property: &impl Fn(&str) -> Option<Value>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(property)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(property)),
            Self::Not(part) => !part.holds(property),
            Self::Missing(name) => property(name).is_none(),
            Self::In(name, values) => property(name)
                .is_some_and(|has| values.iter().any(|value| order(&has, value) == Some(Ordering::Equal))),
            Self::Compare(comparison, name, value) => {
                let Some(order) = property(name).and_then(|has| order(&has, value)) else { return false };
                match comparison {
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::NotEqual => order != Ordering::Equal,
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    Comparison::GreaterOrEqual => order != Ordering::Less,
                }
            }
        }
    }

    /// Parses the `query` extension, such as `{"eo:cloud_cover": {"lte": 20}}`. Operators may be in
    /// upper case.
    pub(super) fn from_query(query: &Value) -> Result<Self, String> {
        let query = query.as_object().ok_or("query must be an object")?;
        let mut parts = Vec::new();
        for (name, conditions) in query {
            let conditions = conditions.as_object().ok_or(format!("query.{name} must be an object"))?;
            for (operator, value) in conditions {
                let compare = |comparison| Self::Compare(comparison, name.clone(), value.clone());
                parts.push(match operator.to_ascii_lowercase().as_str() {
                    "eq" => compare(Comparison::Equal),
                    "neq" => compare(Comparison::NotEqual),
                    "lt" => compare(Comparison::Less),
                    "lte" => compare(Comparison::LessOrEqual),
                    "gt" => compare(Comparison::Greater),
                    "gte" => compare(Comparison::GreaterOrEqual),
                    "in" => Self::In(name.clone(), list(value)?),
                    other => return Err(format!("query.{name}: unknown operator `{other}`")),
                });
            }
        }
        Ok(Self::All(parts))
    }

    /// Parses CQL2-JSON, such as `{"op": "<=", "args": [{"property": "eo:cloud_cover"}, 20]}`.
    pub(super) fn from_cql2(expression: &Value) -> Result<Self, String> {
        // UP42's SDK before 1.0 sends a complete search as the filter.
        if let Some(inner) = expression.get("filter").filter(|_| expression["op"].is_null()) {
            return Self::from_cql2(inner);
        }
        let op = expression["op"].as_str().ok_or("filter: `op` is missing")?.to_ascii_lowercase();
        let args = expression["args"].as_array().ok_or("filter: `args` is missing")?;
        let parts = || args.iter().map(Self::from_cql2).collect::<Result<Vec<_>, _>>();
        let first = || args.first().ok_or(format!("filter: `{op}` needs arguments"));
        let second = || args.get(1).ok_or(format!("filter: `{op}` needs two arguments"));
        let compare = |comparison| Ok(Self::Compare(comparison, property(first()?)?, literal(second()?)));
        match op.as_str() {
            "and" => Ok(Self::All(parts()?)),
            "or" => Ok(Self::Any(parts()?)),
            "not" => Ok(Self::Not(Box::new(Self::from_cql2(first()?)?))),
            "=" | "eq" => compare(Comparison::Equal),
            "<>" | "!=" => compare(Comparison::NotEqual),
            "<" => compare(Comparison::Less),
            "<=" => compare(Comparison::LessOrEqual),
            ">" => compare(Comparison::Greater),
            ">=" => compare(Comparison::GreaterOrEqual),
            "in" => Ok(Self::In(property(first()?)?, list(second()?)?)),
            "isnull" => Ok(Self::Missing(property(first()?)?)),
            "between" => {
                let name = property(first()?)?;
                // Both forms are in use: [x, low, high] and [x, [low, high]].
                let (low, high) = match (second()?, args.get(2)) {
                    (low, Some(high)) => (low, high),
                    (Value::Array(bounds), None) if bounds.len() == 2 => (&bounds[0], &bounds[1]),
                    _ => return Err("filter: `between` needs two bounds".into()),
                };
                Ok(Self::All(vec![
                    Self::Compare(Comparison::GreaterOrEqual, name.clone(), literal(low)),
                    Self::Compare(Comparison::LessOrEqual, name, literal(high)),
                ]))
            }
            other => Err(format!("filter: unknown operator `{other}`")),
        }
    }
}

fn property(value: &Value) -> Result<String, String> {
    let name = value["property"].as_str().ok_or("filter: the first argument must be a property")?;
    Ok(name.strip_prefix("properties.").unwrap_or(name).to_string())
}

/// Returns a literal; times are wrapped in an object.
fn literal(value: &Value) -> Value {
    let wrapped = value.get("timestamp").or_else(|| value.get("date"));
    wrapped.unwrap_or(value).clone()
}

fn list(value: &Value) -> Result<Vec<Value>, String> {
    Ok(value.as_array().ok_or("`in` needs a list")?.iter().map(literal).collect())
}

/// Compares numbers by value, times by instant and other texts alphabetically; `None` for values of
/// different types.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return a.partial_cmp(&b);
    }
    if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        return Some(a.cmp(&b));
    }
    let (a, b) = (a.as_str()?, b.as_str()?);
    match (instant(a), instant(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => Some(a.cmp(b)),
    }
}

/// Returns the milliseconds since 1970 of a time, or of the start of a day.
pub(crate) fn instant(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10)?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cloud(cover: Option<f64>) -> impl Fn(&str) -> Option<Value> {
        move |name| if name == "eo:cloud_cover" { cover.map(|cover| json!(cover)) } else { None }
    }

    #[test]
    fn query_and_cql2_give_the_same_filter() {
        let query = Filter::from_query(&json!({"eo:cloud_cover": {"LTE": 20}})).unwrap();
        let cql = json!({"op": "and", "args": [
            {"op": "<=", "args": [{"property": "properties.eo:cloud_cover"}, 20]},
        ]});
        for filter in [query, Filter::from_cql2(&cql).unwrap()] {
            assert!(filter.holds(&cloud(Some(20.0))));
            assert!(!filter.holds(&cloud(Some(20.1))));
        }
    }

    #[test]
    fn a_filter_in_a_search_object_is_read() {
        let cql = json!({"op": "<=", "args": [{"property": "eo:cloud_cover"}, 20]});
        let filter = Filter::from_cql2(&json!({"max_items": 50, "limit": 50, "filter": cql})).unwrap();
        assert!(filter.holds(&cloud(Some(20.0))) && !filter.holds(&cloud(Some(20.1))));
    }

    #[test]
    fn a_missing_property_matches_no_condition() {
        for op in ["=", "<>", "<", "<=", ">", ">="] {
            let cql = json!({"op": op, "args": [{"property": "eo:cloud_cover"}, 0]});
            assert!(!Filter::from_cql2(&cql).unwrap().holds(&cloud(None)), "{op}");
        }
    }

    #[test]
    fn between_has_two_forms() {
        let property = json!({"property": "eo:cloud_cover"});
        for args in [json!([property, 5, 10]), json!([property, [5, 10]])] {
            let filter = Filter::from_cql2(&json!({"op": "between", "args": args})).unwrap();
            assert!(filter.holds(&cloud(Some(5.0))) && filter.holds(&cloud(Some(10.0))));
            assert!(!filter.holds(&cloud(Some(10.5))));
        }
    }

    #[test]
    fn times_are_compared_as_times() {
        let early = json!("2020-01-01T01:00:00+02:00");
        assert_eq!(order(&early, &json!("2019-12-31T23:00:00Z")), Some(Ordering::Equal));
        assert_eq!(order(&json!(1), &json!("1")), None);
    }
}
