//! The observer: it tells which cells failed, when evcxr does not.
//!
//! A cell that panics or ends early at a `?` is "ok" to evcxr and to Jupyter,
//! with some text on stderr that any cell could have written. But the process
//! that runs the cells tells evcxr on its stdout, with a line of its own for
//! each. So for `up42 run` this program stands between the two: it passes every
//! byte on and writes down each such line before evcxr sees it, and therefore
//! before Jupyter hears that the cell is done.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

/// The variable that names the file to write failures to, one line each.
pub const VARIABLE: &str = "UP42_FAILURES";

/// Set by evcxr for the process that runs the cells (`runtime.rs`).
const CELL_PROCESS: &str = "EVCXR_IS_RUNTIME";

/// What a cell prints after a panic (`eval_context.rs`), and when a `?` hands
/// an error out of it (`evcxr_internal_runtime.rs`).
const FAILURES: [(&str, &str); 2] =
    [("EVCXR_PANIC_NOTIFICATION", "panic"), ("EVCXR_ERROR_OCCURRED", "error")];

/// Observes, if this is the process that evcxr starts to run the cells and
/// `up42 run` wants to know; the cells then run in a process of their own.
pub fn intercept() -> Option<Result<ExitCode>> {
    env::var_os(CELL_PROCESS)?;
    let failures = env::var_os(VARIABLE)?;
    Some(observe(failures.into()))
}

fn observe(failures: PathBuf) -> Result<ExitCode> {
    let program = env::current_exe().context("find this program's own file")?;
    let mut cells = Command::new(program)
        .args(env::args_os().skip(1))
        .env_remove(VARIABLE)
        .stdout(Stdio::piped())
        .spawn()
        .context("start the process that runs the cells")?;
    let mut lines = BufReader::new(cells.stdout.take().context("read what the cells print")?);
    let mut stdout = io::stdout().lock();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if let Some(failure) = failure(&line) {
            let mut file = OpenOptions::new().append(true).create(true).open(&failures)?;
            writeln!(file, "{failure}")?;
        }
        stdout.write_all(&line)?;
        stdout.flush()?;
        line.clear();
    }
    let code = cells.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// The end of the line counts: the cell may have printed text without a newline.
fn failure(line: &[u8]) -> Option<&'static str> {
    let line = line.trim_ascii_end();
    FAILURES.iter().find(|(mark, _)| line.ends_with(mark.as_bytes())).map(|(_, failure)| *failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marks_of_evcxr_are_failures() {
        assert_eq!(failure(b"EVCXR_PANIC_NOTIFICATION\n"), Some("panic"));
        assert_eq!(failure(b"half a lineEVCXR_ERROR_OCCURRED\r\n"), Some("error"));
        assert_eq!(failure(b"thread 'main' panicked at src/lib.rs\n"), None);
        assert_eq!(failure(b"EVCXR_EXECUTION_COMPLETE\n"), None);
    }
}
