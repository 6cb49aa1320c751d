use std::fmt;
use std::ops::RangeBounds;
use std::path::Path;

use jiff::Timestamp;

use super::journal::Journal;
use super::state::State;
use crate::client::Client;
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_core::time::{minute, parse_timestamp};
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;

/// Batches whose journals are in a folder, most recently changed first.
#[derive(Clone)]
pub struct Batches {
    entries: Vec<BatchEntry>,
    /// Errors of the journals that could not be read.
    notes: Vec<String>,
}

/// Summary of a batch, read from its journal.
#[derive(Clone)]
#[non_exhaustive]
pub struct BatchEntry {
    /// Name of the batch, as passed to [`Client::batch`](crate::Client::batch).
    pub name: String,
    /// Service that runs the jobs: `workflow`, `process`, `order` or `OGC process`.
    pub service: &'static str,
    /// Name of the workflow, the process or the data product.
    pub runs: String,
    /// Number of jobs.
    pub jobs: usize,
    /// Number of jobs with results.
    pub succeeded: usize,
    /// Number of jobs that ended without results: failed, cancelled, refused, or not found.
    pub failed: usize,
    /// Credits paid, as far as the platform reported them.
    pub credits: i64,
    /// Time of the last event, UTC; before the first event, when the journal was created.
    pub changed: Option<Timestamp>,
}

impl_list!(Batches(entries: BatchEntry), "Returns an iterator over the batches.");

impl Client {
    /// Returns the batches in this client's folder
    /// ([`ClientBuilder::batches`](crate::client::ClientBuilder::batches)). Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the folder cannot be read; a journal that cannot
    /// be read is a note in the table.
    pub fn batches(&self) -> Result<Batches> {
        Batches::read(self.batches_folder())
    }
}

impl Batches {
    fn read(folder: &Path) -> Result<Self> {
        let mut batches = Self { entries: Vec::new(), notes: Vec::new() };
        if !folder.exists() {
            return Ok(batches);
        }
        let files = std::fs::read_dir(folder).map_err(crate::Error::from);
        for file in files.with_context(|| format!("batches in `{}`", folder.display()))? {
            let path = file?.path();
            if path.extension().is_none_or(|extension| extension != "sqlite") {
                continue;
            }
            match BatchEntry::read(&path) {
                Ok(Some(entry)) => batches.entries.push(entry),
                Ok(None) => {}
                Err(error) => batches.notes.push(error.to_string()),
            }
        }
        batches.entries.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.name.cmp(&b.name)));
        batches.notes.sort();
        Ok(batches)
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Batch"),
            Column::new("Service"),
            Column::new("Runs"),
            Column::number("Jobs"),
            Column::number("Done"),
            Column::number("Succeeded"),
            Column::number("Failed"),
            Column::number("Credits"),
            Column::new("Last change (UTC)"),
        ];
        let count = |number: usize| Cell::Number(number as f64, 0);
        let row = |entry: &BatchEntry| {
            let done = entry.succeeded + entry.failed;
            [
                Cell::id(&entry.name),
                Cell::text(entry.service),
                Cell::text(&entry.runs),
                count(entry.jobs),
                Cell::Percent(done as f64 / entry.jobs.max(1) as f64 * 100.0),
                count(entry.succeeded),
                count(entry.failed),
                Cell::Number(entry.credits as f64, 0),
                entry.changed.map_or(Cell::Empty, |at| Cell::time(minute(at))),
            ]
        };
        let caption = match self.len() {
            1 => "1 batch".to_owned(),
            many => format!("{many} batches"),
        };
        let table = Table::new(caption, columns).list(&self.entries, rows, "batches", row);
        self.notes.iter().fold(table, |table, note| table.note(note))
    }
}

impl_show!(Batches);

impl BatchEntry {
    fn read(path: &Path) -> Result<Option<Self>> {
        let Some(journal) = Journal::open(path)? else { return Ok(None) };
        let head = journal.head()?;
        let mut state = State::new(journal.items()?.len(), 1, Default::default());
        for event in journal.events()? {
            state.apply(&event);
        }
        let tally = state.tally();
        Ok(Some(Self {
            name: head.name,
            service: head.owner.kind.name(),
            runs: head.owner.name,
            jobs: tally.total(),
            succeeded: tally.succeeded(),
            failed: tally.failed(),
            credits: state.paid(),
            changed: parse_timestamp(&journal.last_change()?.unwrap_or(head.created)),
        }))
    }
}

impl fmt::Debug for BatchEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {} jobs, {}",
            sanitize(&self.name, 80),
            self.succeeded,
            self.jobs,
            sanitize(&self.runs, 80)
        )
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(|entry| sanitize(&entry.name, 80)).collect();
        write!(f, "{} batches: {}", self.len(), names.join(", "))
    }
}
