//! How a running cell is stopped.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Asks the relay to stop the cell, by a file: it stands between us and the cells, and
/// evcxr offers no other way to it. A cell that is still compiled is not run.
#[derive(Debug, Default)]
pub struct Interrupt {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_running: bool,
    is_asked: bool,
}

impl Interrupt {
    /// By this file.
    pub fn new(file: PathBuf) -> Self {
        Self { file, state: Mutex::default() }
    }

    /// A cell runs from now on.
    pub fn begin(&self) {
        *self.lock() = State { is_running: true, is_asked: false };
    }

    /// The cell is over. Returns whether it was asked to stop.
    pub fn finish(&self) -> bool {
        let mut state = self.lock();
        // The next cell must not find it.
        let _ = fs::remove_file(&self.file);
        state.is_running = false;
        state.is_asked
    }

    /// Stops the cell that runs, if one does.
    pub fn ask(&self) {
        let mut state = self.lock();
        if state.is_running && !state.is_asked {
            state.is_asked = true;
            if let Err(error) = File::create(&self.file) {
                eprintln!("up42: the cell cannot be interrupted: create `{}`: {error}", self.file.display());
            }
        }
    }

    /// Whether the cell is to stop.
    pub fn is_asked(&self) -> bool {
        self.lock().is_asked
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
