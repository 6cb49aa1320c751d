//! Persistence of the store: an SQLite file that several programs may share.
//!
//! A program holds the file's write lock while it uses the store. Changes of other programs are
//! read first, and those of a request are written before its response is sent, so a killed program
//! loses nothing that a client knows of. Values that follow from the jobs and the clock are not
//! stored: states, charges, results.

mod file;
mod state;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use rusqlite::params;

use super::catalog::archive::Archive;
use super::clock::Clock;
use super::platform::Config;
use super::store::Store;
use file::database_error;
use state::State;
use up42_core::error::{Context, Result};

/// File of the store.
pub(super) struct StoreFile {
    state: Mutex<State>,
    config: Config,
    start: Timestamp,
}

/// Locked file of the store.
pub(super) struct LockedStoreFile<'a> {
    state: MutexGuard<'a, State>,
}

impl StoreFile {
    /// Opens the store in a folder, or creates one. An existing store determines seed, opening
    /// credits, limit of jobs and clock in `config`.
    pub(super) fn of(folder: &Path, config: &mut Config) -> Result<Self> {
        let path = folder.join("simulator.sqlite");
        let mut open = || -> Result<Self> {
            std::fs::create_dir_all(folder)?;
            let (connection, start, program) = file::open(&path, config)?;
            let state = Mutex::new(State::new(connection, program));
            Ok(Self { state, config: config.clone(), start })
        };
        open().with_context(|| format!("simulator in `{}`", folder.display()))
    }

    /// Returns the start of the platform.
    pub(super) fn opened(&self) -> Timestamp {
        self.start
    }

    /// Locks the file, and reads the changes of other programs.
    pub(super) fn open(&self, store: &mut Store, clock: &Clock, archive: &Archive) -> LockedStoreFile<'_> {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        let read = state.read(store, (&self.config, self.start), clock, archive);
        report_failure("read", read);
        LockedStoreFile { state }
    }
}

impl LockedStoreFile<'_> {
    pub(super) fn add_credits(&self, credits: i64, at: Timestamp) {
        let line = params![at.to_string(), credits];
        let added = self.state.connection.execute("INSERT INTO credit VALUES (?, ?)", line);
        report_failure("write", added.map(drop).map_err(database_error));
    }

    /// Writes the changes, and unlocks the file.
    pub(super) fn close(mut self, store: &Store) {
        let written = self.state.write(store);
        let done = self.state.connection.execute_batch("COMMIT").map_err(database_error);
        report_failure("write", written.and(done));
    }
}

/// Prints an error of the file: the request succeeds, and the platform continues in memory.
fn report_failure(what: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        eprintln!(
            "the simulator cannot {what} its file, and changes from now on are lost when it ends: {error}"
        );
    }
}

impl fmt::Debug for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFile").field("opened", &self.start).finish_non_exhaustive()
    }
}
