//! The server of `tests/stac/server.py`, started once for all tests of this process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// It runs until its standard input is closed, which the end of this process does.
pub struct Stac {
    /// The folder with the items that it holds.
    pub folder: PathBuf,
    /// Filters by CQL2 and by `query`, sorts.
    pub all: String,
    /// Filters by `query`, sorts.
    pub query: String,
    /// Neither filters nor sorts.
    pub plain: String,
    _process: Child,
}

impl Stac {
    /// The server; `None` where PostgreSQL or the items are missing, which is told. Both must
    /// be there when `UP42_REQUIRE_DATA` is set.
    pub fn started() -> Option<&'static Stac> {
        static STAC: OnceLock<Option<Stac>> = OnceLock::new();
        let stac = STAC.get_or_init(|| match Self::start() {
            Ok(stac) => Some(stac),
            Err(why) => {
                assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{why}");
                eprintln!("skipped: {why}");
                None
            }
        });
        stac.as_ref()
    }

    fn start() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("../shared/data/items");
        if !folder.exists() {
            return Err(format!("`{}` is missing", folder.display()));
        }
        let script = root.join("tests/stac/server.py");
        output(Command::new("python3").arg(&script))?;
        let python =
            output(Command::new("python3").arg(root.join("tests/python/environment.py")).arg("stac"))?;
        let mut process = Command::new(python)
            .args([script, folder.clone()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // With PostgreSQL there, a server that does not start is a failure.
        let urls: Value =
            serde_json::from_str(&line).expect("the STAC server starts: run tests/stac/server.py");
        let url = |name: &str| urls[name].as_str().unwrap().to_owned();
        Ok(Self { folder, all: url("all"), query: url("query"), plain: url("plain"), _process: process })
    }
}

/// What a program prints, or why it cannot.
fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| format!("python3: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}
