//! evcxr, which compiles the cells and has them run.

use std::collections::BTreeSet;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use anyhow::{Result, anyhow};
use evcxr::{CommandContext, EvalCallbacks};
use serde_json::Value;

use crate::cells::{End, Failure, INTERRUPT_VARIABLE, MimeBundle, RUN_MIME};
use crate::compile;
use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::outputs::Outputs;
use crate::jupyter::problem::Problem;
use crate::jupyter::source::Source;

/// Hint after the cell process has ended, since its variables are lost.
const RESUME: &str = "Batches go on at the platform: `client.batch(\"NAME\")` resumes one.";
const END_MISSING: &str =
    "the cell ran, but its end was not reported: check its effects before you run it again";
/// Command that clears the variables. evcxr's own implementation keeps their names, and the next
/// cell panics.
const RESTART: &str = ":restart";

/// evcxr engine of one kernel.
pub struct Engine {
    context: CommandContext,
    outputs: Arc<Outputs>,
    interrupt: Arc<Interrupt>,
}

/// Answers a request for input, given its prompt and whether it is a password.
pub type Input<'a> = &'a dyn Fn(&str, bool) -> String;

impl Engine {
    /// Starts evcxr in the session that the environment describes, with the library loaded.
    pub fn load(outputs: &Arc<Outputs>, interrupt: &Arc<Interrupt>) -> Result<Self> {
        let (context, channels) = guarded(|| CommandContext::new().map_err(|error| anyhow!("{error}")))?;
        let sink = Arc::clone(outputs);
        thread::spawn(move || channels.stderr.iter().for_each(|line| sink.handle_line(line)));
        // The proxy sends the cells' output as events; nothing on stdout is for the user.
        thread::spawn(move || channels.stdout.iter().for_each(drop));
        let mut engine = Self { context, outputs: Arc::clone(outputs), interrupt: Arc::clone(interrupt) };
        // Not run as a cell: an interrupt would leave a kernel without its library.
        guarded(|| engine.context.execute(":load_config --quiet").map_err(|error| anyhow!("{error}")))?;
        Ok(engine)
    }

    /// Runs a cell. Returns the display of its last expression.
    pub fn run(
        &mut self,
        code: &str,
        source: &Source,
        input: Input<'_>,
    ) -> Result<Option<MimeBundle>, Problem> {
        self.interrupt.begin();
        let code = self.restart_if_requested(code);
        compile::record_settings(&code);
        let before = self.variables();
        let mut callbacks = EvalCallbacks {
            input_reader: &|request| input(&request.prompt.replace('\u{1f}', ":"), request.is_password),
        };
        let context = &mut self.context;
        let result =
            panic::catch_unwind(AssertUnwindSafe(|| context.execute_with_callbacks(&code, &mut callbacks)));
        let mut end = End::default();
        let mut problem = None;
        let mut end_received = true;
        let mut shown = MimeBundle::new();
        match result {
            Ok(Ok(outputs)) => {
                shown.extend(outputs.content_by_mime_type);
                let runs = shown.remove(RUN_MIME).unwrap_or_default();
                if let Some(run) = runs.split_terminator(';').next_back() {
                    match self.outputs.wait_for(run) {
                        Some(received) => end = received,
                        None => end_received = false,
                    }
                }
            }
            Ok(Err(evcxr::Error::SubprocessTerminated(message))) => {
                end = self.outputs.wait_for_exit().unwrap_or_default();
                end.exit_status.get_or_insert(message);
            }
            Ok(Err(evcxr::Error::CompilationErrors(errors))) => {
                problem = Some(Problem::compilation(&errors, source))
            }
            Ok(Err(error)) => problem = Some(Problem::new("Error", error.to_string())),
            Err(_) => {
                problem = Some(Problem::new("EngineError", "evcxr failed at this cell: see the kernel's log"))
            }
        }
        let was_interrupted = self.interrupt.finish();
        if let Some(how) = &end.exit_status {
            let lost: Vec<String> = before.difference(&self.variables()).cloned().collect();
            return Err(ended(how, was_interrupted, &lost, end.failure.as_ref()));
        }
        match end.failure {
            Some(Failure::Interrupted) => return Err(stopped()),
            Some(Failure::Panic(panic)) => return Err(Problem::panic(&panic, source)),
            Some(Failure::Error(error)) => return Err(Problem::error(&error, source)),
            None => {}
        }
        if !end_received {
            return Err(Problem::new("EngineError", END_MISSING));
        }
        match problem {
            Some(_) if was_interrupted => return Err(stopped()),
            Some(problem) => return Err(problem),
            None => {}
        }
        for (mime, content) in end.result.into_iter().flatten() {
            shown.entry(mime).or_default().push_str(&content);
        }
        Ok(Some(shown).filter(|shown| !shown.is_empty()))
    }

