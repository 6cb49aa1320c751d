//! Content of the file, and this program's copy of it.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::file::{damaged, database_error, duration};
use crate::catalog::archive::Archive;
use crate::clock::Clock;
use crate::job::Job;
use crate::orders::order::Order;
use crate::platform::Config;
use crate::processing::job::ProcessingJob;
use crate::store::Store;
use up42_core::error::Result;

/// Connection to the file, and its known content.
pub(super) struct State {
    pub(super) connection: Connection,
    /// Data version (`PRAGMA data_version`) at the last read; `None` before the first.
    version: Option<i64>,
    /// Number of this program among all that have opened the file.
    program: u64,
    saved: Saved,
}

/// Content of the file, as known to this program.
#[derive(Default)]
struct Saved {
    settings: Vec<i64>,
    workflows: String,
    jobs: Vec<u64>,
    orders: Vec<u64>,
    processing: Vec<u64>,
}

impl State {
    pub(super) fn new(connection: Connection, program: u64) -> Self {
        Self { connection, version: None, program, saved: Saved::default() }
    }

    /// Locks the file, and reads the changes of other programs.
    pub(super) fn read(
        &mut self,
        store: &mut Store,
        (config, start): (&Config, Timestamp),
        clock: &Clock,
        archive: &Archive,
    ) -> Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(database_error)?;
        let advanced: String = self.one("SELECT advanced FROM platform")?;
        let shared = duration(&advanced);
        let total = clock.share(shared);
        if total != shared {
            let advanced = u64::try_from(total.as_nanos()).unwrap_or(u64::MAX).to_string();
            self.connection
                .execute("UPDATE platform SET advanced = ?", [advanced])
                .map_err(database_error)?;
        }
        let version = self.one("PRAGMA data_version")?;
        if self.version == Some(version) {
            return Ok(());
        }
        // The store stays as it is if the file cannot be read.
        let mut read = Store::open(config, start);
        read.number_from(config.seed, self.program);
        self.fill(&mut read, archive)?;
        *store = read;
        self.saved = Saved {
            settings: store.settings.iter().map(|setting| setting.value).collect(),
            workflows: written(&store.workflows)?,
            jobs: store.jobs.iter().map(fingerprint).collect(),
            orders: store.orders.iter().map(order_fingerprint).collect(),
            processing: store.processing.iter().map(processing_fingerprint).collect(),
        };
        self.version = Some(version);
        Ok(())
    }

    fn fill(&self, store: &mut Store, archive: &Archive) -> Result<()> {
        for row in self.rows::<(String, i64, String)>("SELECT name, value, updated FROM setting", |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })? {
            let (name, value, updated) = row;
            if let Some(setting) = store.settings.iter_mut().find(|setting| setting.name == name) {
                setting.value = value;
                setting.updated = updated.parse().unwrap_or(setting.updated);
            }
        }
        for data in self.rows::<String>("SELECT data FROM workflow ORDER BY place", |row| row.get(0))? {
            store.workflows = serde_json::from_str(&data).map_err(damaged)?;
        }
        let jobs = self.rows::<(String, String)>("SELECT data, scenes FROM job ORDER BY place", |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for (data, scenes) in jobs {
            let mut job: Job = serde_json::from_str(&data).map_err(damaged)?;
            let ids: Vec<String> = serde_json::from_str(&scenes).map_err(damaged)?;
            job.scenes = ids.iter().filter_map(|id| archive.scene(id)).collect();
            // Due tasks are charged when the store is opened.
            job.tasks.iter_mut().for_each(|task| task.paid = false);
            store.jobs.push(job);
        }
        for data in self.rows::<String>("SELECT data FROM processing ORDER BY place", |row| row.get(0))? {
            store.processing.push(serde_json::from_str(&data).map_err(damaged)?);
        }
        for data in self.rows::<String>("SELECT data FROM purchase ORDER BY place", |row| row.get(0))? {
            store.orders.push(serde_json::from_str(&data).map_err(damaged)?);
        }
        let credits = self.rows::<(String, i64)>("SELECT at, credits FROM credit ORDER BY rowid", |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for (at, credits) in credits {
            store.add_credits(credits, at.parse().unwrap_or(store.opened));
        }
        Ok(())
    }

    fn one<T: FromSql>(&self, query: &str) -> Result<T> {
        self.connection
            .prepare(query)
            .and_then(|mut query| query.query_row([], |row| row.get(0)))
            .map_err(database_error)
    }

    fn rows<T>(&self, query: &str, read: impl FnMut(&Row) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut query = self.connection.prepare(query).map_err(database_error)?;
        let rows = query.query_map([], read).and_then(Iterator::collect);
        rows.map_err(database_error)
    }

    /// Writes the changes since the last read or write.
    pub(super) fn write(&mut self, store: &Store) -> Result<()> {
        let set = "INSERT OR REPLACE INTO setting VALUES (?, ?, ?)";
        for (place, setting) in store.settings.iter().enumerate() {
            if self.saved.settings.get(place) != Some(&setting.value) {
                let line = params![setting.name, setting.value, setting.updated.to_string()];
                self.connection.execute(set, line).map_err(database_error)?;
            }
        }
        self.saved.settings = store.settings.iter().map(|setting| setting.value).collect();
        let workflows = written(&store.workflows)?;
        if workflows != self.saved.workflows {
            let put = "INSERT OR REPLACE INTO workflow VALUES (0, ?)";
            self.connection.execute(put, [&workflows]).map_err(database_error)?;
            self.saved.workflows = workflows;
        }
        for (place, job) in store.jobs.iter().enumerate() {
            let now = fingerprint(job);
            if self.saved.jobs.get(place) == Some(&now) {
                continue;
            }
            let scenes: Value = job.scenes.iter().map(|scene| scene.id.as_str()).collect();
            let line = params![place as i64, written(job)?, scenes.to_string()];
            self.connection
                .execute("INSERT OR REPLACE INTO job VALUES (?, ?, ?)", line)
                .map_err(database_error)?;
            match self.saved.jobs.get_mut(place) {
                Some(saved) => *saved = now,
                None => self.saved.jobs.push(now),
            }
        }
        for (place, order) in store.orders.iter().enumerate() {
            let now = order_fingerprint(order);
            if self.saved.orders.get(place) != Some(&now) {
                let line = params![place as i64, written(order)?];
                self.connection
                    .execute("INSERT OR REPLACE INTO purchase VALUES (?, ?)", line)
                    .map_err(database_error)?;
            }
        }
        for (place, job) in store.processing.iter().enumerate() {
            let now = processing_fingerprint(job);
            if self.saved.processing.get(place) != Some(&now) {
                let line = params![place as i64, written(job)?];
                let put = "INSERT OR REPLACE INTO processing VALUES (?, ?)";
                self.connection.execute(put, line).map_err(database_error)?;
            }
        }
        self.saved.processing = store.processing.iter().map(processing_fingerprint).collect();
        self.saved.orders = store.orders.iter().map(order_fingerprint).collect();
        Ok(())
    }
}

/// Returns a hash of those parts of an order that can change.
fn order_fingerprint(order: &Order) -> u64 {
    let mut hash = DefaultHasher::new();
    (&order.id, order.updated, order.cancelled, order.deleted, &order.tags, &order.budget, &order.labels)
        .hash(&mut hash);
    order.tasking.as_ref().map(|tasking| (tasking.option, tasking.accepted)).hash(&mut hash);
    hash.finish()
}

/// Returns a hash of those parts of a processing job that can change: its result.
fn processing_fingerprint(job: &ProcessingJob) -> u64 {
    let mut hash = DefaultHasher::new();
    (&job.id, job.made.as_ref().map(order_fingerprint)).hash(&mut hash);
    hash.finish()
}

/// Returns a hash of those parts of a job that can change.
fn fingerprint(job: &Job) -> u64 {
    let mut hash = DefaultHasher::new();
    (&job.id, &job.name, job.updated, job.started, job.finished, job.cancelled, &job.ending).hash(&mut hash);
    hash.finish()
}

fn written(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(damaged)
}
