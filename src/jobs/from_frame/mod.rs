//! Parameters of jobs from a DataFrame: one row per job.

mod cell;
mod ids;
mod place;
mod role;

use std::collections::HashMap;

use polars::prelude::DataFrame;
use serde_json::Map;

use self::role::Role;
use super::job_draft::JobDraft;
use super::problem::Problem;
use super::workflow_schema::WorkflowSchema;
use super::{JobParameters, Workflow};
use up42_core::error::{Context, Error, Result};

impl Workflow {
    /// Returns the parameters of many jobs from a DataFrame: one row per job, one column per
    /// parameter. They are checked as by [`check_parameters`](Self::check_parameters).
    ///
    /// ```
    /// # use up42::{Client, prelude::*};
    /// # let client = Client::simulator()?;
    /// let workflow = client.project()?.workflow("cities")?;
    /// workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"])?;
    /// let cities = df!(
    ///     "name" => ["Dakar", "Thiès"],
    ///     "bbox" => ["-17.50, 14.68, -17.46, 14.72", "-16.95, 14.77, -16.91, 14.81"],
    ///     "time" => ["2019-01-01/2019-12-31", "2020-06-01/2020-06-30"],
    ///     "limit" => [Some(2), None], // null: as the block has it
    ///     "tiling.tile_width" => [256, 512],
    /// )?;
    /// let jobs = workflow.construct_parameters_from_dataframe(&cities)?;
    /// assert_eq!(jobs[1].label, "Thiès");
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// | column | dtype | parameter of the job | null means |
    /// |---|---|---|---|
    /// | `name` | any | none: label of the job | the row number is the label |
    /// | `geometry`, `intersects` | Binary (WKB), String (WKT or GeoJSON) | images that intersect the geometry; WGS 84 | another column has it |
    /// | `contains` | the same | images that contain the geometry | another column has it |
    /// | `bbox` | the same, List or String of west, south, east, north | images that intersect the box | another column has it |
    /// | `time` | String `start/end`, or String, Date or Datetime of a day or an instant; UTC | interval | the block's default |
    /// | `start`, `end` | String, Date, Datetime | start or end of the interval | the block's default |
    /// | `scene_id`, `scene_ids`, `ids` | String, integer, List | these scenes, all of them | images of the geometry |
    /// | `asset_id(s)`, `order_id(s)` | String, integer, List | assets of the storage | another column has it |
    /// | `limit` | integer | largest number of images, if there are no scene ids | the block's default |
    /// | another parameter of the data block | type of the block's parameter | the parameter | the block's default |
    /// | `task.parameter` | type of the block's parameter | parameter of any task, as for [`JobQuery::set`](crate::jobs::JobQuery::set) | the block's default |
    ///
    /// A Datetime column whose values are all at midnight UTC stands for whole days: the end
    /// 2019-12-31 means the last second of that day.
    ///
    /// Text for a parameter of another type is parsed as JSON (`["red", "green"]`), as it comes
    /// from CSV files. Repeated names get the row number as a suffix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the frame has no rows, a
    /// column that no task knows, two columns for the same parameter, or a row that is not a valid
    /// job or repeats the job of another row; the message names the first such rows (from 0) with
    /// their columns, and the number of others.
    pub fn construct_parameters_from_dataframe(&self, frame: &DataFrame) -> Result<Vec<JobParameters>> {
        let construct = || {
            if frame.height() == 0 {
                return Err(Error::invalid("the frame has no rows"));
            }
            let workflow = WorkflowSchema::of(self)?;
            let columns = Role::of_all(frame, &workflow)?;
            let names = Names::of(frame);
            let drafts: Vec<_> = (0..frame.height()).map(|row| draft(row, &names, &columns)).collect();
            workflow.jobs(&drafts, "row")
        };
        construct().with_context(|| self.error_context("construct parameters"))
    }
}

/// Reads the rows as inputs of a process: each column is the input of the same name, except for the
/// column of labels. `kind` returns the type of an input, or a message if there is no such input.
pub(crate) fn inputs_of(
    frame: &DataFrame,
    label: Option<&str>,
    kind: impl Fn(&str) -> Result<Option<String>, String>,
) -> Result<Vec<JobParameters>> {
    if frame.height() == 0 {
        return Err(Error::invalid("the frame has no rows"));
    }
    let names = Names::in_column(frame, label);
    let mut jobs: Vec<JobParameters> =
        (0..frame.height()).map(|row| JobParameters::new(names.of_row(row).0, Map::new())).collect();
    for column in frame.columns().iter().filter(|column| Some(column.name().as_str()) != label) {
        let name = column.name().as_str();
        let kind = kind(name).map_err(|message| Error::invalid(format!("column `{name}`: {message}")))?;
        for (row, job) in jobs.iter_mut().enumerate() {
            let cell = column.get(row).map_err(|error| Error::invalid(error.to_string()))?;
            let value = cell::parameter(&cell, kind.as_deref());
            let value = value
                .map_err(|message| Error::invalid(format!("{}, `{name}`: {message}", names.of_row(row).1)))?;
            job.inputs.extend(value.map(|value| (name.to_owned(), value)));
        }
    }
    Ok(jobs)
}

fn draft(row: usize, names: &Names, columns: &[Role]) -> JobDraft {
    let (label, origin) = names.of_row(row);
    let mut draft = JobDraft { origin, label, ..JobDraft::default() };
    for column in columns {
        if let Err(message) = column.read(row, &mut draft) {
            draft.problems.push(Problem::new(column.name(), message));
        }
    }
    if let Some((start, end)) = &draft.query.dates {
        let missing = [("start", start), ("end", end)].into_iter().find(|(_, text)| text.trim().is_empty());
        let problem = |(end, _)| Problem::new(end, "an interval has two ends: this one is missing");
        draft.problems.extend(missing.map(problem));
    }
    draft
}

/// Names of the rows.
struct Names {
    rows: Vec<Option<String>>,
    /// Number of rows with each name.
    counts: HashMap<String, usize>,
}

impl Names {
    fn of(frame: &DataFrame) -> Self {
        Self::in_column(frame, Some("name"))
    }

    fn in_column(frame: &DataFrame, column: Option<&str>) -> Self {
        let cell = |row| cell::name(&frame.column(column?).ok()?.get(row).ok()?);
        let rows: Vec<Option<String>> = (0..frame.height()).map(cell).collect();
        let mut counts = HashMap::new();
        for name in rows.iter().flatten() {
            *counts.entry(name.clone()).or_default() += 1;
        }
        Self { rows, counts }
    }

    /// Returns the label of a row, and its name in errors.
    fn of_row(&self, row: usize) -> (String, String) {
        match &self.rows[row] {
            Some(name) if self.counts.get(name) == Some(&1) => {
                (name.clone(), format!("row {row} (`{name}`)"))
            }
            Some(name) => (format!("{name} (row {row})"), format!("row {row} (`{name}`)")),
            None => (format!("row {row}"), format!("row {row}")),
        }
    }
}
