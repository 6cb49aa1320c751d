use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::catalog::Scene;
use up42_core::error::{Error, Result};
use up42_core::time::{last_instant, parse_timestamp};

/// Condition on one property of a scene, for [`Search::filter`](super::Search::filter).
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Name in STAC, such as `eo:cloud_cover`, `gsd`, `platform`, or the provider's own, such as
    /// `landsat:wrs_path`.
    pub property: String,
    /// Comparison of the scene's value with `value`.
    pub op: Op,
    /// Text, number or boolean; for [`Op::In`] a list of them.
    pub value: Value,
}

/// Comparison of two values: numbers by size, instants by time, other text alphabetically, and
/// never values of different types. A condition on a property that a scene lacks never holds, not
/// even [`Op::Ne`]. A list matches if one of its members does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Op {
    /// Equal to the value.
    Eq,
    /// Present, and not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal. A day, a month or a year counts up to its last instant, as in
    /// [`Search::between`](super::Search::between).
    Le,
    /// Greater; than a day, a month or a year: after its last instant.
    Gt,
    /// Greater or equal.
    Ge,
    /// Equal to one value of a list.
    In,
}

impl Filter {
    pub(in crate::catalog) fn new(property: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        let property = property.into();
        let property = property.strip_prefix("properties.").map(str::to_owned).unwrap_or(property);
        Self { property, op, value: value.into() }
    }

    /// Returns the condition with the last instant of a day, a month or a year, if the operator
    /// compares with its end.
    pub(super) fn of_whole_days(&self) -> Self {
        let last = match self.op {
            Op::Le | Op::Gt => self.value.as_str().and_then(last_instant),
            Op::Eq | Op::Ne | Op::Lt | Op::Ge | Op::In => None,
        };
        Self { value: last.map_or_else(|| self.value.clone(), Value::from), ..self.clone() }
    }

    pub(in crate::catalog) fn check(&self) -> Result<()> {
        if self.property.trim().is_empty() {
            return Err(Error::invalid("a filter has no property: name one, such as `platform`"));
        }
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let refuse = |wanted: &str| Err(Error::invalid(format!("filter `{self}`: {wanted}")));
        match (self.op, &self.value) {
            (Op::In, Value::Array(list)) if list.is_empty() => {
                refuse("the list is empty, and nothing is in it")
            }
            (Op::In, Value::Array(list)) if list.iter().all(is_plain) => Ok(()),
            (Op::In, _) => refuse("`in` needs a list of texts or numbers"),
            (_, Value::Array(_)) => refuse("a list needs `Op::In`"),
            (_, value) if is_plain(value) => Ok(()),
            _ => refuse("the value must be a text, a finite number or a truth value"),
        }
    }

    /// Returns whether a scene meets the condition.
    pub(in crate::catalog) fn holds(&self, scene: &Scene) -> bool {
        let number = |number: Option<f64>| number.map(Value::from);
        let own = |name: &str| scene.properties.get(name).cloned();
        let found = match self.property.as_str() {
            "id" => Some(Value::from(scene.id.as_str())),
            "collection" => scene.collection.as_deref().map(Value::from),
            // `Scene` reads these under the names of every provider.
            name @ "eo:cloud_cover" => number(scene.cloud_cover).or_else(|| own(name)),
            name @ "gsd" => number(scene.resolution).or_else(|| own(name)),
            name @ "view:incidence_angle" => number(scene.incidence_angle).or_else(|| own(name)),
            name => own(name),
        };
        match found {
            Some(Value::Array(members)) => members.iter().any(|member| self.takes(member)),
            Some(value) => self.takes(&value),
            None => false,
        }
    }

    fn takes(&self, has: &Value) -> bool {
        let is = |wanted: &Value, test: fn(Ordering) -> bool| compare(has, wanted).is_some_and(test);
        match self.op {
            Op::Eq => is(&self.value, Ordering::is_eq),
            Op::Ne => is(&self.value, Ordering::is_ne),
            Op::Lt => is(&self.value, Ordering::is_lt),
            Op::Le => is(&self.value, Ordering::is_le),
            Op::Gt => is(&self.value, Ordering::is_gt),
            Op::Ge => is(&self.value, Ordering::is_ge),
            Op::In => self.values().iter().any(|wanted| is(wanted, Ordering::is_eq)),
        }
    }

