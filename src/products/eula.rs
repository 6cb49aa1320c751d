use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::client::{Client, id::checked};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::parallel::in_parallel;
use up42_view::elements::StatusKind;

/// Largest number of simultaneous requests for licences.
const CONCURRENT_REQUESTS: usize = 16;

/// State of the licence (EULA) of a product or process. Licences are read and accepted on the
/// platform's web page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EulaState {
    /// No licence is needed.
    NotNeeded,
    /// Accepted.
    Accepted,
    /// Not accepted: orders are rejected.
    NotAccepted,
    /// Not stated by the platform.
    Unknown,
}

impl EulaState {
    /// Returns the word for tables and DataFrames.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotNeeded => "not needed",
            Self::Accepted => "accepted",
            Self::NotAccepted => "not accepted",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn status_kind(self) -> StatusKind {
        match self {
            Self::Accepted => StatusKind::Ok,
            Self::NotAccepted => StatusKind::Failed,
            Self::NotNeeded | Self::Unknown => StatusKind::Neutral,
        }
    }

    /// Returns the state of several licences that is the greatest obstacle to an order.
    pub(super) fn most_restrictive(states: impl IntoIterator<Item = Self>) -> Self {
        let rank = |state: &Self| match state {
            Self::NotNeeded => 0,
            Self::Accepted => 1,
            Self::Unknown => 2,
            Self::NotAccepted => 3,
        };
        states.into_iter().max_by_key(rank).unwrap_or(Self::NotNeeded)
    }
}

impl fmt::Display for EulaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Requests the states of licences by their ids, each id once. A licence whose state the platform
/// does not state is `Unknown`; a rejected login is an error.
pub(crate) fn states(
    client: &Client,
    ids: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, EulaState>> {
    let mut ids: Vec<String> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let states = in_parallel(&ids, CONCURRENT_REQUESTS, |id| match is_accepted(client, id) {
        Ok(true) => Ok(EulaState::Accepted),
        Ok(false) => Ok(EulaState::NotAccepted),
        Err(error) if is_state_unknown(&error) => Ok(EulaState::Unknown),
        Err(error) => Err(error),
    });
    ids.into_iter().zip(states).map(|(id, state)| Ok((id, state?))).collect()
}

/// Returns whether the error concerns only this licence.
fn is_state_unknown(error: &Error) -> bool {
    let is_forbidden = error.server_error().is_some_and(|server_error| server_error.status == 403);
    is_forbidden
        || matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Response | ErrorKind::InvalidInput)
}

/// Requests whether the licence is accepted (`docs/up42-api.md`, 13.2).
fn is_accepted(client: &Client, id: &str) -> Result<bool> {
    let read = || {
        let json = client.get(&format!("/v2/eulas/{}", checked("EULA", id)?))?;
        let accepted = json.get("isAccepted").and_then(Value::as_bool);
        accepted.ok_or_else(|| Error::response("`isAccepted` is missing"))
    };
    read().with_context(|| format!("EULA `{id}`"))
}
