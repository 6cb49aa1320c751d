use std::fmt;

use crate::plain::plain;

/// Where a job stands, whoever runs it.
///
/// | status | last | workflow (API reference, 4) | processing (13, 16) | order (10) | OGC process |
/// |---|---|---|---|---|---|
/// | not started | no | `NOT_STARTED` | `created` | `CREATED` | |
/// | queued | no | `PENDING` | `licensed`, `valid`, `accepted` | `BEING_PLACED`, `PLACED` | `accepted` |
/// | running | no | `RUNNING` | `running` | `BEING_FULFILLED`, `DOWNLOADED` | `running` |
/// | cancelling | no | `CANCELLING` | | | |
/// | cancelled | yes | `CANCELLED` | | `CANCELED` | `dismissed` |
/// | failed | yes | `FAILED` | `failed`, `released` | `FAILED_PERMANENTLY` | `failed` |
/// | error | yes | `ERROR` | | | |
/// | rejected | yes | | `unlicensed`, `invalid`, `rejected` | | |
/// | succeeded | yes | `SUCCEEDED` | `successful`, `captured` | `FULFILLED` | `successful` |
///
/// Any other word is [`Unknown`](Self::Unknown): it is kept, shown and polled, and never
/// taken for the end; so are an order's `PLACEMENT_FAILED`, `DOWNLOAD_FAILED` and
/// `DELIVERY_INITIALIZATION_FAILED`, which the platform may mend.
///
/// A task of a workflow is paid when it succeeds, also when a later task of its job fails (API
/// reference, 0.6). Processing and orders are paid when they succeed: until then their
/// credits are held. An OGC server knows no credits.
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
    /// Created, and then refused before it ran: by its inputs, a licence or the balance.
    /// Nothing is paid.
    Rejected,
    /// A word that this version does not know. Kept, shown, and never taken as the
    /// end.
    Unknown(String),
}

impl JobStatus {
    /// Whether the job will not change any more.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Cancelled | Self::Failed | Self::Error | Self::Succeeded | Self::Rejected => true,
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
            "REJECTED" => Self::Rejected,
            other => Self::Unknown(plain(other, 80)),
        }
    }

    /// Those that the platform is known to have.
    pub(crate) const KNOWN: [Self; 9] = [
        Self::NotStarted,
        Self::Pending,
        Self::Running,
        Self::Cancelling,
        Self::Cancelled,
        Self::Failed,
        Self::Error,
        Self::Succeeded,
        Self::Rejected,
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
            Self::Rejected => "REJECTED",
            Self::Unknown(word) => word,
        }
    }
}

/// The words of workflows and those of the tables, in any case: `FAILED`, `queued`.
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
            Self::Rejected => "rejected",
            Self::Unknown(word) => return f.write_str(&plain(word, 80)),
        })
    }
}
