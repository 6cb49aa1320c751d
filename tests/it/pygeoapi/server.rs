//! The server of `tests/pygeoapi/server.py`, one for each test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use up42::serde_json::{self, Value};

/// It runs until its standard input is closed, which the end of this process does.
pub struct Pygeoapi {
    pub url: String,
    /// Jobs that a server before it left unfinished.
    pub stranded: usize,
    process: Child,
}

impl Pygeoapi {
    /// The server, with its jobs in a folder; `None` where it cannot be installed, which is
    /// told. It must start when `UP42_REQUIRE_DATA` is set.
    pub fn start(folder: &Path) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python =
            Command::new("python3").arg(root.join("tests/python/environment.py")).arg("pygeoapi").output();
        let python = match python {
            Ok(made) if made.status.success() => String::from_utf8(made.stdout).unwrap().trim().to_owned(),
            other => {
                assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "pygeoapi: {other:?}");
                eprintln!("skipped: pygeoapi cannot be installed");
                return None;
            }
        };
        let mut process = Command::new(python)
            .args([&root.join("tests/pygeoapi/server.py"), folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("pygeoapi starts: run tests/pygeoapi/server.py");
        let stranded = told["stranded"].as_u64().unwrap() as usize;
        Some(Self { url: told["url"].as_str().unwrap().to_owned(), stranded, process })
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().and_then(|()| self.process.wait()).unwrap();
    }
}

impl Drop for Pygeoapi {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
