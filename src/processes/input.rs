use std::fmt;

use serde_json::{Map, Value};

use crate::schema;
use up42_core::error::{Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;
use up42_view::MimeBundle;
use up42_view::elements::{Card, counted};
use up42_view::impl_mime_bundle;

/// Inputs of a process.
#[derive(Clone, PartialEq)]
pub struct ProcessInputs {
    pub(super) inputs: Vec<ProcessInput>,
}

/// Input of a process, from the process description (OGC API - Processes 1.0, 7.10).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessInput {
    /// Name of the input.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Description of the input.
    pub description: Option<String>,
    /// Type in the input's JSON Schema: `string`, `number`, `integer`, `boolean`, `array`,
    /// `object`; or the format if there is no type, such as `geojson-geometry`.
    pub kind: Option<String>,
    /// Smallest number of values; 0 for an optional input.
    pub min_occurs: u64,
    /// Largest number of values; `None` if unlimited.
    pub max_occurs: Option<u64>,
    /// Allowed values, if the description lists them.
    pub allowed: Vec<Value>,
    /// Smallest and largest number.
    pub range: (Option<f64>, Option<f64>),
    /// Default of the process; `None` if it has none.
    pub default: Option<Value>,
    /// Whole JSON Schema of the input.
    pub schema: Value,
}

impl ProcessInput {
    fn read(name: &str, json: &Value) -> Self {
        let text = |field: &str| json.get(field).and_then(Value::as_str).map(str::to_owned);
        let schema = json.get("schema").cloned().unwrap_or_default();
        let word = |field: &str| schema.get(field).and_then(Value::as_str).map(str::to_owned);
        let default = schema.get("default").filter(|value| !value.is_null()).cloned();
        let max = json.get("maxOccurs");
        Self {
            name: name.to_owned(),
            title: text("title"),
            description: text("description"),
            kind: word("type").or_else(|| word("format")),
            min_occurs: json.get("minOccurs").and_then(Value::as_u64).unwrap_or(1),
            max_occurs: match max {
                Some(Value::String(_)) => None,
                other => Some(other.and_then(Value::as_u64).unwrap_or(1)),
            },
            allowed: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            range: ["minimum", "maximum"].map(|end| schema.get(end).and_then(Value::as_f64)).into(),
            default,
            schema,
        }
    }

    /// Returns whether a job must set the input.
    pub fn is_required(&self) -> bool {
        self.min_occurs > 0 && self.default.is_none()
    }

    /// Checks a value. Several values are given as a list, if the input allows several.
    fn check(&self, value: &Value) -> Result<(), String> {
        let is_many = self.max_occurs.is_none_or(|most| most > 1);
        match value {
            // Values by reference, or with a media type of their own (1.0, 7.11.2), are not
            // checked.
            Value::Object(value) if value.contains_key("href") || value.contains_key("value") => Ok(()),
            Value::Array(values) if is_many && self.kind.as_deref() != Some("array") => {
                let count = values.len() as u64;
                if count < self.min_occurs || self.max_occurs.is_some_and(|most| count > most) {
                    return Err(format!("{} are {}", counted(values.len(), "value"), self.occurs()));
                }
                values.iter().try_for_each(|value| schema::check(value, &self.schema))
            }
            value => schema::check(value, &self.schema),
        }
    }

    fn occurs(&self) -> String {
        match (self.min_occurs, self.max_occurs) {
            (least, None) => format!("not {least} or more"),
            (least, Some(most)) => format!("not {least} to {most}"),
        }
    }

    /// Returns the allowed number of values as text.
    pub(super) fn count(&self) -> String {
        match (self.min_occurs, self.max_occurs) {
            (1, Some(1)) => "1".into(),
            (least, None) => format!("{least} or more"),
            (least, Some(most)) => format!("{least} to {most}"),
        }
    }

    pub(super) fn values(&self) -> Option<String> {
        let allowed: Vec<_> = self.allowed.iter().map(text).collect();
        match (allowed.is_empty(), self.range) {
            (false, _) => Some(allowed.join(", ")),
            (_, (Some(min), Some(max))) => Some(format!("{min} to {max}")),
            (_, (Some(min), None)) => Some(format!("from {min}")),
            (_, (None, Some(max))) => Some(format!("up to {max}")),
            _ => None,
        }
    }

