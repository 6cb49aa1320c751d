//! The job table.

use super::report::{JobCollection, JobRecord, Outcome};
use crate::display::{Cell, Column, Table, Tone};
use crate::time::minute;

impl JobCollection {
    /// Shows the jobs as a table.
    pub fn evcxr_display(&self) {
        self.table().bundle().print();
    }

    fn table(&self) -> Table {
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
            let tone = match (&record.outcome, job) {
                (Outcome::Succeeded { .. }, _) => Tone::Ok,
                (Outcome::Rejected(_) | Outcome::Unsent(_), _) => Tone::Failed,
                (Outcome::Failed { .. }, Some(job)) => job.status.tone(),
                (Outcome::Unfinished, Some(job)) => job.status.tone(),
                (Outcome::Unfinished, None) => Tone::Waiting,
                (Outcome::Failed { .. } | Outcome::Unproven(_), _) => Tone::Neutral,
            };
            let started = job.and_then(|job| job.started);
            let mut cells = vec![
                Cell::text(&record.label),
                job.map_or(Cell::Empty, |job| Cell::id(job.id.as_str().chars().take(8).collect::<String>())),
                Cell::status(tone, record.status_word()),
                started.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                job.and_then(|job| job.duration())
                    .map_or(Cell::Empty, |time| Cell::text(elapsed(time.as_secs()))),
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
        Table::new(format!("Batch {}: {} jobs", self.name(), self.len()), columns)
            .rows(self.iter().map(row))
            .footer(footer)
            .more(self.len(), "jobs.to_dataframe()?")
    }
}

fn elapsed(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}
