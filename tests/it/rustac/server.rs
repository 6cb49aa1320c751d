//! The servers of `tests/rustac/server.py`, started once for all tests of this process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::python::{PythonServer, if_possible};

/// Servers that run as long as this process.
pub struct Servers {
    /// Folder with their items.
    pub folder: PathBuf,
    /// Server that neither filters nor sorts.
    pub memory: String,
    /// Server that neither filters nor sorts, and answers with one page.
    pub duckdb: String,
    /// Server that filters by CQL2, and sorts by names without a prefix.
    pub geoparquet: String,
    _process: PythonServer,
}

impl Servers {
    /// Starts the servers; `None` if the items or the packages are missing.
    pub fn started() -> Option<&'static Servers> {
        static SERVERS: OnceLock<Option<Servers>> = OnceLock::new();
        SERVERS.get_or_init(|| if_possible(Self::start())).as_ref()
    }

    fn start() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/items");
        if !folder.exists() {
            return Err(format!("`{}` is missing", folder.display()));
        }
        let process = PythonServer::start("rustac", &[folder.as_os_str()])?;
        let url = |name: &str| process.json[name].as_str().unwrap().to_owned();
        let (memory, duckdb, geoparquet) = (url("memory"), url("duckdb"), url("geoparquet"));
        Ok(Self { folder, memory, duckdb, geoparquet, _process: process })
    }
}
