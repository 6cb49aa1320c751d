//! From a frame: one row, one job.

mod cell;

use std::collections::HashMap;

use polars::prelude::{AnyValue, Column, DataFrame};

use super::asked::Asked;
use super::chain::Chain;
use super::problem::Problem;
use super::query::GeometryOperation;
use super::{JobParameters, Workflow, schema};
use crate::error::{Context, Error, Result};

impl Workflow {
    /// The parameters of many jobs from a DataFrame: each row is a job, each column what
    /// the jobs are told. They are checked as by
    /// [`check_parameters`](Self::check_parameters).
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
    /// | column | dtype | what the job is told | null means |
    /// |---|---|---|---|
    /// | `name` | any | nothing: it is the job's label | the row's number is the label |
    /// | `geometry`, `intersects` | Binary (WKB), String (WKT or GeoJSON) | images that touch the place; WGS 84 | another column has it |
    /// | `contains` | the same | images that contain it | another column has it |
    /// | `bbox` | the same, List or String of west, south, east, north | images that touch the box | another column has it |
    /// | `time` | String `start/end`, or String, Date or Datetime of a day or an instant; UTC | the interval | the block's default |
    /// | `start`, `end` | String, Date, Datetime | the interval's ends | the block's default |
    /// | `scene_id`, `scene_ids`, `ids` | String, List | these scenes | images of the place |
    /// | `asset_id(s)`, `order_id(s)` | String, List | what the storage has | another column has it |
    /// | `limit`, or another parameter of the data block | as the block says | the parameter | the block's default |
    /// | `task.parameter` | as the block says | a parameter of any task, as for [`JobQuery::set`](crate::JobQuery::set) | the block's default |
    ///
    /// A text for a parameter that is none is read as JSON (`["red", "green"]`), as it
    /// comes from CSV files. Names that several rows have are told apart by their numbers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the frame has no
    /// rows, a column that no task knows, or a row that makes no job: the error names the
    /// first such rows (from 0) with their columns, and counts the others.
    pub fn construct_parameters_from_dataframe(&self, frame: &DataFrame) -> Result<Vec<JobParameters>> {
        let construct = || {
            if frame.height() == 0 {
                return Err(Error::invalid("the frame has no rows"));
            }
            let chain = Chain::of(self)?;
            let columns = frame.columns().iter().map(|column| Role::of(column, &chain));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            let names = Names::of(frame);
            let asked: Vec<_> = (0..frame.height()).map(|row| asked(row, &names, &columns)).collect();
            chain.jobs(&asked, "row")
        };
        construct().with_context(|| self.told("construct parameters"))
    }
}

/// What a column means.
struct Role<'a> {
    column: &'a Column,
    is: Is,
}

enum Is {
    Name,
    Place(GeometryOperation),
    Time,
    Start,
    End,
    Scenes,
    Assets,
    Orders,
    /// A parameter of this type.
    Parameter(Option<String>),
}

impl<'a> Role<'a> {
    fn of(column: &'a Column, chain: &Chain) -> Result<Self> {
        let name = column.name().as_str();
        let is = match name {
            "name" => Is::Name,
            "geometry" | "intersects" => Is::Place(GeometryOperation::Intersects),
            "contains" => Is::Place(GeometryOperation::Contains),
            "bbox" => Is::Place(GeometryOperation::Bbox),
            "time" => Is::Time,
            "start" => Is::Start,
            "end" => Is::End,
            "scene_id" | "scene_ids" | "ids" => Is::Scenes,
            "asset_id" | "asset_ids" => Is::Assets,
            "order_id" | "order_ids" => Is::Orders,
            _ => match chain.unknown(name) {
                Some(told) => {
                    let told =
                        format!("column `{name}`: {told} or drop the column by `frame.drop(\"{name}\")`");
                    return Err(Error::invalid(told));
                }
                None => {
                    let (task, parameter) = chain.find(name);
                    Is::Parameter(task.parameters.get(parameter).and_then(schema::kind).map(str::to_owned))
                }
            },
        };
        Ok(Self { column, is })
    }

    /// Takes what the cell says into the job.
    fn read(&self, row: usize, asked: &mut Asked) -> Result<(), String> {
        let name = self.column.name().as_str();
        let cell = self.column.get(row).map_err(|error| error.to_string())?;
        if cell == AnyValue::Null {
            return Ok(());
        }
        let query = &mut asked.query;
        match &self.is {
            Is::Name => {}
            Is::Place(operation) => {
                let Some(place) = cell::area(&cell)? else { return Ok(()) };
                if query.geometry.is_some() {
                    return Err("the row has another place already: leave all but one null".to_owned());
                }
                query.geometry = Some(place);
                query.geometry_operation = *operation;
                asked.columns.push((operation.parameter(), name.to_owned()));
            }
            Is::Time => query.dates = cell::dates(&cell)?,
            Is::Start => query.dates.get_or_insert_default().0 = moment(&cell)?,
            Is::End => query.dates.get_or_insert_default().1 = moment(&cell)?,
            Is::Scenes => {
                query.scene_ids = cell::ids(&cell)?;
                asked.columns.push(("ids", name.to_owned()));
            }
            Is::Assets => query.asset_ids = cell::ids(&cell)?,
            Is::Orders => query.order_ids = cell::ids(&cell)?,
            Is::Parameter(kind) => {
                let value = cell::parameter(&cell, kind.as_deref())?;
                query.parameters.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        Ok(())
    }
}

fn moment(cell: &AnyValue) -> Result<String, String> {
    cell::text(cell).ok_or_else(|| format!("`{cell}` ({}) is no date", cell.dtype()))
}

fn asked(row: usize, names: &Names, columns: &[Role]) -> Asked {
    let (label, who) = names.of_row(row);
    let mut asked = Asked { who, label, ..Asked::default() };
    for column in columns {
        if let Err(told) = column.read(row, &mut asked) {
            asked.problems.push(Problem::new(column.column.name().as_str(), told));
        }
    }
    if let Some((start, end)) = &asked.query.dates {
        let missing = [("start", start), ("end", end)].into_iter().find(|(_, text)| text.trim().is_empty());
        let problem = |(end, _)| Problem::new(end, "an interval has two ends: this one is missing");
        asked.problems.extend(missing.map(problem));
    }
    asked
}

/// What the rows are called.
struct Names {
    rows: Vec<Option<String>>,
    /// How many rows have a name.
    counts: HashMap<String, usize>,
}

impl Names {
    fn of(frame: &DataFrame) -> Self {
        let cell = |row| cell::name(&frame.column("name").ok()?.get(row).ok()?);
        let rows: Vec<Option<String>> = (0..frame.height()).map(cell).collect();
        let mut counts = HashMap::new();
        for name in rows.iter().flatten() {
            *counts.entry(name.clone()).or_default() += 1;
        }
        Self { rows, counts }
    }

    /// The label of a row, and how an error calls it.
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
