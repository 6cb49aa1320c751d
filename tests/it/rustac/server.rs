//! The servers of `tests/rustac/server.py`, started once for all tests of this process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::python::{PythonServer, if_possible};

/// They run as long as this process.
pub struct Servers {
    /// The folder with the items that they hold.
    pub folder: PathBuf,
    /// Neither filters nor sorts.
    pub memory: String,
    /// The same, and answers with one page.
    pub duckdb: String,
    /// Filters by CQL2, and sorts by names without a prefix.
    pub geoparquet: String,
    _process: PythonServer,
}

impl Servers {
    /// The servers; `None` where the items or the packages are missing.
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
        let url = |name: &str| process.told[name].as_str().unwrap().to_owned();
        let (memory, duckdb, geoparquet) = (url("memory"), url("duckdb"), url("geoparquet"));
        Ok(Self { folder, memory, duckdb, geoparquet, _process: process })
    }
}
