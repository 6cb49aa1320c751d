//! Displays of a batch and of its jobs in a notebook.

use std::ops::RangeBounds;

use super::batch::Batch;
use super::plan::Item;
use super::report::{JobCollection, JobRecord};
use crate::jobs::JobParameters;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, ROWS, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

impl Batch {
    /// Returns a table of the jobs to be run, or the overview if some were sent before: statuses,
    /// credits, and jobs with problems first. Sends no request.
    fn bundle(&self) -> MimeBundle {
        match self.existing_jobs() {
            Some(jobs) => jobs.overview("batch.jobs()?"),
            None => self.table(..ROWS).bundle(),
        }
    }

    /// Returns the jobs if any of them exists or has a reason for its failure.
    fn existing_jobs(&self) -> Option<JobCollection> {
        let jobs = self.jobs().ok()?;
        jobs.iter().any(|record| record.job.is_some() || record.reason().is_some()).then_some(jobs)
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        if let Some(jobs) = self.existing_jobs() {
            return jobs.table(rows);
        }
        let (name, owner) = (self.name(), self.service.owner());
        let kind = if self.plan.is_dry { "dry run" } else { "job" };
        let count = counted(self.items().len(), kind);
        let table = Table::new(
            format!("Batch {name}: {count} of {} {}, not sent", owner.kind.name(), owner.name),
            JobParameters::columns(),
        )
        .list(self.items(), rows, "batch", |item: &Item| item.parameters.row())
        .note("batch.estimate()? returns the price, batch.run()? runs the jobs.");
        match self.jobs() {
            Ok(_) => table,
            Err(error) => table.note(error.to_string()),
        }
    }
}

impl_show!(Batch, bundle);

impl JobRecord {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let job = self.job.as_ref();
        let at = |time: Option<jiff::Timestamp>| time.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let card = Card::new(&self.label)
            .badge(self.status_kind(), self.status_and_progress())
            .fact("Id", job.map_or(Cell::Empty, |job| Cell::id(job.id.as_str())))
            .fact("Started (UTC)", at(job.and_then(|job| job.started)))
            .fact("Finished (UTC)", at(job.and_then(|job| job.finished)))
            .fact("Credits", self.cost().map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0)));
        match self.reason() {
            Some(reason) => card.note(reason),
            None => card,
        }
    }
}

impl_mime_bundle!(JobRecord);

impl JobCollection {
    fn bundle(&self) -> MimeBundle {
        self.overview("jobs")
    }

    pub(super) fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let has_failures = self.has_failures();
        let mut footer = vec![
            Cell::text("All jobs"),
            Cell::text(""),
            Cell::text(format!("{} of {} succeeded", self.succeeded(), self.len())),
            Cell::text(""),
            Cell::text(""),
            match self.iter().any(|record| record.cost().is_some()) {
                true => Cell::Number(self.cost() as f64, 0),
                false => Cell::Empty,
            },
        ];
        if has_failures {
            footer.insert(REASON, Cell::text(""));
        }
        Table::new(self.title(), columns(has_failures))
            .list(self.iter().as_slice(), rows, "jobs", |record| row(record, has_failures))
            .footer(footer)
    }

    /// Returns a table of some jobs.
    pub(super) fn rows(&self, caption: String, records: &[&JobRecord]) -> Table {
        let has_failures = self.has_failures();
        let rows = records.iter().map(|record| row(record, has_failures));
        Table::new(caption, columns(has_failures)).rows(rows)
    }

    fn has_failures(&self) -> bool {
        self.iter().any(|record| record.reason().is_some())
    }
}

impl_show!(JobCollection, bundle);

/// Column of the reasons, far enough left to be visible in a narrow window.
const REASON: usize = 3;

fn columns(has_failures: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::new("Job"),
        Column::new("Id"),
        Column::new("Status"),
        Column::new("Started (UTC)"),
        Column::number("Elapsed"),
        Column::number("Credits"),
    ];
    if has_failures {
        columns.insert(REASON, Column::new("Reason"));
    }
    columns
}

