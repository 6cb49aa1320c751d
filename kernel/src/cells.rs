//! Messages about the cells that the proxy sends to the kernel process, and the variables and MIME
//! types that both share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Variable with the path of the helper library that the cell process loads (`inside/lib.rs`).
pub const INSIDE_VARIABLE: &str = "UP42_INSIDE";
/// Variable with the path of the interrupt file: while it exists, an interrupt is requested.
pub const INTERRUPT_VARIABLE: &str = "UP42_INTERRUPT";
/// Variable with the tag, set for the cell process. Lines that begin with the tag are addressed to
/// the proxy. The tag is new for each process and printed by our own code only.
pub const TAG_VARIABLE: &str = "UP42_TAG";

/// MIME type of the run's id, which the proxy passes through evcxr to the kernel process.
pub const RUN_MIME: &str = "application/vnd.up42.run";
/// MIME type of a display that is shown before the cell ends.
pub const DISPLAY_MIME: &str = "application/vnd.up42.display+json";

/// Representations of one value by their MIME types.
pub type MimeBundle = BTreeMap<String, String>;

/// Event in the cell process. Events are sent in the order in which they occur.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Printed text.
    Text {
        /// Stream that it was printed to.
        stream: Stream,
        /// Text, not always whole lines.
        text: String,
    },
    /// The content of a `display_data` message, and whether it is an `update`.
    Display(Value),
    /// Value that the cell displayed before its last one.
    Value(MimeBundle),
    /// Panic that was caught and does not fail the cell.
    Caught(Panic),
    /// End of the run; the last event of a cell.
    End(End),
}

/// Output stream of a cell.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// Returns the stream's name in Jupyter's messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Outcome of one run of a cell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct End {
    /// Id of the run; evcxr runs some cells more than once.
    pub run: String,
    /// Last value that was displayed.
    pub result: Option<MimeBundle>,
    /// Reason of the failure, if the cell failed.
    pub failure: Option<Failure>,
    /// Exit status of the cell process, if it ended. All its variables are lost then.
    pub exit_status: Option<String>,
}

/// Reason why a cell failed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Panic in the cell.
    Panic(Panic),
    /// Error from a `?` or from the last expression.
    Error(CellError),
    /// Interrupt before the cell ran.
    Interrupted,
}

/// Panic, as the panic hook reports it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Panic {
    /// Panic message.
    pub message: String,
    /// Source file.
    pub file: String,
    /// Line in the source file, from 1.
    pub line: usize,
    /// Name of the thread.
    pub thread: String,
    /// Whether the thread is the one that runs the cells.
    pub in_cell: bool,
}

/// Error that ended a cell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CellError {
    /// Error with its causes.
    pub message: String,
    /// Line in the crate that evcxr generates from the cell, from 1; 0 if unknown.
    #[serde(default)]
    pub line: usize,
    /// Whether it is the value of the last expression.
    #[serde(default, rename = "final")]
    pub is_final: bool,
}
