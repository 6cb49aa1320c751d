//! Jobs of a batch as a DataFrame.

use jiff::Timestamp;
use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::report::{JobCollection, JobRecord};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::geo::Bbox;
use up42_core::time::parse_timestamp;
use up42_view::Aoi;

impl JobCollection {
    /// Returns the jobs as a Polars DataFrame, one row per job.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `job` | String | | no job was created | `id` |
    /// | `label` | String | | never null | |
    /// | `status` | String | | never null | `status` in words, or see below |
    /// | `from`, `until` | Datetime(ms) | UTC | not requested, or open | `inputs.*.time` |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees, WGS 84 | not requested | see below |
    /// | `scenes` | String | | not requested | `inputs.*.ids`, joined by `, ` |
    /// | `limit` | Int64 | images | not requested | `inputs.*.limit` |
    /// | `created` | Datetime(ms) | UTC | not created | `createdAt` |
    /// | `started` | Datetime(ms) | UTC | not started | `startedAt` |
    /// | `finished` | Datetime(ms) | UTC | not finished | `finishedAt` |
    /// | `queued` | Float64 | s | not started | `startedAt` - `createdAt` |
    /// | `elapsed` | Float64 | s | not finished | `finishedAt` - `startedAt` |
    /// | `credits` | Int64 | credits | no job, not ended, or not reported | `creditsUsed` |
    /// | `reason` | String | | succeeded, or not ended | logs, or the error that stopped the job |
    ///
    /// `status` may also be `rejected` (the platform refused the job), `not sent` (the batch was
    /// stopped before), `unproven` (the job may exist), `gone` (the platform no longer knows the
    /// job) or `to come` (no job is known yet).
    ///
    /// The parameters are those of the first task that has them. The sides are the box around
    /// `inputs.*.bbox`, `intersects` or `contains`; `west` is greater than `east` across the
    /// antimeridian. A job that was retried has the values of its last submission.
    ///
    /// # Errors
    ///
    /// Only if Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let records = self.iter().as_slice();
        let requested: Vec<RequestedInputs> =
            records.iter().map(|record| RequestedInputs::of(&record.inputs)).collect();
        let place =
            |side: usize| requested.iter().map(|requested| Some(requested.place?.to_array()[side])).collect();
        let strings = |value: fn(&JobRecord) -> Option<String>| records.iter().map(value).collect();
        let time_range = |record: &JobRecord| record.time_range();
        Frame::of(records)
            .text("job", |record| Some(record.job.as_ref()?.id.as_str()))
            .text("label", |record| Some(&record.label))
            .strings("status", strings(|record| Some(record.status_word())))
            .instant("from", |record| time_range(record).0)?
            .instant("until", |record| time_range(record).1)?
            .numbers("west", place(0))
            .numbers("south", place(1))
            .numbers("east", place(2))
            .numbers("north", place(3))
            .strings("scenes", requested.iter().map(|requested| requested.scenes.clone()).collect())
            .integer("limit", |record| given(&record.inputs, "limit")?.as_i64())
            .instant("created", JobRecord::created)?
            .instant("started", JobRecord::started)?
            .instant("finished", JobRecord::finished)?
            .number("queued", |record| Some(record.queued()?.as_secs_f64()))
            .number("elapsed", |record| Some(record.job.as_ref()?.duration()?.as_secs_f64()))
            .integer("credits", JobRecord::cost)
            .strings("reason", strings(JobRecord::reason))
            .finish()
            .context("jobs to a DataFrame")
    }
}

/// Requested area and scenes of a job.
struct RequestedInputs {
    place: Option<Bbox>,
    scenes: Option<String>,
}

impl RequestedInputs {
    fn of(inputs: &Map<String, Value>) -> Self {
        let place = match given(inputs, "bbox") {
            Some(sides) => bbox(sides),
            None => ["intersects", "contains"].iter().find_map(|shape| {
                let shape = given(inputs, shape)?.to_string();
                Aoi::from_geojson(&shape).ok().map(|aoi| aoi.bbox())
            }),
        };
        let scenes = given(inputs, "ids")
            .and_then(Value::as_array)
            .map(|ids| ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
        Self { place, scenes }
    }
}

impl JobRecord {
    fn time_range(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let time = given(&self.inputs, "time").and_then(Value::as_str);
        let (from, until) = time.and_then(|time| time.split_once('/')).unwrap_or_default();
        (parse_timestamp(from), parse_timestamp(until))
    }
}

/// Returns the value of a parameter in the first task that has it; `None` if that value is null.
fn given<'a>(inputs: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    inputs.values().find_map(|task| task.get(name)).filter(|value| !value.is_null())
}

fn bbox(sides: &Value) -> Option<Bbox> {
    let sides: Vec<f64> = sides.as_array()?.iter().filter_map(Value::as_f64).collect();
    let [west, south, east, north] = sides.as_slice().try_into().ok()?;
    Bbox::new(west, south, east, north).ok()
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::sample;

    #[test]
    fn a_row_has_the_parameters_and_the_outcome_of_a_job() {
        let frame = sample::jobs().to_dataframe().unwrap();
        let columns = frame.columns().iter().map(|column| format!("{} {}", column.name(), column.dtype()));
        insta::assert_snapshot!(columns.collect::<Vec<_>>().join(", "), @"job str, label str, status str, from datetime[ms], until datetime[ms], west f64, south f64, east f64, north f64, scenes str, limit i64, created datetime[ms], started datetime[ms], finished datetime[ms], queued f64, elapsed f64, credits i64, reason str");
        let row = |row: usize| {
            let values = frame.columns().iter().map(|column| column.get(row).unwrap().to_string());
            values.collect::<Vec<_>>().join(" | ")
        };
        insta::assert_snapshot!(row(0), @"\"31e82142-5823\" | \"Dakar\" | \"succeeded\" | 2019-01-01 00:00:00 | null | -17.5 | 14.6 | -17.4 | 14.8 | null | 2 | 2020-06-01 11:34:00 | 2020-06-01 11:36:00 | 2020-06-01 11:46:00 | 120.0 | 600.0 | 1250 | null");
        insta::assert_snapshot!(row(1), @r#"
        "31e82142-5823" | "Thiès" | "failed" | null | null | 1.0 | 2.0 | 3.0 | 5.0 | "S2A_1, S2B_2" | 1 | 2020-06-01 11:34:00 | 2020-06-01 11:37:00 | 2020-06-01 11:40:00 | 180.0 | 180.0 | 3 | "[s2:1]
        no image
        "
        "#);
        insta::assert_snapshot!(row(2), @"null | \"Mbour\" | \"rejected\" | 2019-01-01 00:00:00 | null | -17.5 | 14.6 | -17.4 | 14.8 | null | 2 | null | null | null | null | null | null | \"422: too large\"");
    }
}
