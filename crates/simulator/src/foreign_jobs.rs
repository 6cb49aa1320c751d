//! Jobs and payments of other users in the same project and account.

use jiff::Timestamp;
use serde_json::json;

use super::auth::WORKSPACE_ID;
use super::job::Job;
use super::platform::Platform;
use super::queue;
use super::seeded_rng::SeededRng;
use super::store::{Store, stamp};

impl Platform {
    /// Adds jobs of another user that are created now, whatever the project's limit.
    pub(super) fn add_foreign_jobs(&self, count: usize) {
        let now = self.clock.now();
        let mut store = self.store();
        for _ in 0..count {
            let nth = store.jobs.iter().filter(|job| job.foreign).count() as u64;
            let key = SeededRng::of_text(self.seed, "foreign").next();
            let mut rng = SeededRng::of(&[key, nth]);
            let times = self.times(&mut rng, false);
            let id = rng.uuid().to_string();
            let mut job = Job {
                name: Some(format!("somebody-else-{nth}")),
                workflow_id: rng.uuid().to_string(),
                workflow_name: "somebody else's".into(),
                foreign: true,
                listed: self.listed_from(),
                ..Job::new(id, (key, nth), &times, now)
            };
            job.start_at(queue::start(store.jobs.iter(), job.ready, self.machines));
            store.jobs.push(job);
        }
    }

    /// Adds credits to the account, or removes some if the number is negative.
    pub(super) fn add_credits(&self, credits: i64) {
        let now = self.clock.now();
        self.store().add_credits(credits, now);
    }
}

impl Store {
    /// Adds credits that do not belong to a job.
    pub(super) fn add_credits(&mut self, credits: i64, at: Timestamp) {
        self.balance = self.balance.saturating_add(credits);
        let kind = if credits < 0 { "ORDER" } else { "CREDIT_PURCHASE" };
        self.history.push(json!({
            "type": kind,
            "createdAt": stamp(at),
            "createdBy": {"id": WORKSPACE_ID, "type": "USER"},
            "delta": credits,
            "details": {},
        }));
    }
}
