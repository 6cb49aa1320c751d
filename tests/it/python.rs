//! Real servers written in Python: `tests/NAME/server.py`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use up42::serde_json::{self, Value};

/// Server process. It runs until its standard input is closed, which happens at the end of this
/// process.
pub struct PythonServer {
    /// Line of JSON that it printed.
    pub json: Value,
    process: Child,
}

impl PythonServer {
    /// Starts a server in its own environment; `Err` with the reason if the environment cannot be
    /// created.
    pub fn start(name: &str, arguments: &[&OsStr]) -> Result<Self, String> {
        let mut process = Command::new(environment(name)?)
            .arg(script(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // Its requirements are installed, so a server that does not start is a failure.
        let json = serde_json::from_str(&line);
        let json = json.unwrap_or_else(|_| panic!("{name} starts: run {}", script(name).display()));
        Ok(Self { json, process })
    }

    /// Kills the server, as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).unwrap();
    }
}

impl Drop for PythonServer {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Returns the started server; `None`, with a message, if the test is to be skipped. Fails instead
/// if `UP42_REQUIRE_DATA` is set.
pub fn if_possible<T>(started: Result<T, String>) -> Option<T> {
    started
        .inspect_err(|why| {
            assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{why}");
            eprintln!("skipped: {why}");
        })
        .ok()
}

pub fn script(name: &str) -> PathBuf {
    root().join("tests").join(name).join("server.py")
}

/// Returns the interpreter of the environment that `tests/python/NAME.txt` pins, or the reason why
/// it cannot be created.
pub fn environment(name: &str) -> Result<String, String> {
    output(Command::new("python3").arg(root().join("tests/python/environment.py")).arg(name))
}

/// Returns the output of a program, or the reason why it failed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| format!("python3: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
