//! Interrupts of a running cell.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Requests that the proxy stops the cell, by creating a file: the proxy is between evcxr and the
/// cells, and evcxr provides no other channel to it. A cell that is still being compiled is not
/// run.
#[derive(Debug, Default)]
pub struct Interrupt {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_running: bool,
    is_requested: bool,
}

impl Interrupt {
    /// Returns an interrupt that uses this file.
    pub fn new(file: PathBuf) -> Self {
        Self { file, state: Mutex::default() }
    }

    /// Marks the beginning of a cell.
    pub fn begin(&self) {
        *self.lock() = State { is_running: true, is_requested: false };
    }

    /// Marks the end of the cell. Returns whether it was interrupted.
    pub fn finish(&self) -> bool {
        let mut state = self.lock();
        // It must not interrupt the next cell.
        let _ = fs::remove_file(&self.file);
        state.is_running = false;
        state.is_requested
    }

    /// Stops the running cell, if there is one.
    pub fn request(&self) {
        let mut state = self.lock();
        if state.is_running && !state.is_requested {
            state.is_requested = true;
            if let Err(error) = File::create(&self.file) {
                eprintln!("up42: the cell cannot be interrupted: create `{}`: {error}", self.file.display());
            }
        }
    }

    /// Returns whether the running cell is interrupted.
    pub fn is_requested(&self) -> bool {
        self.lock().is_requested
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
