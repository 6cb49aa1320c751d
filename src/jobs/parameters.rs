use std::fmt;

use serde_json::{Map, Value};

use up42_core::hash::hex;
use up42_core::sanitize::sanitize;

/// Parameters of one job: parameters of each task of its workflow, or inputs of its process.
#[derive(Clone, PartialEq)]
pub struct JobParameters {
    /// Label of the job for people, usually place and dates.
    pub label: String,
    /// Task to parameters, in the API's form (`docs/up42-api.md`, 4.1); or inputs of a process by
    /// name.
    pub inputs: Map<String, Value>,
}

impl JobParameters {
    /// Creates the parameters of a job of a process, with a label for people.
    pub fn new(label: impl Into<String>, inputs: Map<String, Value>) -> Self {
        Self { label: label.into(), inputs }
    }

    /// Returns the key of the job: hash of its inputs with sorted names. Equal inputs have equal
    /// keys on every machine.
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
    fn a_label_is_sanitized_in_output() {
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
