use std::fmt;

use serde_json::Value;

use crate::client::{optional, required};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;

/// The processes of a server.
#[derive(Clone)]
pub struct Processes {
    processes: Vec<ProcessSummary>,
    has_more: bool,
}

/// One process, as the list has it.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProcessSummary {
    /// What [`ProcessServer::process`](crate::processes::ProcessServer::process) finds it by.
    pub id: String,
    /// For people.
    pub title: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Whether it can run while nobody waits.
    pub is_async: bool,
}

impl_list!(Processes(processes: ProcessSummary), "The processes, one by one.");

impl Processes {
    /// `has_more` when the list was not read to its end.
    pub(crate) fn read(list: &[Value], has_more: bool) -> Self {
        Self { processes: list.iter().filter_map(ProcessSummary::read).collect(), has_more }
    }

    /// Whether the server has more than the 10,000 that are read.
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

/// Whether a process can run while nobody waits. One that does not tell its modes runs only
/// while one waits (1.0, 7.11.2.3).
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
