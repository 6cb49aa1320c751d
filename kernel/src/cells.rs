//! What the front and the relay tell each other about the cells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names the library that runs beside the cells.
pub const INSIDE_VARIABLE: &str = "UP42_INSIDE";
/// Names the file whose existence asks for an interrupt.
pub const INTERRUPT_VARIABLE: &str = "UP42_INTERRUPT";
/// The tag, set for the process of the cells: begins the lines that are meant for the relay. It
/// is made anew for each process, and printed by our own code alone.
pub const TAG_VARIABLE: &str = "UP42_TAG";

/// The MIME type under which the relay tells evcxr, and evcxr the front, which run it was.
pub const RUN_MIME: &str = "application/vnd.up42.run";
/// The MIME type of a display that is shown at once.
pub const DISPLAY_MIME: &str = "application/vnd.up42.display+json";

/// Representations of one value by their MIME types.
pub type MimeBundle = BTreeMap<String, String>;

/// What happened in the process of the cells, in its order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Printed text.
    Text {
        /// Where to.
        stream: Stream,
        /// Not always whole lines.
        text: String,
    },
    /// The content of a `display_data` message, and whether it is an `update`.
    Display(Value),
    /// A value that the cell displayed, before its last.
    Value(MimeBundle),
    /// Something that panicked, was caught, and does not fail the cell.
    Caught(Panic),
    /// The end of what the cell has to tell.
    End(End),
}

/// Where a cell prints to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// Its name in Jupyter's messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// How a run of a cell ended.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct End {
    /// Which run it was; evcxr runs some cells more than once.
    pub run: String,
    /// The last value that was displayed.
    pub result: Option<MimeBundle>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How the process of the cells ended, with all its variables.
    pub died: Option<String>,
}

/// Why a cell failed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It panicked.
    Panic(Panic),
    /// A `?` or the last expression gave an error.
    Error(CellError),
    /// It was interrupted before it ran.
    Interrupted,
}

/// A panic.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Panic {
    /// What it says.
    pub message: String,
    /// The source file.
    pub file: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The name of the thread.
    pub thread: String,
    /// Whether the thread is the one that runs the cells.
    pub in_cell: bool,
}

/// An error that a cell ended with.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CellError {
    /// The error with its causes.
    pub message: String,
    /// The line of the crate that evcxr made of the cell, from 1; 0 if unknown.
    #[serde(default)]
    pub line: usize,
    /// Whether it is the value of the last expression.
    #[serde(default, rename = "final")]
    pub is_final: bool,
}
