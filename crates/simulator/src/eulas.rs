//! Licences that must be accepted before a purchase (`docs/up42-api.md`, 13.2).

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use serde_json::json;

use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::seeded_rng::SeededRng;

/// Name, and whether the licence is accepted from the beginning.
const EULAS: [(&str, bool); 3] = [("oneatlas", true), ("pneo", false), ("tasking", true)];

/// Ids of the licences that were accepted later.
pub(super) struct Eulas(Mutex<HashSet<String>>);

/// Returns the id of a licence, which depends on its name alone.
pub(super) fn id_of(name: &str) -> String {
    SeededRng::of_text(0, &format!("eula {name}")).uuid().to_string()
}

impl Eulas {
    /// Creates a state in which all licences are accepted, or only those of the beginning.
    pub(super) fn new(all_accepted: bool) -> Self {
        let accepted = EULAS.iter().filter(|_| all_accepted).map(|(name, _)| id_of(name));
        Self(Mutex::new(accepted.collect()))
    }

    /// Returns whether a licence is accepted; `None` if there is no such licence.
    pub(super) fn is_accepted(&self, id: &str) -> Option<bool> {
        let (_, from_the_beginning) = EULAS.iter().find(|(name, _)| id_of(name) == id)?;
        Some(*from_the_beginning || self.accepted().contains(id))
    }

    pub(super) fn accept(&self, id: &str) {
        self.accepted().insert(id.to_owned());
    }

    fn accepted(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Platform {
    /// Handles `GET /v2/eulas/{id}` (13.2).
    pub(super) fn eula(&self, id: &str) -> Answer {
        let accepted = self.eulas.is_accepted(id);
        let accepted = accepted
            .ok_or_else(|| Reply::problem(404, format!("Resource (Eula) not found with Id='{id}'.")))?;
        Ok(Reply::json(200, &json!({"id": id, "isAccepted": accepted})))
    }
}
