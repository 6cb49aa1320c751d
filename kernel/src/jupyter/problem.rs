//! Errors of a cell in Jupyter's format.

use ariadne::sources;
use evcxr::{CompilationError, Theme};
use serde_json::{Value, json};

use crate::cells::{CellError, Panic};
use crate::jupyter::source::Source;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[34m";
const PLAIN: &str = "\u{1b}[0m";

/// Content of an `error` message.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Kind of the error.
    pub name: &'static str,
    /// Error text.
    pub value: String,
    /// Lines that are shown.
    pub traceback: Vec<String>,
}

impl Problem {
    /// Returns a problem without a line of the cell.
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self::at(name, value, Vec::new())
    }

    fn at(name: &'static str, value: impl Into<String>, place: Vec<String>) -> Self {
        let value = value.into();
        let mut traceback: Vec<String> =
            format!("{RED}{name}{PLAIN}: {value}").lines().map(str::to_owned).collect();
        traceback.extend(place);
        Self { name, value, traceback }
    }

    /// Returns the problem for a panic.
    pub fn panic(panic: &Panic, source: &Source) -> Self {
        let message = if panic.message.is_empty() { "the cell panicked" } else { &panic.message };
        Self::at("Panic", message, source.point_to_panic(panic))
    }

    /// Returns the problem for an error that ended the cell.
    pub fn error(error: &CellError, source: &Source) -> Self {
        let message = if error.message.is_empty() { "the cell ended with an error" } else { &error.message };
        Self::at("Error", message, source.point(&source.locate(error.line)))
    }

    /// Returns the problem for errors of the compiler.
    pub fn compilation(errors: &[CompilationError], source: &Source) -> Self {
        let mut traceback = Vec::new();
        for error in errors {
            traceback.extend(report(error, source));
        }
        let first = errors.first().map(CompilationError::message).unwrap_or_default();
        let value = match errors.len() {
            0 | 1 => first,
            count => format!("{first} (and {} more)", count - 1),
        };
        Self { name: "CompileError", value, traceback }
    }

    /// Returns the content of an `error` message.
    pub fn content(&self) -> Value {
        json!({ "ename": self.name, "evalue": self.value, "traceback": self.traceback })
    }

    /// Returns the content of an error reply.
    pub fn reply(&self) -> Value {
        let mut reply = self.content();
        reply["status"] = "error".into();
        reply
    }
}

fn report(error: &CompilationError, source: &Source) -> Vec<String> {
    let message = format!("{RED}error{PLAIN}: {}", error.message());
    if !error.is_from_user_code() {
        return message.lines().map(str::to_owned).collect();
    }
    let name = format!("cell [{}]", source.number);
    if let Some(report) = error.build_report(name.clone(), source.code.clone(), Theme::Light) {
        let mut text = Vec::new();
        if report.write(sources([(name, source.code.as_str())]), &mut text).is_ok() {
            return String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        }
    }
    // evcxr's reports support ASCII only.
    let mut lines: Vec<String> = message.lines().map(str::to_owned).collect();
    for spanned in error.spanned_messages() {
        lines.extend(spanned.lines.iter().cloned());
        let marks = spanned.span.as_ref().map_or_else(String::new, |span| {
            let width = span.end_column.saturating_sub(span.start_column).max(1);
            format!("{}{RED}{}{PLAIN} ", " ".repeat(span.start_column.saturating_sub(1)), "^".repeat(width))
        });
        lines.push(format!("{marks}{BLUE}{}{PLAIN}", spanned.label));
    }
    lines.extend(
        error
            .help()
            .iter()
            .flat_map(|help| format!("help: {help}").lines().map(str::to_owned).collect::<Vec<_>>()),
    );
    lines
}
