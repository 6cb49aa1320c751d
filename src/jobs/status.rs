use std::fmt;

use up42_core::sanitize::sanitize;

#[doc = include_str!("status.md")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobStatus {
    /// Accepted, not yet scheduled.
    NotStarted,
    /// Queued.
    Pending,
    /// Running.
    Running,
    /// Cancellation requested, not yet completed.
    Cancelling,
    /// Cancelled.
    Cancelled,
    /// Failed because of a block or its input.
    Failed,
    /// Failed because of an error of the platform.
    Error,
    /// Succeeded.
    Succeeded,
    /// Rejected after creation and before the start, because of its inputs, a licence or the
    /// balance. Nothing is charged.
    Rejected,
    /// Unknown word of the service. It is kept, shown and polled, and never counts as terminal.
    Unknown(String),
}

impl JobStatus {
    /// Returns whether the status is final.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Cancelled | Self::Failed | Self::Error | Self::Succeeded | Self::Rejected => true,
            Self::NotStarted | Self::Pending | Self::Running | Self::Cancelling | Self::Unknown(_) => false,
        }
    }

    /// Reads a status of the workflow API. The SDK's documentation writes `NOT STARTED`, the API
    /// sends `NOT_STARTED`.
    pub(crate) fn read(word: &str) -> Self {
        // Sanitized before the comparison: an unknown word is written to the journal in sanitized
        // form, and must not become a known one when it is read again.
        let word = sanitize(word, 80);
        let sent = if word == "NOT STARTED" { "NOT_STARTED" } else { &word };
        let known = Self::KNOWN.into_iter().find(|status| status.word() == sent);
        known.unwrap_or(Self::Unknown(word))
    }

    /// Reads a status by a service's table of words.
    pub(crate) fn of_word(words: &[(&str, Self)], word: &str) -> Self {
        let known = words.iter().find(|(known, _)| *known == word);
        known.map_or_else(|| Self::Unknown(sanitize(word, 80)), |(_, status)| status.clone())
    }

    /// Known statuses.
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

    /// Returns the word that [`read`](Self::read) reads.
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

/// Reads words of the workflow API and of tables, case-insensitive: `FAILED`, `queued`.
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
            Self::Unknown(word) => return f.write_str(&sanitize(word, 80)),
        })
    }
}
