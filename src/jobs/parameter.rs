use std::ops::RangeBounds;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::{Block, JobParameters, Task, Workflow};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

/// Longest default in a table, in characters; the DataFrame has the whole value.
const DEFAULT: usize = 40;

/// Parameters of blocks or tasks, with their types, defaults and bounds.
#[derive(Clone, PartialEq)]
pub struct ParametersInfo {
    parameters: Vec<ParameterInfo>,
}

/// One parameter of a block, from its manifest (`docs/up42-api.md`, 3).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ParameterInfo {
    /// Task of the parameter, such as `tiling:1`; for a block outside a workflow, the block's name.
    pub task: String,
    /// Name of the parameter.
    pub name: String,
    /// Type in the platform's words: `array`, `dateRange`, `number`, `geometry`, `string`,
    /// `boolean`, or a newer one.
    pub kind: Option<String>,
    /// Default of the block; `None` if it has none.
    pub default: Option<Value>,
    /// Whether a job must set the parameter.
    pub is_required: bool,
    /// Smallest and largest number, if the manifest states them.
    pub range: (Option<f64>, Option<f64>),
    /// Description by the block's provider.
    pub description: Option<String>,
}

impl ParameterInfo {
    fn read(task: &str, name: &str, schema: &Value) -> Self {
        let text = |field| schema.get(field).and_then(Value::as_str).map(str::to_owned);
        let number = |field| schema.get(field).and_then(Value::as_f64);
        Self {
            task: task.to_owned(),
            name: name.to_owned(),
            kind: text("type"),
            default: schema.get("default").filter(|value| !value.is_null()).cloned(),
            is_required: schema.get("required").and_then(Value::as_bool).unwrap_or(false),
            range: (number("minimum"), number("maximum")),
            description: text("description"),
        }
    }

    /// Returns type, bounds and "required" in one line.
    fn takes(&self) -> String {
        let kind = self.kind.clone().unwrap_or_else(|| "any".into());
        let range = match self.range {
            (Some(min), Some(max)) => Some(format!("{min} to {max}")),
            (Some(min), None) => Some(format!("from {min}")),
            (None, Some(max)) => Some(format!("up to {max}")),
            (None, None) => None,
        };
        let required = self.is_required.then(|| "required".to_owned());
        [Some(kind), range, required].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Returns type, bounds, "required", default and description in one line.
    pub(super) fn words(&self) -> String {
        let default = self.default.as_ref().map(|value| format!("{value} unless given"));
        let parts = [Some(self.takes()), default, self.description.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn bundle(&self) -> MimeBundle {
        Card::new(&self.name).fact("Task", Cell::id(&self.task)).fact("Type", self.words()).bundle()
    }
}

impl_mime_bundle!(ParameterInfo);

impl_list!(ParametersInfo(parameters: ParameterInfo), "Returns an iterator over the parameters, task by task.");

impl ParametersInfo {
    fn of<'a>(owners: impl IntoIterator<Item = (&'a str, &'a Map<String, Value>)>) -> Self {
        let each = |(task, schemas): (&'a str, &'a Map<String, Value>)| {
            schemas.iter().map(move |(name, schema)| ParameterInfo::read(task, name, schema))
        };
        Self { parameters: owners.into_iter().flat_map(each).collect() }
    }

    /// Returns the parameters as a Polars DataFrame, one row per parameter.
    ///
    /// | column | dtype | null means | field of the manifest |
    /// |---|---|---|---|
    /// | `task` | String | never null | |
    /// | `parameter` | String | never null | its key |
    /// | `type` | String | not stated | `type` |
    /// | `default` | String | none | `default`, as JSON |
    /// | `required` | Boolean | never null | `required` |
    /// | `minimum`, `maximum` | Float64 | no such bound | the same |
    /// | `description` | String | not stated | `description` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let default = |one: &ParameterInfo| Some(one.default.as_ref()?.to_string());
        Frame::of(&self.parameters)
            .text("task", |one| Some(&one.task))
            .text("parameter", |one| Some(&one.name))
            .text("type", |one| one.kind.as_deref())
            .strings("default", self.iter().map(default).collect())
            .flag("required", |one| one.is_required)
            .number("minimum", |one| one.range.0)
            .number("maximum", |one| one.range.1)
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("parameters to a DataFrame")
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Parameter", "Type", "Default", "Description", "Task"].map(Column::new);
        let row = |one: &ParameterInfo| {
            [
                Cell::id(&one.name),
                Cell::text(one.takes()),
                one.default.as_ref().map(|value| sanitize(&value.to_string(), DEFAULT)).into(),
                one.description.clone().into(),
                Cell::id(&one.task),
            ]
        };
        Table::new(counted(self.len(), "parameter"), columns).list(&self.parameters, rows, "parameters", row)
    }
}

impl_show!(ParametersInfo);

impl Workflow {
    /// Returns the parameters of the tasks: types, defaults, bounds and descriptions.
    ///
    /// ```
    /// # use up42::Client;
    /// # let workflow = Client::simulator()?.project()?.workflow("airports")?;
    /// workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"])?;
    /// let parameters = workflow.parameters_info()?;
    /// let width = parameters.iter().find(|one| one.name == "tile_width").unwrap();
    /// assert_eq!(width.default, Some(768.into()));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`tasks`](Self::tasks).
    #[doc(alias = "get_parameters_info")]
    pub fn parameters_info(&self) -> Result<ParametersInfo> {
        let tasks = self.tasks()?;
        Ok(ParametersInfo::of(tasks.iter().map(|task| (task.name.as_str(), &task.parameters))))
    }

