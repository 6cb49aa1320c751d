//! A store that outlives the program: an SQLite file that several programs may share.
//!
//! Whoever reads the store has the file's write lock meanwhile. What others changed is
//! read first, and what the request changed is written before it is answered, so a program
//! that is killed takes nothing along that anybody was told of. What follows from the jobs
//! and the clock is not kept: states, charges, results.

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

/// The file.
pub(super) struct StoreFile {
    state: Mutex<State>,
    config: Config,
    start: Timestamp,
}

/// The file, locked.
pub(super) struct LockedStoreFile<'a> {
    state: MutexGuard<'a, State>,
}

impl StoreFile {
    /// The store in a folder, or a new one. With one that is there come its seed,
    /// opening credits and limit, and its clock.
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

    /// When the platform began.
    pub(super) fn opened(&self) -> Timestamp {
        self.start
    }

    /// Locks the file, and takes in what others have changed.
    pub(super) fn open(&self, store: &mut Store, clock: &Clock, archive: &Archive) -> LockedStoreFile<'_> {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        let read = state.read(store, (&self.config, self.start), clock, archive);
        noted("read", read);
        LockedStoreFile { state }
    }
}

impl LockedStoreFile<'_> {
    pub(super) fn add_credits(&self, credits: i64, at: Timestamp) {
        let line = params![at.to_string(), credits];
        let added = self.state.connection.execute("INSERT INTO credit VALUES (?, ?)", line);
        noted("write", added.map(drop).map_err(database_error));
    }

    /// Writes what has changed, and lets others in.
    pub(super) fn close(mut self, store: &Store) {
        let written = self.state.write(store);
        let done = self.state.connection.execute_batch("COMMIT").map_err(database_error);
        noted("write", written.and(done));
    }
}

/// A request cannot fail for it: the platform goes on in memory, and says so.
fn noted(what: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        eprintln!("the simulator cannot {what} its file, and what happens now is lost with it: {error}");
    }
}

impl fmt::Debug for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFile").field("opened", &self.start).finish_non_exhaustive()
    }
}