    /// Returns the value, or the members of the list.
    pub(in crate::catalog) fn values(&self) -> &[Value] {
        match &self.value {
            Value::Array(list) => list,
            one => std::slice::from_ref(one),
        }
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => match (parse_timestamp(a), parse_timestamp(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => Some(a.cmp(b)),
        },
        _ => None,
    }
}

impl Op {
    /// Returns the operator in CQL2.
    pub(in crate::catalog) fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.property, self.op.sign(), self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Search;
    use serde_json::json;
    use up42_view::Aoi;

    fn scene() -> Scene {
        let properties = json!({
            "datetime": "2020-01-01T00:00:00Z", "platform": "S2A", "cloudCoverage": 20, "wrs": "033",
            "instruments": ["msi", "x"], "created": "2020-02-01T00:00:00.000Z", "good": true,
        });
        Scene::read(&json!({"id": "a", "collection": "c", "properties": properties}), "https://host")
    }

    fn holds(property: &str, op: Op, value: impl Into<Value>) -> bool {
        let filter = Filter::new(property, op, value);
        filter.check().unwrap();
        filter.holds(&scene())
    }

    #[test]
    fn conditions_compare_by_type() {
        assert!(holds("eo:cloud_cover", Op::Le, 20) && !holds("eo:cloud_cover", Op::Lt, 20.0));
        assert!(holds("properties.platform", Op::In, ["S2B", "S2A"]) && holds("platform", Op::Gt, "S1"));
        assert!(holds("instruments", Op::Eq, "msi") && !holds("instruments", Op::Eq, "oli"));
        assert!(holds("created", Op::Eq, "2020-02-01T01:00:00+01:00") && holds("good", Op::Eq, true));
        assert!(!holds("wrs", Op::Eq, 33) && !holds("wrs", Op::Ne, 33), "text is no number");
        assert!(!holds("view:off_nadir", Op::Ne, 1), "what is missing matches nothing");
        assert!(holds("id", Op::Ne, "b") && holds("collection", Op::Eq, "c"));
    }

    #[test]
    fn a_day_includes_its_last_instant() {
        let properties = json!({"processed": "2020-05-31T12:00:00Z", "day": "2020-05-31"});
        let scene = Scene::read(&json!({"id": "a", "properties": properties}), "https://host");
        let takes = |property: &str, op, day: &str| {
            let search = Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap());
            let search = search.filter(property, op, day);
            search.takes(&scene, &search.conditions())
        };
        for day in ["2020-05-31", "2020-05", "2020"] {
            assert!(takes("processed", Op::Le, day) && !takes("processed", Op::Gt, day), "{day}");
            assert!(takes("processed", Op::Ge, day) && !takes("processed", Op::Lt, day), "{day}");
            assert!(takes("day", Op::Le, day) && !takes("day", Op::Gt, day), "{day}");
        }
        assert!(!takes("processed", Op::Le, "2020-05-30") && takes("processed", Op::Gt, "2020-05-30"));
        assert!(!takes("processed", Op::Le, "2020-05-31T00:00:00Z"), "an instant stays one");
        let search = Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap())
            .filter("processed", Op::Le, "2020-05-31")
            .filter("processed", Op::Ge, "2020-05-01");
        let conditions: Vec<_> = search.conditions().iter().map(ToString::to_string).collect();
        assert_eq!(
            conditions,
            [r#"processed <= "2020-05-31T23:59:59.999999Z""#, r#"processed >= "2020-05-01""#],
            "the server is asked so"
        );
    }

    #[test]
    fn an_invalid_value_is_an_error() {
        let message = |op, value| Filter::new("gsd", op, value).check().unwrap_err().to_string();
        assert_eq!(message(Op::In, json!([])), "filter `gsd in []`: the list is empty, and nothing is in it");
        assert_eq!(message(Op::In, json!(1)), "filter `gsd in 1`: `in` needs a list of texts or numbers");
        assert_eq!(message(Op::Le, json!([1])), "filter `gsd <= [1]`: a list needs `Op::In`");
        assert_eq!(
            message(Op::Le, f64::NAN.into()),
            "filter `gsd <= null`: the value must be a text, a finite number or a truth value"
        );
        assert!(Filter::new(" ", Op::Eq, 1).check().is_err());
    }
}
