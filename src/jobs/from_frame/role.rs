use std::collections::HashMap;

use polars::prelude::{AnyValue, Column, DataFrame};

use super::cell;
use super::ids::ids;
use super::place::place;
use crate::jobs::job_draft::JobDraft;
use crate::jobs::query::GeometryOperation;
use crate::jobs::schema;
use crate::jobs::workflow_schema::WorkflowSchema;
use up42_core::error::{Error, Result};

/// Meaning of a column.
pub(super) struct Role<'a> {
    column: &'a Column,
    meaning: Meaning,
    /// Whether the instants of the column stand for whole days.
    are_days: bool,
}

enum Meaning {
    Name,
    Place(GeometryOperation),
    Time,
    Start,
    End,
    Limit,
    Scenes,
    Assets,
    Orders,
    /// Name and type of a parameter.
    Parameter(String, Option<String>),
}

impl<'a> Role<'a> {
    /// Returns the roles of a frame's columns. Two columns for the same parameter are rejected: one
    /// would overwrite the other. Several geometry columns are allowed: each row has one geometry.
    pub(super) fn of_all(frame: &'a DataFrame, workflow: &WorkflowSchema) -> Result<Vec<Self>> {
        let roles =
            frame.columns().iter().map(|column| Self::of(column, workflow)).collect::<Result<Vec<_>>>()?;
        let mut known: HashMap<&str, &str> = HashMap::new();
        for role in &roles {
            for field in role.meaning.fields() {
                if let Some(first) = known.insert(field, role.name()) {
                    let message = format!(
                        "columns `{first}` and `{}` have the same meaning: drop one of them",
                        role.name()
                    );
                    return Err(Error::invalid(message));
                }
            }
        }
        Ok(roles)
    }

    pub(super) fn name(&self) -> &str {
        self.column.name().as_str()
    }

    fn of(column: &'a Column, workflow: &WorkflowSchema) -> Result<Self> {
        let name = column.name().as_str();
        let meaning = match name {
            "name" => Meaning::Name,
            "geometry" => Meaning::Place(GeometryOperation::Intersects),
            "start" => Meaning::Start,
            "end" => Meaning::End,
            "scene_id" | "scene_ids" => Meaning::Scenes,
            "asset_id" => Meaning::Assets,
            "order_id" => Meaning::Orders,
            _ => match workflow.unknown(name) {
                Some(message) => {
                    let message =
                        format!("column `{name}`: {message} or drop the column by `frame.drop(\"{name}\")`");
                    return Err(Error::invalid(message));
                }
                None => {
                    let (task, parameter) = workflow.find(name);
                    let kind = task.parameters.get(parameter).and_then(schema::kind);
                    Meaning::of(workflow.field(task, parameter), kind)
                }
            },
        };
        let are_days =
            matches!(meaning, Meaning::Time | Meaning::Start | Meaning::End) && cell::are_days(column);
        Ok(Self { column, meaning, are_days })
    }

    /// Reads a cell into the draft of the job.
    pub(super) fn read(&self, row: usize, draft: &mut JobDraft) -> Result<(), String> {
        let name = self.name();
        let cell = self.column.get(row).map_err(|error| error.to_string())?;
        if cell == AnyValue::Null {
            return Ok(());
        }
        let cell = if self.are_days { cell::day(cell) } else { cell };
        let query = &mut draft.query;
        match &self.meaning {
            Meaning::Name => {}
            Meaning::Place(operation) => {
                let Some(place) = place(&cell)? else { return Ok(()) };
                if query.geometry.is_some() {
                    return Err("the row has another place already: leave all but one null".to_owned());
                }
                query.geometry = Some(place);
                query.geometry_operation = *operation;
            }
            Meaning::Time => query.dates = cell::dates(&cell)?,
            Meaning::Start => query.dates.get_or_insert_default().0 = moment(&cell)?,
            Meaning::End => query.dates.get_or_insert_default().1 = moment(&cell)?,
            Meaning::Limit => query.limit = cell::limit(&cell)?,
            Meaning::Scenes => query.scene_ids = ids(&cell)?,
            Meaning::Assets => query.asset_ids = ids(&cell)?,
            Meaning::Orders => query.order_ids = ids(&cell)?,
            Meaning::Parameter(field, kind) => {
                let value = cell::parameter(&cell, kind.as_deref())?;
                query.parameters.extend(value.map(|value| (field.clone(), value)));
            }
        }
        draft.columns.extend(self.meaning.parameter().map(|parameter| (parameter, name.to_owned())));
        Ok(())
    }
}

impl Meaning {
    /// Parameters that are fields of the job query get the same role under every column name.
    fn of(field: String, kind: Option<&str>) -> Self {
        match field.as_str() {
            "intersects" => Self::Place(GeometryOperation::Intersects),
            "contains" => Self::Place(GeometryOperation::Contains),
            "bbox" => Self::Place(GeometryOperation::Bbox),
            "time" => Self::Time,
            "limit" => Self::Limit,
            "ids" => Self::Scenes,
            "asset_ids" => Self::Assets,
            "order_ids" => Self::Orders,
            _ => Self::Parameter(field, kind.map(str::to_owned)),
        }
    }

    /// Returns the name of the data block's parameter, as in the problems of a job.
    fn parameter(&self) -> Option<&'static str> {
        match self {
            Self::Place(operation) => Some(operation.parameter()),
            Self::Time => Some("time"),
            Self::Limit => Some("limit"),
            Self::Scenes => Some("ids"),
            Self::Assets => Some("asset_ids"),
            Self::Orders => Some("order_ids"),
            Self::Name | Self::Start | Self::End | Self::Parameter(..) => None,
        }
    }

    /// Parameters that only one column of this kind may set.
    fn fields(&self) -> Vec<&str> {
        match self {
            Self::Name | Self::Place(_) => vec![],
            Self::Time => vec!["start", "end"],
            Self::Start => vec!["start"],
            Self::End => vec!["end"],
            Self::Parameter(field, _) => vec![field],
            Self::Limit | Self::Scenes | Self::Assets | Self::Orders => {
                self.parameter().into_iter().collect()
            }
        }
    }
}

fn moment(cell: &AnyValue) -> Result<String, String> {
    cell::text(cell).ok_or_else(|| format!("`{}` ({}) is no date", cell::describe(cell), cell.dtype()))
}