    /// Returns the parameters of a job without a query: the defaults of every task.
    ///
    /// # Errors
    ///
    /// Same as [`tasks`](Self::tasks).
    #[doc(alias = "get_default_parameters")]
    pub fn default_parameters(&self) -> Result<JobParameters> {
        let tasks = self.tasks()?;
        let inputs = tasks.iter().map(|task| (task.name.clone(), Value::Object(task.default_parameters())));
        Ok(JobParameters { label: "defaults".into(), inputs: inputs.collect() })
    }
}

impl Task {
    /// Returns the parameters of the task.
    pub fn parameters_info(&self) -> ParametersInfo {
        ParametersInfo::of([(self.name.as_str(), &self.parameters)])
    }

    /// Returns the parameters that have a default: name to default.
    pub fn default_parameters(&self) -> Map<String, Value> {
        let default = |one: &ParameterInfo| Some((one.name.clone(), one.default.clone()?));
        self.parameters_info().iter().filter_map(default).collect()
    }
}

impl Block {
    /// Returns the parameters of the block.
    pub fn parameters_info(&self) -> ParametersInfo {
        ParametersInfo::of([(self.name.as_str(), &self.parameters)])
    }
}

impl std::fmt::Debug for ParametersInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&counted(self.len(), "parameter"))
    }
}

impl std::fmt::Debug for ParameterInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.kind.as_deref().unwrap_or("any");
        write!(f, "{}.{}: {}", sanitize(&self.task, 120), sanitize(&self.name, 120), sanitize(kind, 40))?;
        match &self.default {
            Some(default) => write!(f, " = {}", sanitize(&default.to_string(), 400)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use up42_view::elements::ROWS;

    #[test]
    fn parameters_are_shown_with_types_defaults_and_bounds() {
        let schemas = json!({
            "limit": {"type": "number", "default": 1, "minimum": 1, "required": true, "description": "Most scenes"},
            "ids": {"type": "array", "default": null},
            "odd": 7,
        });
        let info = ParametersInfo::of([("s2:1", schemas.as_object().unwrap())]);
        insta::assert_snapshot!(info.table(..ROWS).bundle().text, @r"
        3 parameters
        Parameter  Type                      Default  Description  Task
        ─────────  ────────────────────────  ───────  ───────────  ────
        limit      number, from 1, required  1        Most scenes  s2:1
        ids        array                     –        –            s2:1
        odd        any                       –        –            s2:1
        ");
        assert_eq!(
            format!("{:?}", info.iter().collect::<Vec<_>>()),
            "[s2:1.limit: number = 1, s2:1.ids: array, s2:1.odd: any]"
        );
        let frame = info.to_dataframe().unwrap();
        assert_eq!(frame.shape(), (3, 8));
    }
}