    fn bundle(&self) -> MimeBundle {
        Card::new(&self.name)
            .fact("Title", self.title.clone())
            .fact("Type", self.kind.clone())
            .fact("Values", self.count())
            .fact("Allowed", self.values())
            .fact("Default", self.default.as_ref().map(text))
            .fact("Description", self.description.clone())
            .bundle()
    }
}

impl_mime_bundle!(ProcessInput);

impl_list!(ProcessInputs(inputs: ProcessInput), "Returns an iterator over the inputs.");

impl ProcessInputs {
    /// Reads the inputs of a process description.
    pub(crate) fn read(description: &Value) -> Self {
        let inputs = description.get("inputs").and_then(Value::as_object).into_iter().flatten();
        Self { inputs: inputs.map(|(name, json)| ProcessInput::read(name, json)).collect() }
    }

    /// Returns the input with this name.
    pub fn get(&self, name: &str) -> Option<&ProcessInput> {
        self.iter().find(|input| input.name == name)
    }

    /// Returns all problems that the process description shows, with the names of the inputs. A
    /// description without inputs accepts any.
    pub(crate) fn problems(&self, given: &Map<String, Value>) -> Vec<(String, String)> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for (name, value) in given {
            match self.get(name) {
                Some(input) => {
                    problems.extend(input.check(value).err().map(|message| (name.clone(), message)))
                }
                None => problems.push((name.clone(), self.unknown(name))),
            }
        }
        for input in self.iter().filter(|input| input.is_required() && !given.contains_key(&input.name)) {
            problems.push((input.name.clone(), "it is missing, and has no default".to_owned()));
        }
        problems
    }

    pub(crate) fn unknown(&self, name: &str) -> String {
        let near = suggest(self.iter().map(|input| input.name.as_str()), name);
        format!("the process has no such input: did you mean {near}?")
    }

    /// Checks many jobs and returns their problems as one error.
    pub(crate) fn check<'a>(
        &self,
        jobs: impl IntoIterator<Item = (String, &'a Map<String, Value>)>,
    ) -> Result<()> {
        let lines: Vec<String> = jobs
            .into_iter()
            .flat_map(|(row, inputs)| {
                let problems = self.problems(inputs);
                problems.into_iter().map(move |(name, message)| format!("{row}, `{name}`: {message}"))
            })
            .collect();
        match lines.as_slice() {
            [] => Ok(()),
            few if few.len() <= MOST => Err(Error::invalid(few.join("; "))),
            many => {
                Err(Error::invalid(format!("{}; and {} more", many[..MOST].join("; "), many.len() - MOST)))
            }
        }
    }
}

/// Largest number of problems in one error.
const MOST: usize = 5;

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl fmt::Debug for ProcessInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_deref().unwrap_or("any");
        write!(f, "{}: {}, {}", sanitize(&self.name, 80), sanitize(kind, 80), self.count())
    }
}

impl fmt::Debug for ProcessInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(|input| sanitize(&input.name, 80)).collect();
        write!(f, "{}: {}", counted(self.len(), "input"), names.join(", "))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::processes) fn inputs() -> ProcessInputs {
        ProcessInputs::read(&json!({"inputs": {
            "aoi": {"title": "Area", "schema": {"type": "object", "format": "geojson-geometry"}},
            "bands": {"schema": {"type": "string", "enum": ["red", "nir"]}, "minOccurs": 1, "maxOccurs": 2},
            "size": {"schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}, "minOccurs": 0},
            "tags": {"schema": {"type": "string"}, "minOccurs": 0, "maxOccurs": "unbounded"},
        }}))
    }

    #[test]
    fn invalid_inputs_are_errors_with_row_and_name() {
        let given = json!({"band": "red", "bands": ["red", "blue"], "size": 12, "tags": ["a"]});
        let error = inputs().check([("row 1".to_owned(), given.as_object().unwrap())]).unwrap_err();
        insta::assert_snapshot!(error, @"row 1, `band`: the process has no such input: did you mean `bands`, `aoi`, `size`?; row 1, `bands`: `blue` is none of `red`, `nir`; row 1, `size`: 12 is more than 9; row 1, `aoi`: it is missing, and has no default");
        let right = json!({"aoi": {"href": "https://h/a.json"}, "bands": "nir"});
        assert!(inputs().check([("row 1".to_owned(), right.as_object().unwrap())]).is_ok());
    }
}
