//! Store of the platform: settings, workflows, jobs, orders and credits.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::job::Job;
use super::orders::order::Order;
use super::platform::Config;
use super::processing::job::ProcessingJob;
use super::seeded_rng::SeededRng;
use super::workflows::Workflow;

/// Mutable state of the platform.
#[derive(Debug)]
pub(super) struct Store {
    pub opened: Timestamp,
    pub settings: Vec<Setting>,
    pub workflows: Vec<Workflow>,
    /// Jobs, oldest first.
    pub jobs: Vec<Job>,
    /// Orders, oldest first.
    pub orders: Vec<Order>,
    /// Processing jobs, oldest first.
    pub processing: Vec<ProcessingJob>,
    /// Whether each order requires a budget.
    pub budgets_enforced: bool,
    pub balance: i64,
    /// Credit history, in the order of the entries' creation.
    pub history: Vec<Value>,
    ids: SeededRng,
}

/// Limit of the project.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub id: String,
    pub name: &'static str,
    pub value: i64,
    pub range: (i64, i64),
    pub created: Timestamp,
    pub updated: Timestamp,
}

pub(super) const MAX_CONCURRENT_JOBS: &str = "MAX_CONCURRENT_JOBS";
pub(super) const MAX_AOI_SIZE: &str = "JOB_QUERY_MAX_AOI_SIZE";
pub(super) const MAX_LIMIT: &str = "JOB_QUERY_LIMIT_PARAMETER_MAX_VALUE";

impl Store {
    /// Creates a store with a balance and settings only.
    pub(super) fn open(config: &Config, now: Timestamp) -> Self {
        let mut ids = SeededRng::of(&[config.seed, 1]);
        let jobs = i64::from(config.max_concurrent_jobs).clamp(1, 1000);
        let settings = [
            (MAX_CONCURRENT_JOBS, jobs, (1, 1000)),
            (MAX_AOI_SIZE, 100, (1, 1000)),
            (MAX_LIMIT, 10, (1, 20)),
        ];
        let settings = settings.map(|(name, value, range)| {
            let id = ids.uuid().to_string();
            Setting { id, name, value, range, created: now, updated: now }
        });
        let signup = json!({
            "type": "MANUAL",
            "createdAt": stamp(now),
            "createdBy": {"id": super::auth::WORKSPACE_ID, "type": "INTERNAL"},
            "delta": config.credits,
            "details": {"reason": "opening balance"},
        });
        Self {
            opened: now,
            settings: settings.to_vec(),
            workflows: Vec::new(),
            jobs: Vec::new(),
            orders: Vec::new(),
            processing: Vec::new(),
            budgets_enforced: config.budgets_enforced,
            balance: config.credits,
            history: vec![signup],
            ids,
        }
    }

    /// Lets the store generate other ids than those of other programs with the same store.
    pub(super) fn number_from(&mut self, seed: u64, program: u64) {
        self.ids = SeededRng::of(&[seed, 1, program]);
    }

    pub(super) fn new_id(&mut self) -> String {
        self.ids.uuid().to_string()
    }

    pub(super) fn setting(&self, name: &str) -> i64 {
        self.settings.iter().find(|setting| setting.name == name).map_or(i64::MAX, |setting| setting.value)
    }

    /// Charges all tasks, orders and processing jobs that have succeeded and are not paid.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for job in &mut self.jobs {
            for charge in job.charge(now) {
                self.balance -= charge.credits;
                self.history.push(json!({
                    "type": "JOB_TASK",
                    "createdAt": stamp(charge.at),
                    "createdBy": {"id": super::auth::WORKSPACE_ID, "type": "USER"},
                    "delta": -charge.credits,
                    "details": {"jobId": job.id, "jobName": job.name, "jobTaskId": charge.task},
                }));
            }
        }
        self.settle_orders(now);
        self.settle_processing(now);
    }
}

/// Returns a time with milliseconds.
pub(super) fn stamp(time: Timestamp) -> String {
    format!("{time:.3}")
}
