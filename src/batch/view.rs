//! A batch before its run, and its jobs from then on.

use std::ops::RangeBounds;

use super::engine::Batch;
use super::plan::Item;
use super::report::{JobCollection, JobRecord, Outcome};
use crate::display::{Card, Cell, Column, Table, Tone, counted};
use crate::jobs::{JobMode, JobParameters};
use crate::show::{Show, show};
use crate::time::minute;

impl Batch {
    /// Shows the jobs that are to be run, or how they stand when some were sent before.
    /// Asks nothing of the platform.
    pub fn evcxr_display(&self) {
        self.show();
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let jobs = match self.jobs() {
            Ok(jobs) if jobs.iter().any(|record| record.job.is_some() || record.reason().is_some()) => {
                return jobs.table(rows);
            }
            other => other,
        };
        let (name, workflow) = (self.name(), self.workflow().name());
        let kind = if self.mode() == JobMode::DryRun { "dry run" } else { "job" };
        let count = counted(self.items().len(), kind);
        let table = Table::new(
            format!("Batch {name}: {count} of workflow {workflow}, not sent"),
            JobParameters::columns(),
        )
        .list(self.items(), rows, "batch", |item: &Item| item.parameters.row())
        .note("batch.estimate()? tells the price, batch.run()? runs the jobs.");
        match jobs {
            Ok(_) => table,
            Err(error) => table.note(error.to_string()),
        }
    }
}

show!(Batch);

impl JobRecord {
    /// Shows what came of the job.
    pub fn evcxr_display(&self) {
        self.card().bundle().print();
    }

    fn card(&self) -> Card {
        let job = self.job.as_ref();
        let at = |time: Option<jiff::Timestamp>| time.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let card = Card::new(&self.label)
            .badge(self.tone(), self.status_word())
            .fact("Id", job.map_or(Cell::Empty, |job| Cell::id(job.id.as_str())))
            .fact("Started (UTC)", at(job.and_then(|job| job.started)))
            .fact("Finished (UTC)", at(job.and_then(|job| job.finished)))
            .fact("Credits", self.credits().map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0)));
        match self.reason() {
            Some(reason) => card.note(reason),
            None => card,
        }
    }

    fn tone(&self) -> Tone {
        match (&self.outcome, &self.job) {
            (Outcome::Succeeded { .. }, _) => Tone::Ok,
            (Outcome::Rejected(_) | Outcome::Unsent(_), _) => Tone::Failed,
            (Outcome::Failed { .. }, Some(job)) => job.status.tone(),
            (Outcome::Unfinished, Some(job)) => job.status.tone(),
            (Outcome::Unfinished, None) => Tone::Waiting,
            (Outcome::Failed { .. } | Outcome::Unproven(_), _) => Tone::Neutral,
        }
    }
}

impl JobCollection {
    /// Shows the jobs as a table.
    pub fn evcxr_display(&self) {
        self.show();
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let has_failures = self.iter().any(|record| record.reason().is_some());
        let mut columns = vec![
            Column::new("Job"),
            Column::new("Id"),
            Column::new("Status"),
            Column::new("Started (UTC)"),
            Column::number("Elapsed"),
            Column::number("Credits"),
        ];
        if has_failures {
            columns.push(Column::new("Reason"));
        }
        let row = |record: &JobRecord| {
            let job = record.job.as_ref();
            let started = job.and_then(|job| job.started);
            let mut cells = vec![
                Cell::text(&record.label),
                job.map_or(Cell::Empty, |job| Cell::id(job.id.as_str().chars().take(8).collect::<String>())),
                Cell::status(record.tone(), record.status_word()),
                started.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                job.and_then(|job| job.duration())
                    .map_or(Cell::Empty, |time| Cell::Figure(time.as_secs_f64(), elapsed(time.as_secs()))),
                record.credits().map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0)),
            ];
            if has_failures {
                cells.push(record.reason().into());
            }
            cells
        };
        let footer = [
            Cell::text("All jobs"),
            Cell::text(""),
            Cell::text(format!("{} of {} succeeded", self.succeeded(), self.len())),
            Cell::text(""),
            Cell::text(""),
            match self.iter().any(|record| record.credits().is_some()) {
                true => Cell::Number(self.credits() as f64, 0),
                false => Cell::Empty,
            },
        ];
        Table::new(self.title(), columns).list(self.iter().as_slice(), rows, "jobs", row).footer(footer)
    }
}

show!(JobCollection);

fn elapsed(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::client::Client;
    use crate::display::ROWS;
    use crate::error::Error;
    use crate::jobs::Job;

    fn inputs(day: &str) -> Map<String, Value> {
        let tasks = json!({"s2:1": {"limit": 1, "time": day, "bbox": [1, 2, 3, 4]}});
        tasks.as_object().unwrap().clone()
    }

    #[test]
    fn a_batch_tells_what_it_will_run() {
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
        batch.estimate()? tells the price, batch.run()? runs the jobs.
        ");
    }

    #[test]
    fn jobs_tell_what_came_of_them() {
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
        let jobs = JobCollection::new(project, "spring".into(), records);
        insta::assert_snapshot!(jobs.table(..ROWS).bundle().text, @r"
        Batch spring: 4 jobs
        Job       Id        Status            Started (UTC)        Elapsed  Credits  Reason
        ────────  ────────  ────────────────  ────────────────  ──────────  ───────  ───────────────────────────────────────────
        Dakar     31e82142  ✓ succeeded       2020-06-01 11:34  1 min 47 s    1,250  –
        Thiès     31e82142  ✕ failed          2020-06-01 11:34  1 min 47 s        3  [s2:1] no image
        Mbour     –         ✕ rejected        –                          –        –  422: too large
        Kaolack   –         ◇ unproven        –                          –        –  no answer: the job may exist, look for it …
        All jobs            1 of 4 succeeded                                  1,253
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
