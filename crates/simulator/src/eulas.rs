//! Licences that have to be accepted before something is bought (`docs/up42-api.md`, 13.2).

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use serde_json::json;

use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::seeded_rng::SeededRng;

/// Name, and whether the account has accepted it from the beginning.
const EULAS: [(&str, bool); 3] = [("oneatlas", true), ("pneo", false), ("tasking", true)];

/// Those that were accepted since.
pub(super) struct Eulas(Mutex<HashSet<String>>);

/// The id of a licence. It follows from its name alone.
pub(super) fn id_of(name: &str) -> String {
    SeededRng::of_text(0, &format!("eula {name}")).uuid().to_string()
}

impl Eulas {
    /// None but those that are accepted from the beginning, or all.
    pub(super) fn new(all_accepted: bool) -> Self {
        let accepted = EULAS.iter().filter(|_| all_accepted).map(|(name, _)| id_of(name));
        Self(Mutex::new(accepted.collect()))
    }

    /// Whether it is accepted; `None` when there is none of this id.
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
    /// 13.2
    pub(super) fn eula(&self, id: &str) -> Answer {
        let accepted = self.eulas.is_accepted(id);
        let accepted = accepted
            .ok_or_else(|| Reply::problem(404, format!("Resource (Eula) not found with Id='{id}'.")))?;
        Ok(Reply::json(200, &json!({"id": id, "isAccepted": accepted})))
    }
}
