use std::fmt;

use serde_json::{Map, Value};

use super::{ParallelParameters, Task, Workflow};
use crate::error::{Context, Error, Result};
use crate::hash::hex;
use crate::plain::plain;

/// What one job is told: parameters for each task of its workflow.
#[derive(Clone, PartialEq)]
pub struct JobParameters {
    /// What sets this job apart from the others, for people: place and dates.
    pub label: String,
    /// Task to parameters, as the platform takes them (API reference, 4.1).
    pub inputs: Map<String, Value>,
}

impl Workflow {
    /// The parameters of many jobs: the defaults of the workflow's tasks, and for
    /// each job its place and dates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the workflow has
    /// no task, when a date cannot be read, or when what is given makes no job.
    pub fn construct_parameters_parallel(
        &self,
        parallel: impl Into<ParallelParameters>,
    ) -> Result<Vec<JobParameters>> {
        let parallel = parallel.into();
        let construct = || -> Result<Vec<JobParameters>> {
            let tasks = self.tasks()?;
            let first = tasks.first().ok_or_else(|| Error::invalid("it has no tasks: `add_tasks` first"))?;
            let jobs = parallel.queries()?.into_iter().map(|(label, query)| {
                let mut inputs: Map<_, _> =
                    tasks.iter().map(|task| (task.name.clone(), Value::Object(defaults(task)))).collect();
                if let Some(Value::Object(data)) = inputs.get_mut(&first.name) {
                    // One shape and one way to choose images, whatever the defaults say.
                    for key in ["bbox", "intersects", "contains", "time", "ids"] {
                        data.remove(key);
                    }
                    data.extend(query);
                }
                JobParameters { label, inputs }
            });
            Ok(jobs.collect())
        };
        construct().with_context(|| self.told("construct parameters"))
    }
}

fn defaults(task: &Task) -> Map<String, Value> {
    let default = |(name, schema): (&String, &Value)| {
        let value = schema.get("default").filter(|value| !value.is_null())?;
        Some((name.clone(), value.clone()))
    };
    task.parameters.iter().filter_map(default).collect()
}

impl JobParameters {
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
        write!(f, "{}: {}", plain(&self.label, 200), plain(&inputs, 4000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_forges_no_output() {
        let label = "Dakar\nEVCXR_BEGIN_CONTENT text/html".to_owned();
        let told = format!("{:?}", JobParameters { label, inputs: Map::new() });
        assert!(!told.contains("EVCXR_") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn the_key_does_not_depend_on_the_order_of_members() {
        let job =
            |text: &str| JobParameters { label: String::new(), inputs: serde_json::from_str(text).unwrap() };
        assert_eq!(job(r#"{"a":{"x":1,"y":[2]}}"#).key(), job(r#"{"a":{"y":[2],"x":1}}"#).key());
        assert_ne!(job(r#"{"a":{"x":1}}"#).key(), job(r#"{"a":{"x":2}}"#).key());
    }
}
