use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::client::{Client, id::checked};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::parallel::in_parallel;
use up42_view::display::Tone;

/// Licences to ask about at a time.
const CONCURRENT_REQUESTS: usize = 16;

/// Whether the account has accepted the licence (EULA) of what it wants to buy. Licences are
/// accepted on the platform's web page: what they say is not shown here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EulaState {
    /// There is none to accept.
    NotNeeded,
    /// It is accepted.
    Accepted,
    /// It is not accepted: an order would be refused.
    NotAccepted,
    /// The platform does not tell.
    Unknown,
}

impl EulaState {
    /// As tables and frames have it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotNeeded => "not needed",
            Self::Accepted => "accepted",
            Self::NotAccepted => "not accepted",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Accepted => Tone::Ok,
            Self::NotAccepted => Tone::Failed,
            Self::NotNeeded | Self::Unknown => Tone::Neutral,
        }
    }

    /// Of several: the one that keeps most from being bought.
    pub(super) fn worst(states: impl IntoIterator<Item = Self>) -> Self {
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

/// The states of licences by their ids, each asked for once. What the platform does not tell
/// about one is no reason to hide the others; a refused login is.
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
        Err(error) if is_silent(&error) => Ok(EulaState::Unknown),
        Err(error) => Err(error),
    });
    ids.into_iter().zip(states).map(|(id, state)| Ok((id, state?))).collect()
}

/// Whether it is this licence that nothing is told of.
fn is_silent(error: &Error) -> bool {
    let is_forbidden = error.server_error().is_some_and(|said| said.status == 403);
    is_forbidden
        || matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Response | ErrorKind::InvalidInput)
}

/// `docs/up42-api.md`, 13.2.
fn is_accepted(client: &Client, id: &str) -> Result<bool> {
    let ask = || {
        let json = client.get(&format!("/v2/eulas/{}", checked("EULA", id)?))?;
        let accepted = json.get("isAccepted").and_then(Value::as_bool);
        accepted.ok_or_else(|| Error::response("`isAccepted` is missing"))
    };
    ask().with_context(|| format!("EULA `{id}`"))
}
