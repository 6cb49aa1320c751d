//! Steps before a satellite acquires an image: feasibility study and quotation (`docs/up42-api.md`,
//! 11). They take minutes, and days on the real platform.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Time that the platform takes for a study, and for a quotation.
const STUDY_TIME: Duration = Duration::from_secs(180);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tasking {
    pub study: String,
    /// Ids and descriptions of the options.
    pub options: Vec<(String, String)>,
    pub quotation: String,
    pub asked: Timestamp,
    /// Index of the chosen option, and the time of the choice.
    pub option: Option<usize>,
    pub chosen: Option<Timestamp>,
    /// Whether the quotation was accepted, and the time of the decision.
    pub accepted: Option<bool>,
    pub decided: Option<Timestamp>,
}

fn later(at: Timestamp) -> Timestamp {
    at.checked_add(STUDY_TIME).unwrap_or(Timestamp::MAX)
}

impl Tasking {
    /// Returns the time at which the study is complete.
    pub(crate) fn studied(&self) -> Timestamp {
        later(self.asked)
    }

    /// Returns the time at which the quotation is complete, if an option was chosen.
    pub(crate) fn quoted(&self) -> Option<Timestamp> {
        self.chosen.map(later)
    }

    /// Returns the time at which the quotation was accepted.
    pub(crate) fn begun(&self) -> Option<Timestamp> {
        self.decided.filter(|_| self.accepted == Some(true))
    }

    pub(crate) fn is_rejected(&self) -> bool {
        self.accepted == Some(false)
    }

    pub(crate) fn sub_status(&self, now: Timestamp) -> &'static str {
        match (self.accepted, self.quoted()) {
            (Some(true), _) => "QUOTATION_ACCEPTED",
            (Some(false), _) => "QUOTATION_REJECTED",
            (None, Some(at)) if at <= now => "QUOTATION_WAITING_RESPONSE",
            (None, Some(_)) => "QUOTATION_WAITING_UPLOAD",
            (None, None) if self.studied() <= now => "FEASIBILITY_WAITING_RESPONSE",
            (None, None) => "FEASIBILITY_WAITING_UPLOAD",
        }
    }
}
