use std::fmt;

use serde_json::{Map, Value};

use up42_core::hash::hex;
use up42_core::sanitize::sanitize;

/// What one job is told: parameters for each task of its workflow, or the inputs of its
/// process.
#[derive(Clone, PartialEq)]
pub struct JobParameters {
    /// What sets this job apart from the others, for people: place and dates.
    pub label: String,
    /// Task to parameters, as the platform takes them (`docs/up42-api.md`, 4.1); or the inputs of a
    /// process, by their names.
    pub inputs: Map<String, Value>,
}

impl JobParameters {
    /// Inputs of a process, and what sets them apart for people.
    pub fn new(label: impl Into<String>, inputs: Map<String, Value>) -> Self {
        Self { label: label.into(), inputs }
    }

    /// Names the job by what it does: the hash of its inputs, with sorted keys. Equal
    /// inputs have equal keys on every machine.
    pub(crate) fn key(&self) -> String {
        let canonical = canonical(&Value::Object(self.inputs.clone())).to_string();
        hex(canonical, 8)
    }
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), canonical(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

impl fmt::Debug for JobParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = Value::Object(self.inputs.clone()).to_string();
        write!(f, "{}: {}", sanitize(&self.label, 200), sanitize(&inputs, 4000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_forges_no_output() {
        let label = "Dakar\nEVCXR_BEGIN_CONTENT text/html".to_owned();
        let debug = format!("{:?}", JobParameters { label, inputs: Map::new() });
        assert!(!debug.contains("EVCXR_") && !debug.contains('\n'), "{debug}");
    }

    #[test]
    fn the_key_does_not_depend_on_the_order_of_members() {
        let job =
            |text: &str| JobParameters { label: String::new(), inputs: serde_json::from_str(text).unwrap() };
        assert_eq!(job(r#"{"a":{"x":1,"y":[2]}}"#).key(), job(r#"{"a":{"y":[2],"x":1}}"#).key());
        assert_ne!(job(r#"{"a":{"x":1}}"#).key(), job(r#"{"a":{"x":2}}"#).key());
    }
}
