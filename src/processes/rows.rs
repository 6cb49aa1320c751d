use std::collections::HashMap;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::ProcessInputs;
use crate::jobs::{JobParameters, inputs_of};
use up42_core::error::{Context, Error, Result};

/// Jobs of a process: from a DataFrame, from JSON, or from [`JobParameters`].
///
/// | source | job | label |
/// |---|---|---|
/// | a DataFrame | a row; each column is the input of the same name, null omits it | column `label`, else `name` if there is no such input, else the row number |
/// | a list of JSON objects | an object: input to value | its first texts and numbers |
/// | a list of [`JobParameters`] | one entry | its label |
///
/// Text for an input of another type is parsed as JSON, such as GeoJSON for an `object`.
#[derive(Clone, Debug)]
pub struct ProcessRows(Rows);

#[derive(Clone, Debug)]
enum Rows {
    Frame(DataFrame),
    Values(Vec<Value>),
    Jobs(Vec<JobParameters>),
}

impl From<DataFrame> for ProcessRows {
    fn from(frame: DataFrame) -> Self {
        Self(Rows::Frame(frame))
    }
}

impl From<&DataFrame> for ProcessRows {
    fn from(frame: &DataFrame) -> Self {
        Self(Rows::Frame(frame.clone()))
    }
}

impl From<Vec<Value>> for ProcessRows {
    fn from(values: Vec<Value>) -> Self {
        Self(Rows::Values(values))
    }
}

impl From<Vec<JobParameters>> for ProcessRows {
    fn from(jobs: Vec<JobParameters>) -> Self {
        Self(Rows::Jobs(jobs))
    }
}

impl ProcessRows {
    /// Returns the jobs, checked against the process description.
    pub(crate) fn jobs(self, inputs: &ProcessInputs) -> Result<Vec<JobParameters>> {
        self.jobs_with(inputs, |_| {})
    }

    /// Returns the jobs, changed by `change` and then checked.
    pub(crate) fn jobs_with(
        self,
        inputs: &ProcessInputs,
        change: impl FnMut(&mut JobParameters),
    ) -> Result<Vec<JobParameters>> {
        let (mut jobs, noun) = match self.0 {
            Rows::Jobs(jobs) => (jobs, "job"),
            Rows::Values(values) => (labelled(values)?, "job"),
            Rows::Frame(frame) => (of_frame(&frame, inputs)?, "row"),
        };
        jobs.iter_mut().for_each(change);
        let job_name = |(number, job): (usize, &JobParameters)| format!("{noun} {number} (`{}`)", job.label);
        inputs.check(jobs.iter().enumerate().map(|job| (job_name(job), &job.1.inputs)))?;
        Ok(jobs)
    }
}

fn of_frame(frame: &DataFrame, inputs: &ProcessInputs) -> Result<Vec<JobParameters>> {
    let label = ["label", "name"].into_iter().find(|name| {
        inputs.get(name).is_none() && frame.get_column_names().iter().any(|column| column.as_str() == *name)
    });
    // A process that describes no inputs accepts any.
    let kind = |name: &str| match inputs.get(name) {
        Some(input) => Ok(input.kind.clone().filter(|_| input.max_occurs.is_none_or(|most| most == 1))),
        None if inputs.is_empty() => Ok(None),
        None => Err(inputs.unknown(name)),
    };
    inputs_of(frame, label, kind).context("rows of the frame")
}

/// Reads JSON objects, labelled by their first texts and numbers.
fn labelled(values: Vec<Value>) -> Result<Vec<JobParameters>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut jobs = Vec::with_capacity(values.len());
    for (number, value) in values.into_iter().enumerate() {
        let Value::Object(inputs) = value else {
            return Err(Error::invalid(format!(
                "job {number} is no object: write `json!({{\"input\": value}})`"
            )));
        };
        let label = label(&inputs).unwrap_or_else(|| format!("job {number}"));
        *seen.entry(label.clone()).or_default() += 1;
        jobs.push(JobParameters::new(label, inputs));
    }
    for (number, job) in jobs.iter_mut().enumerate() {
        if seen.get(&job.label).is_some_and(|count| *count > 1) {
            job.label = format!("{} (job {number})", job.label);
        }
    }
    Ok(jobs)
}

/// Returns the label from the first texts and numbers, at most three; `None` if there are none.
pub(super) fn label(inputs: &Map<String, Value>) -> Option<String> {
    let word = |value: &Value| match value {
        Value::String(text) if text.len() <= 60 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let words: Vec<_> = inputs.values().filter_map(word).take(3).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use polars::df;
    use serde_json::json;

    use super::*;

    fn inputs() -> ProcessInputs {
        ProcessInputs::read(&json!({"inputs": {
            "name": {"schema": {"type": "string"}},
            "aoi": {"schema": {"type": "object"}, "minOccurs": 0},
            "size": {"schema": {"type": "integer"}, "minOccurs": 0},
        }}))
    }

    #[test]
    fn each_row_is_a_job() {
        let frame = df!(
            "label" => ["Dakar", "Thiès"], "name" => ["a", "b"], "size" => [Some(2), None],
            "aoi" => [None, Some(r#"{"type": "Point"}"#)],
        );
        let jobs = ProcessRows::from(frame.unwrap()).jobs(&inputs()).unwrap();
        assert_eq!((jobs[0].label.as_str(), jobs[1].label.as_str()), ("Dakar", "Thiès"));
        let values: Vec<_> = jobs.iter().map(|job| Value::Object(job.inputs.clone())).collect();
        assert_eq!(values, [json!({"name": "a", "size": 2}), json!({"name": "b", "aoi": {"type": "Point"}})]);
    }

    #[test]
    fn errors_name_row_and_column() {
        let frame = df!("name" => ["a", "b"], "sise" => [1, 2]).unwrap();
        let message = ProcessRows::from(frame).jobs(&inputs()).unwrap_err().to_string();
        insta::assert_snapshot!(message, @"rows of the frame: column `sise`: the process has no such input: did you mean `size`, `name`, `aoi`?");
        let message = ProcessRows::from(vec![json!({"name": 1}), json!({})]).jobs(&inputs()).unwrap_err();
        insta::assert_snapshot!(message, @"job 0 (`1`), `name`: `1` is not a text; job 1 (`job 1`), `name`: it is missing, and has no default");
        assert!(ProcessRows::from(vec![json!([])]).jobs(&inputs()).is_err());
        let jobs = ProcessRows::from(vec![json!({"name": "a"}), json!({"name": "a", "aoi": {}})]);
        assert_eq!(jobs.jobs(&inputs()).unwrap()[1].label, "a (job 1)");
    }
}
