use std::fmt;

use serde_json::Value;

use crate::client::{optional, required};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;

/// List of a server's processes.
#[derive(Clone)]
pub struct Processes {
    processes: Vec<ProcessSummary>,
    has_more: bool,
}

/// Entry in the list of processes.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProcessSummary {
    /// Id for [`Client::process`](crate::Client::process) or
    /// [`ProcessServer::process`](crate::processes::ProcessServer::process).
    pub id: String,
    /// Title for people.
    pub title: Option<String>,
    /// Description of the process.
    pub description: Option<String>,
    /// Version of the process.
    pub version: Option<String>,
    /// Whether it supports asynchronous execution.
    pub is_async: bool,
}

impl_list!(Processes(processes: ProcessSummary), "Returns an iterator over the processes.");

impl Processes {
    /// Reads the list; `has_more` if it was not read to its end.
    pub(crate) fn read(list: &[Value], has_more: bool) -> Self {
        Self { processes: list.iter().filter_map(ProcessSummary::read).collect(), has_more }
    }

    /// Returns whether the server has more than the 10,000 processes that are read.
    pub fn has_more(&self) -> bool {
        self.has_more
    }
}

impl ProcessSummary {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            id: required(json, "id").ok()?,
            title: optional(json, "title"),
            description: optional(json, "description"),
            version: optional(json, "version"),
            is_async: is_async(json),
        })
    }
}

/// Returns whether a process supports asynchronous execution. Without `jobControlOptions` it is
/// synchronous only (1.0, 7.11.2.3).
pub(super) fn is_async(process: &Value) -> bool {
    let modes = process.get("jobControlOptions").and_then(Value::as_array);
    modes.into_iter().flatten().any(|mode| mode == "async-execute")
}

impl fmt::Debug for ProcessSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", sanitize(&self.id, 200))
    }
}

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.iter().take(20).map(|one| sanitize(&one.id, 80)).collect();
        write!(f, "{} processes: {}", self.len(), ids.join(", "))
    }
}
