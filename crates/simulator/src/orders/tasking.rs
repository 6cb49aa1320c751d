//! What happens before a satellite takes an image: a study, and a quotation (section 11 of
//! the interface). What takes people days takes minutes here.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::serde_helpers;

/// How long the platform works on a study, and on a quotation.
const WORK: Duration = Duration::from_secs(180);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tasking {
    pub study: String,
    /// Id and description of what can be done.
    pub options: Vec<(String, String)>,
    pub quotation: String,
    #[serde(with = "serde_helpers::time")]
    pub asked: Timestamp,
    /// Which option was taken, and when.
    pub option: Option<usize>,
    #[serde(with = "serde_helpers::maybe_time")]
    pub chosen: Option<Timestamp>,
    /// Whether the price was accepted, and when.
    pub accepted: Option<bool>,
    #[serde(with = "serde_helpers::maybe_time")]
    pub decided: Option<Timestamp>,
}

fn later(at: Timestamp) -> Timestamp {
    at.checked_add(WORK).unwrap_or(Timestamp::MAX)
}

impl Tasking {
    /// When there is a study.
    pub(crate) fn studied(&self) -> Timestamp {
        later(self.asked)
    }

    /// When there is a quotation, if an option was taken.
    pub(crate) fn quoted(&self) -> Option<Timestamp> {
        self.chosen.map(later)
    }

    /// When the price was accepted.
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