    /// Returns the source file of the crate that evcxr generates from a cell.
    pub fn generated() -> PathBuf {
        PathBuf::from(env::var_os("EVCXR_TMPDIR").unwrap_or_default()).join("src/lib.rs")
    }

    /// Returns the file that requests an interrupt from the proxy.
    pub fn interrupt_file() -> PathBuf {
        env::var_os(INTERRUPT_VARIABLE).map(PathBuf::from).unwrap_or_default()
    }

    /// Returns the completions at a position: see `completion`.
    pub fn complete(&mut self, code: &str, position: usize) -> Result<evcxr::Completions> {
        guarded(|| self.context.completions(&without_restart(code), position))
    }

    /// Returns the documentation of the item at a position, as text and as HTML.
    pub fn inspect(&mut self, code: &str, position: usize) -> Option<(String, String)> {
        let found = guarded(|| self.context.hover_at(&without_restart(code), position)).ok()?;
        (found.0 != "No documentation found").then_some(found)
    }

    /// Returns the compiler's messages about a cell without running it, in the format of evcxr's
    /// own kernel.
    pub fn check(&mut self, code: &str) -> Vec<Value> {
        let code = without_restart(code);
        let problems =
            guarded(|| self.context.check(&code).map_err(|error| anyhow!("{error}"))).unwrap_or_default();
        let describe = |problem: &evcxr::CompilationError| {
            let message = problem.primary_spanned_message()?;
            let span = message.span?;
            let mut text = message.label.clone();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&problem.message());
            problem.help().iter().for_each(|help| text.push_str(&format!("\nhelp: {help}")));
            Some(serde_json::json!({
                "message": text,
                "severity": problem.level(),
                "start_line": span.start_line,
                "start_column": span.start_column,
                "end_column": span.end_column,
                "end_line": span.end_line,
            }))
        };
        problems.iter().filter_map(describe).collect()
    }

    fn variables(&self) -> BTreeSet<String> {
        self.context.variables_and_types().map(|(name, _)| name.to_owned()).collect()
    }

    /// Restarts the cell process for a `:restart`, and returns the rest of the cell.
    fn restart_if_requested(&mut self, code: &str) -> String {
        let rest = without_restart(code);
        if rest != code {
            if let Ok(mut process) = self.context.process_handle().lock() {
                let _ = process.kill();
            }
            // evcxr detects the end of the process at the next cell, and then drops all variables.
            let _ = guarded(|| self.context.execute("();").map_err(|error| anyhow!("{error}")));
            self.outputs.forget();
        }
        rest
    }
}

/// Returns the cell with blanks in place of a `:restart` among its commands, so that offsets stay
/// the same. evcxr would execute the command even when it only analyses the cell.
fn without_restart(code: &str) -> String {
    let mut in_commands = true;
    let replaced = |line: &str| {
        let command = line.trim();
        in_commands &= command.is_empty()
            || command.starts_with("//")
            || command.starts_with(':')
            || command.starts_with('!');
        match in_commands && command == RESTART {
            true => line.replace(RESTART, &" ".repeat(RESTART.len())),
            false => line.to_owned(),
        }
    };
    code.split_inclusive('\n').map(replaced).collect()
}

/// Turns a panic of evcxr's into an error, so that the kernel survives it.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow!("evcxr failed: see the kernel's log")))
}

fn stopped() -> Problem {
    Problem::new("Interrupted", "the cell was stopped before it ran; no variable is lost")
}

fn ended(how: &str, was_interrupted: bool, lost: &[String], failure: Option<&Failure>) -> Problem {
    let lost = match lost {
        [] => "No variable is lost.".to_owned(),
        names => format!(
            "Lost with it: {}.",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    if was_interrupted {
        return Problem::new(
            "Interrupted",
            format!("the cell was stopped, and with it its process. {lost}\n{RESUME}"),
        );
    }
    let why = match failure {
        Some(Failure::Panic(panic)) => format!(": {}", panic.message),
        _ => String::new(),
    };
    Problem::new("ProcessEnded", format!("the process of the cells ended ({how}){why}. {lost}\n{RESUME}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_command_is_replaced_by_spaces() {
        let rest = |code: &str| without_restart(code);
        assert_eq!(
            rest("// é\n:dep serde\n  :restart\r\nlet a = 1;"),
            "// é\n:dep serde\n          \r\nlet a = 1;"
        );
        for code in ["let a = \"\n:restart\n\";", ":restarted", "1\n", ""] {
            assert_eq!(rest(code), code);
        }
    }
}
