//! Order and its states (`docs/up42-api.md`, 10).
//!
//! Like those of a job, its times are determined when it is created, and its status follows from
//! the clock. A tasking order waits for the customer's decisions in between.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tasking::Tasking;
use crate::catalog::sensor::by_collection;
use crate::products::{Product, by_id};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub id: String,
    pub name: String,
    pub product: String,
    pub tags: Vec<String>,
    pub budget: Option<String>,
    pub params: Map<String, Value>,
    /// Area as GeoJSON.
    pub area: Value,
    pub square_km: f64,
    /// Id of the scene in the catalog.
    pub image: Option<String>,
    pub credits: i64,
    pub created: Timestamp,
    /// Time from which the list contains it, by the steady clock.
    pub listed: Timestamp,
    pub updated: Timestamp,
    pub times: StatusTimes,
    /// Final status, unless it is cancelled.
    pub ending: String,
    pub cancelled: Option<Timestamp>,
    pub tasking: Option<Tasking>,
    /// Whether its charge is in the store.
    #[serde(skip)]
    pub paid: bool,
    /// The customer's title and tags of each delivered item or file.
    pub labels: BTreeMap<String, (Option<String>, Vec<String>)>,
    /// Whether the delivery was deleted.
    pub deleted: bool,
    /// Id of the order whose image was processed; the id of this one is then that of the processing
    /// job.
    #[serde(default)]
    pub origin: Option<String>,
    /// Source of its id: hash of the order, and number of earlier orders that are equal.
    pub key: u64,
    pub nth: u64,
}

/// Times of the status changes; those of a tasking order count from the acceptance of its
/// quotation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct StatusTimes {
    /// Seconds from the beginning.
    pub being_placed: f64,
    pub placed: f64,
    pub being_fulfilled: f64,
    /// `None` if it never ends.
    pub finished: Option<f64>,
}

impl Order {
    pub(crate) fn product(&self) -> Option<&'static Product> {
        by_id(&self.product)
    }

    /// Returns the host of its collection.
    pub(crate) fn host(&self) -> Option<&'static str> {
        let product = self.product()?;
        let collection = if product.tasking { "phr" } else { product.collection };
        Some(by_collection(collection)?.host)
    }

    /// Returns the id of the order that delivered the image.
    pub(crate) fn order_id(&self) -> &str {
        self.origin.as_ref().unwrap_or(&self.id)
    }

    /// Returns the id of the processing job that created it, if there is one.
    pub(crate) fn job_id(&self) -> Option<&str> {
        self.origin.is_some().then_some(&self.id)
    }

    /// Returns the time at which the platform began to work on it.
    fn begun(&self) -> Option<Timestamp> {
        self.tasking.as_ref().map_or(Some(self.created), Tasking::begun)
    }

    fn at(&self, seconds: f64) -> Option<Timestamp> {
        let wait = Duration::try_from_secs_f64(seconds).ok()?;
        Some(self.begun()?.checked_add(wait).unwrap_or(Timestamp::MAX))
    }

    /// Returns the time at which it ends, if it does.
    pub(crate) fn finished(&self) -> Option<Timestamp> {
        match self.ending.as_str() {
            // Its last step.
            "PLACEMENT_FAILED" => self.at(self.times.placed),
            _ => self.at(self.times.finished?),
        }
    }

    pub(crate) fn status(&self, now: Timestamp) -> &str {
        let past = |seconds| self.at(seconds).is_some_and(|at| at <= now);
        if self.cancelled.is_some() || self.tasking.as_ref().is_some_and(Tasking::is_rejected) {
            "CANCELED"
        } else if self.finished().is_some_and(|at| at <= now) {
            &self.ending
        } else if past(self.times.being_fulfilled) {
            "BEING_FULFILLED"
        } else if past(self.times.placed) {
            "PLACED"
        } else if past(self.times.being_placed) {
            "BEING_PLACED"
        } else {
            "CREATED"
        }
    }

    pub(crate) fn is_cancellable(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "CREATED" | "PLACEMENT_FAILED")
    }

    /// Returns the credits that are held now: from the beginning to the end (0.6).
    pub(crate) fn held(&self, now: Timestamp) -> i64 {
        let is_open = matches!(self.status(now), "CREATED" | "BEING_PLACED" | "PLACED" | "BEING_FULFILLED");
        if is_open && self.begun().is_some() { self.credits } else { 0 }
    }

    /// Returns the time at which its credits were captured, if that is past.
    pub(crate) fn captured(&self, now: Timestamp) -> Option<Timestamp> {
        self.finished().filter(|_| self.status(now) == "FULFILLED")
    }

    /// Returns whether its delivery is in the storage.
    pub(crate) fn is_stored(&self, now: Timestamp) -> bool {
        !self.deleted && self.captured(now).is_some()
    }

    pub(crate) fn updated(&self, now: Timestamp) -> Timestamp {
        let steps = [self.times.being_placed, self.times.placed, self.times.being_fulfilled];
        let passed = steps.iter().filter_map(|seconds| self.at(*seconds)).chain(self.finished());
        let last = passed.filter(|at| *at <= now && self.cancelled.is_none()).max();
        last.map_or(self.updated, |last| last.max(self.updated))
    }
}
