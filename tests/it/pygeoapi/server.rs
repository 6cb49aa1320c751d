//! The server of `tests/pygeoapi/server.py`, one for each test.

use std::ffi::OsStr;
use std::path::Path;

use crate::python::{PythonServer, if_possible};

pub struct Pygeoapi {
    pub url: String,
    /// Number of jobs that an earlier server left unfinished.
    pub stranded: usize,
    process: PythonServer,
}

impl Pygeoapi {
    /// Starts the server with its jobs in a folder; `None` if it cannot be installed.
    pub fn start(folder: &Path) -> Option<Self> {
        Self::with(&[folder.as_os_str()])
    }

    /// Starts a server that requires a login with this password, and executes synchronously only.
    pub fn guarded(folder: &Path, password: &str) -> Option<Self> {
        Self::with(&[folder.as_os_str(), OsStr::new(password)])
    }

    fn with(arguments: &[&OsStr]) -> Option<Self> {
        let process = if_possible(PythonServer::start("pygeoapi", arguments))?;
        let stranded = process.json["stranded"].as_u64().unwrap() as usize;
        Some(Self { url: process.json["url"].as_str().unwrap().to_owned(), stranded, process })
    }

    /// Kills the server, as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill();
    }
}
