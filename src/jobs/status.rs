use std::fmt;

use crate::plain::plain;

/// Where a job stands (API reference, 4).
///
/// | status | last | meaning |
/// |---|---|---|
/// | `NOT_STARTED` | no | accepted, not yet scheduled |
/// | `PENDING` | no | queued |
/// | `RUNNING` | no | at work |
/// | `CANCELLING` | no | asked to stop |
/// | `CANCELLED` | yes | stopped |
/// | `FAILED` | yes | a block or its input failed |
/// | `ERROR` | yes | the platform failed |
/// | `SUCCEEDED` | yes | done |
///
/// A task is paid when it succeeds, also when a later task of its job fails (API
/// reference, 0.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// Accepted, not yet scheduled.
    NotStarted,
    /// Queued.
    Pending,
    /// At work.
    Running,
    /// Asked to stop.
    Cancelling,
    /// Stopped.
    Cancelled,
    /// A block or its input failed.
    Failed,
    /// The platform failed.
    Error,
    /// Done.
    Succeeded,
    /// A word that this version does not know. Kept, shown, and never taken as the
    /// end.
    Unknown(String),
}

impl JobStatus {
    /// Whether the job will not change any more.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Cancelled | Self::Failed | Self::Error | Self::Succeeded => true,
            Self::NotStarted | Self::Pending | Self::Running | Self::Cancelling | Self::Unknown(_) => false,
        }
    }

    /// The platform's word. The SDK's documentation writes `NOT STARTED`, the API
    /// sends `NOT_STARTED`.
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "NOT_STARTED" | "NOT STARTED" => Self::NotStarted,
            "PENDING" => Self::Pending,
            "RUNNING" => Self::Running,
            "CANCELLING" => Self::Cancelling,
            "CANCELLED" => Self::Cancelled,
            "FAILED" => Self::Failed,
            "ERROR" => Self::Error,
            "SUCCEEDED" => Self::Succeeded,
            other => Self::Unknown(plain(other, 80)),
        }
    }

    /// Those that the platform is known to have.
    pub(super) const KNOWN: [Self; 8] = [
        Self::NotStarted,
        Self::Pending,
        Self::Running,
        Self::Cancelling,
        Self::Cancelled,
        Self::Failed,
        Self::Error,
        Self::Succeeded,
    ];

    /// The word that [`read`](Self::read) reads.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
            Self::Error => "ERROR",
            Self::Succeeded => "SUCCEEDED",
            Self::Unknown(word) => word,
        }
    }
}

/// The platform's words and those of the tables, in any case: `FAILED`, `queued`.
impl From<&str> for JobStatus {
    fn from(word: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|status| status.to_string().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| match Self::read(&word.to_uppercase()) {
            Self::Unknown(_) => Self::read(word),
            known => known,
        })
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStarted => "not started",
            Self::Pending => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Succeeded => "succeeded",
            Self::Unknown(word) => word,
        })
    }
}
