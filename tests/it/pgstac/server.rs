//! The server of `tests/stac/server.py`, started once for all tests of this process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::python::{PythonServer, if_possible, output, script};

/// Server that runs as long as this process.
pub struct Stac {
    /// Folder with its items.
    pub folder: PathBuf,
    /// URL with filters by CQL2 and by `query`, and sorting.
    pub all: String,
    /// URL with filters by `query`, and sorting.
    pub query: String,
    /// URL without filters and sorting.
    pub plain: String,
    _process: PythonServer,
}

impl Stac {
    /// Starts the server; `None` if PostgreSQL or the items are missing.
    pub fn started() -> Option<&'static Stac> {
        static STAC: OnceLock<Option<Stac>> = OnceLock::new();
        STAC.get_or_init(|| if_possible(Self::start())).as_ref()
    }

    fn start() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/items");
        if !folder.exists() {
            return Err(format!("`{}` is missing", folder.display()));
        }
        // Fails if PostgreSQL is missing.
        output(Command::new("python3").arg(script("stac")))?;
        let process = PythonServer::start("stac", &[folder.as_os_str()])?;
        let url = |name: &str| process.json[name].as_str().unwrap().to_owned();
        Ok(Self { folder, all: url("all"), query: url("query"), plain: url("plain"), _process: process })
    }
}
