//! A batch before its run, and its jobs after it.

use std::ops::RangeBounds;

use super::engine::Batch;
use super::plan::Item;
use super::report::{JobCollection, JobRecord, Outcome};
use crate::display::{Card, Cell, Column, Table, Tone, counted};
use crate::jobs::{JobMode, JobParameters};
use crate::show::{Show, show};
use crate::time::minute;

impl Batch {
    /// Shows the jobs that are to be run. Nothing is sent.
    pub fn evcxr_display(&self) {
        self.show();
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let (name, workflow) = (&self.plan.name, self.workflow.name());
        let kind = if self.plan.mode == JobMode::DryRun { "dry run" } else { "job" };
        let count = counted(self.plan.items.len(), kind);
        Table::new(
            format!("Batch {name}: {count} of workflow {workflow}, not sent"),
            JobParameters::columns(),
        )
        .list(&self.plan.items, rows, "batch", |item: &Item| item.parameters.row())
        .note("batch.estimate()? tells the price, batch.run()? runs the jobs.")
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
            Cell::Number(self.credits() as f64, 0),
        ];
        Table::new(format!("Batch {}: {}", self.name(), counted(self.len(), "job")), columns)
            .list(self.iter().as_slice(), rows, "jobs", row)
            .footer(footer)
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
