use serde_json::{Map, Value};

use super::limits::{Limits, STORAGE_SELECTORS};
use super::problem::Problem;
use super::query::JobQuery;
use super::{JobParameters, Task, Workflow, schema};
use up42_core::error::{Error, Result};
use up42_core::suggest::suggest;

/// Parameters that a workflow's jobs accept: its tasks with the schemas of their blocks, and the
/// project's limits.
#[derive(Clone, Debug)]
pub(super) struct WorkflowSchema {
    first: Task,
    rest: Vec<Task>,
    limits: Limits,
}

/// Parameters whose defaults are dropped: only the job selects images.
const IMAGE_SELECTORS: [&str; 4] = ["bbox", "intersects", "contains", "ids"];
/// Parameters that every data block accepts, even if it does not describe them (`docs/up42-api.md`,
/// 4).
const COMMON: [&str; 8] =
    ["bbox", "intersects", "contains", "ids", "time", "limit", "asset_ids", "order_ids"];

impl WorkflowSchema {
    pub(super) fn of(workflow: &Workflow) -> Result<Self> {
        let mut tasks = workflow.tasks()?.into_iter();
        let first = tasks.next().ok_or_else(|| Error::invalid("it has no tasks: `add_tasks` first"))?;
        let limits = Limits::of(&workflow.project().settings()?);
        Ok(Self { first, rest: tasks.collect(), limits })
    }