fn row(record: &JobRecord, has_failures: bool) -> Vec<Cell> {
    let job = record.job.as_ref();
    let mut cells = vec![
        Cell::text(&record.label),
        job.map_or(Cell::Empty, |job| Cell::id(job.id.as_str().chars().take(8).collect::<String>())),
        Cell::status(record.status_kind(), record.status_and_progress()),
        record.started().map_or(Cell::Empty, |at| Cell::time(minute(at))),
        job.and_then(|job| job.duration())
            .map_or(Cell::Empty, |time| Cell::Figure(time.as_secs_f64(), elapsed(time.as_secs()))),
        record.cost().map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0)),
    ];
    if has_failures {
        cells.insert(REASON, record.reason().into());
    }
    cells
}

pub(super) fn elapsed(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::report::Outcome;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::client::Client;
    use crate::jobs::Job;
    use up42_core::error::Error;
    use up42_view::elements::ROWS;

    fn inputs(day: &str) -> Map<String, Value> {
        let tasks = json!({"s2:1": {"limit": 1, "time": day, "bbox": [1, 2, 3, 4]}});
        tasks.as_object().unwrap().clone()
    }

    #[test]
    fn a_batch_is_shown_with_its_parameters() {
        let workflow = Client::simulator().unwrap().project().unwrap().workflow("ports").unwrap();
        let jobs =
            ["2019", "2020"].map(|day| JobParameters { label: format!("Dakar, {day}"), inputs: inputs(day) });
        let batch = workflow.batch("spring", jobs.to_vec()).unwrap();
        insta::assert_snapshot!(batch.table(..ROWS).bundle().text, @r"
        Batch spring: 2 jobs of workflow ports, not sent
        Job          Parameters
        ───────────  ──────────────────────────────────
        Dakar, 2019  time 2019, bbox [1,2,3,4], limit 1
        Dakar, 2020  time 2020, bbox [1,2,3,4], limit 1
        batch.estimate()? returns the price, batch.run()? runs the jobs.
        ");
    }

    #[test]
    fn jobs_are_shown_with_their_outcomes() {
        let project = Client::simulator().unwrap().project().unwrap();
        let job = |status: &str| {
            Job::read(&json!({
                "id": "31e82142-5823", "status": status, "startedAt": "2020-06-01T11:34:00Z",
                "finishedAt": "2020-06-01T11:35:47Z",
            }))
            .unwrap()
        };
        let record = |label: &str, job, outcome| JobRecord {
            index: 0,
            label: label.into(),
            inputs: Map::new(),
            job,
            outcome,
        };
        let failed = Outcome::Failed { reason: "[s2:1]\nno image\n".into(), credits: Some(3) };
        let records = vec![
            record("Dakar", Some(job("SUCCEEDED")), Outcome::Succeeded { credits: Some(1250) }),
            record("Thiès", Some(job("FAILED")), failed),
            record("Mbour", None, Outcome::Rejected(Error::invalid("422: too large"))),
            record("Kaolack", None, Outcome::Unproven(Error::response("no answer"))),
        ];
        let one = records[1].card().bundle().text;
        let jobs = JobCollection::new(std::sync::Arc::new(project), "spring".into(), records);
        insta::assert_snapshot!(jobs.table(..ROWS).bundle().text, @r"
        Batch spring: 4 jobs
        Job       Id        Status            Reason                                       Started (UTC)        Elapsed  Credits
        ────────  ────────  ────────────────  ───────────────────────────────────────────  ────────────────  ──────────  ───────
        Dakar     31e82142  ✓ succeeded       –                                            2020-06-01 11:34  1 min 47 s    1,250
        Thiès     31e82142  ✕ failed          [s2:1] no image                              2020-06-01 11:34  1 min 47 s        3
        Mbour     –         ✕ rejected        422: too large                               –                          –        –
        Kaolack   –         ◇ unproven        no answer: the job may exist, look for it …  –                          –        –
        All jobs            1 of 4 succeeded                                                                               1,253
        ");
        insta::assert_snapshot!(one, @r"
        Thiès [✕ failed]
          Id              31e82142-5823
          Started (UTC)   2020-06-01 11:34
          Finished (UTC)  2020-06-01 11:35
          Credits         3
          [s2:1] no image
        ");
    }
}