    fn tasks(&self) -> impl Iterator<Item = &Task> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Returns the task and the parameter of `task.parameter`; a name alone belongs to the data
    /// block.
    pub(super) fn find<'a>(&'a self, name: &'a str) -> (&'a Task, &'a str) {
        fn below<'a>(name: &'a str, task: &str) -> Option<&'a str> {
            name.strip_prefix(task)?.strip_prefix('.')
        }
        let by_name = self.tasks().find_map(|task| Some((task, below(name, &task.name)?)));
        let by_block = || {
            let mut found = self.tasks().filter_map(|task| Some((task, below(name, &task.block)?)));
            found.next().filter(|_| found.next().is_none())
        };
        by_name.or_else(by_block).unwrap_or((&self.first, name))
    }

    /// Returns a message for a parameter that no task has; `None` if a task has it.
    pub(super) fn unknown(&self, name: &str) -> Option<String> {
        let (task, parameter) = self.find(name);
        if self.knows(task, parameter) {
            return None;
        }
        let known: Vec<String> = self
            .tasks()
            .flat_map(|task| task.parameters.keys().map(|parameter| self.field(task, parameter)))
            .collect();
        let near = suggest(known.iter().map(String::as_str), name);
        Some(format!("no task has this parameter: did you mean {near}?"))
    }

    /// Returns whether the task has the parameter. A block that describes no parameters may accept
    /// any.
    fn knows(&self, task: &Task, parameter: &str) -> bool {
        let is_common = task.name == self.first.name && COMMON.contains(&parameter);
        is_common || task.parameters.is_empty() || task.parameters.contains_key(parameter)
    }

    /// Returns the name of a parameter in the form that [`find`](Self::find) reads.
    pub(super) fn field(&self, task: &Task, parameter: &str) -> String {
        match task.name == self.first.name {
            true => parameter.to_owned(),
            false => format!("{}.{parameter}", task.name),
        }
    }

    /// Returns the tasks' defaults, overwritten by the job's parameters.
    pub(super) fn job(&self, label: String, query: &JobQuery) -> Result<JobParameters, Problem> {
        let data = query.data()?;
        let mut first = if query.is_stored() { Map::new() } else { self.first.default_parameters() };
        // A job has one geometry and one selection of images: defaults must not add another.
        IMAGE_SELECTORS.iter().for_each(|name| drop(first.remove(*name)));
        if data.contains_key("time") || data.contains_key("ids") {
            ["time", "time_series"].iter().for_each(|name| drop(first.remove(*name)));
        }
        first.extend(data);
        let mut inputs = Map::new();
        inputs.insert(self.first.name.clone(), Value::Object(first));
        for task in &self.rest {
            inputs.insert(task.name.clone(), Value::Object(task.default_parameters()));
        }
        for (name, value) in &query.parameters {
            let (task, parameter) = self.find(name);
            if let Some(Value::Object(given)) = inputs.get_mut(&task.name) {
                given.insert(parameter.to_owned(), value.clone());
            }
        }
        Ok(JobParameters { label, inputs })
    }

    /// Returns the reasons why a job cannot be sent.
    pub(super) fn problems(&self, job: &JobParameters) -> Vec<Problem> {
        let is_task = |name: &str| self.tasks().any(|task| task.name == name);
        let mut found = Vec::new();
        for name in job.inputs.keys().filter(|name| *name != "config" && !is_task(name)) {
            let near = suggest(self.tasks().map(|task| task.name.as_str()), name);
            found.push(Problem::new(name, format!("the workflow has no such task: did you mean {near}?")));
        }
        for task in self.tasks() {
            match job.inputs.get(&task.name).and_then(Value::as_object) {
                Some(given) => self.check(task, given, &mut found),
                None => {
                    found.push(Problem::new(&task.name, "the task has no parameters: give it `{}` at least"))
                }
            }
        }
        found
    }

    fn check(&self, task: &Task, given: &Map<String, Value>, found: &mut Vec<Problem>) {
        let is_given = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
        let before = found.len();
        for (parameter, value) in given.iter().filter(|(name, _)| is_given(name)) {
            let field = self.field(task, parameter);
            let message = match task.parameters.get(parameter) {
                Some(schema) => schema::check(value, schema).err(),
                None => self.unknown(&field),
            };
            found.extend(message.map(|message| Problem::new(field, message)));
        }
        let is_first = task.name == self.first.name;
        let is_stored = is_first && STORAGE_SELECTORS.iter().any(|name| is_given(name));
        let required = task.parameters.iter().filter(|(name, schema)| {
            schema.get("required") == Some(&Value::Bool(true)) && !is_given(name) && !is_stored
        });
        found.extend(required.map(|(name, _)| Problem::new(self.field(task, name), "it is required")));
        // A data block without a geometry parameter needs no geometry.
        if is_first && IMAGE_SELECTORS.iter().any(|name| task.parameters.contains_key(*name)) {
            let named: Vec<String> = found[before..].iter().map(|problem| problem.field.clone()).collect();
            found.extend(
                self.limits.problems(given).into_iter().filter(|problem| !named.contains(&problem.field)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(name: &str, parameters: Value) -> Task {
        Task {
            name: name.into(),
            block: name.split(':').next().unwrap_or_default().into(),
            block_id: "b".into(),
            version: None,
            parameters: parameters.as_object().unwrap().clone(),
        }
    }

    fn workflow() -> WorkflowSchema {
        let data = json!({
            "bbox": {"type": "array", "default": [0, 0, 9, 9]}, "ids": {"type": "array"}, "limit": {"type": "number", "default": 1},
            "time": {"type": "dateRange", "default": "2018-01-01/2020-12-31"}, "key": {"type": "string", "required": true},
        });
        let width = json!({"tile_width": {"type": "number", "default": 768}});
        let rest =
            vec![task("tiling:1", width.clone()), task("tiling:2", width.clone()), task("ndvi:1", width)];
        WorkflowSchema { first: task("s2:1", data), rest, limits: Limits::default() }
    }

    fn problems(inputs: Value) -> String {
        let job = JobParameters { label: String::new(), inputs: inputs.as_object().unwrap().clone() };
        let found = workflow()
            .problems(&job)
            .into_iter()
            .map(|problem| format!("{}: {}\n", problem.field, problem.message));
        found.collect()
    }

    #[test]
    fn a_name_addresses_a_parameter_of_any_task() {
        let workflow = workflow();
        let found = |name| {
            let (task, parameter) = workflow.find(name);
            format!("{} {parameter}", task.name)
        };
        assert_eq!(found("limit"), "s2:1 limit");
        assert_eq!(found("s2.limit"), "s2:1 limit");
        assert_eq!(found("tiling:2.tile_width"), "tiling:2 tile_width");
        assert_eq!(found("ndvi.tile_width"), "ndvi:1 tile_width");
        assert_eq!(found("tiling.tile_width"), "s2:1 tiling.tile_width", "which of the two?");
        assert_eq!(workflow.unknown("ndvi.tile_width"), None);
        insta::assert_snapshot!(workflow.unknown("tiling.tile_width").unwrap(), @"no task has this parameter: did you mean `tiling:1.tile_width`, `tiling:2.tile_width`, `ndvi:1.tile_width`?");
    }

    #[test]
    fn defaults_apply_to_parameters_that_are_not_given() {
        let job = |query: JobQuery| Value::Object(workflow().job(String::new(), &query).unwrap().inputs);
        let width = json!({"tile_width": 768});
        let rest = |data: Value| json!({"s2:1": data, "tiling:1": {"tile_width": 256}, "tiling:2": width, "ndvi:1": width});
        let wide = JobQuery::new().set("tiling:1.tile_width", 256);
        assert_eq!(job(wide.clone()), rest(json!({"limit": 1, "time": "2018-01-01/2020-12-31"})));
        assert_eq!(job(wide.clone().scene_ids(["a"])), rest(json!({"limit": 1, "ids": ["a"]})));
        assert_eq!(job(wide.order_ids(["a"])), rest(json!({"order_ids": ["a"]})));
    }

    #[test]
    fn problems_contain_task_and_parameter() {
        insta::assert_snapshot!(problems(json!({
            "s2:1": {"limt": 1, "limit": "many", "ids": ["a"]}, "tiling:1": {"tile_width": "x"}, "tiling:3": {}, "tiling:2": {},
        })), @r"
        tiling:3: the workflow has no such task: did you mean `tiling:1`, `tiling:2`, `s2:1`?
        limt: no task has this parameter: did you mean `limit`, `time`, `tiling:1.tile_width`?
        limit: `many` is not a number
        key: it is required
        tiling:1.tile_width: `x` is not a number
        ndvi:1: the task has no parameters: give it `{}` at least
        ");
        let stored = json!({"s2:1": {"asset_ids": ["a"]}, "tiling:1": {}, "tiling:2": {}, "ndvi:1": {"tile_width": null}});
        assert_eq!(problems(stored), "");
    }
}
