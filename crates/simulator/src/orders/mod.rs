//! Orders: prices, purchases, states and lists (`docs/up42-api.md`, 10).
//!
//! - [`demand`]: demand of a request; [`placing`]: estimates and purchases.
//! - [`order`], [`tasking`]: states of an order; [`decisions`]: decisions of the customer.
//! - [`list`]: current list and details; [`classic`]: classic endpoints.

pub(super) mod classic;
pub(super) mod decisions;
mod demand;
pub(super) mod list;
pub(super) mod order;
mod placing;
pub(super) mod tasking;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::LedgerEntry;
use super::auth::WORKSPACE_ID;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::routes::{Route, get, patch, post};
use super::store::{Store, stamp};
use order::Order;

/// Returns the endpoints of orders.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/orders/schema/{product}", |platform, _, [product]| platform.order_schema(product)),
        post("/v2/orders", |platform, request, []| platform.place_order(request)),
        post("/v2/orders/estimate", |platform, request, []| platform.estimate_order(request)),
        get("/v2/orders", |platform, request, []| platform.list_orders(request)),
        get("/v2/orders/{id}", |platform, _, [id]| {
            platform.with_order(id, |order, now| Ok(Reply::json(200, &order.json(now))))
        }),
        patch("/v2/orders/{id}", |platform, request, [id]| platform.change_order(request, id)),
        post("/v2/orders/{id}/cancellation", |platform, _, [id]| platform.cancel_order(id)),
    ]
}

impl Platform {
    fn with_order(&self, id: &str, answer: impl FnOnce(&mut Order, Timestamp) -> Answer) -> Answer {
        let now = self.clock.now();
        let mut store = self.store();
        let order = store.orders.iter_mut().find(|order| order.id == id);
        answer(order.ok_or_else(|| unknown("Order", id))?, now)
    }

    /// Returns all orders, oldest first.
    pub(super) fn order_ledger(&self) -> Vec<LedgerEntry> {
        let now = self.clock.now();
        let entry = |order: &Order| LedgerEntry {
            id: order.id.clone(),
            name: Some(order.name.clone()),
            inputs: Value::Object(order.params.clone()),
            mode: order.kind().to_owned(),
            status: order.status(now).to_owned(),
            credits: order.captured(now).map_or(0, |_| order.credits),
            foreign: false,
        };
        self.store().orders.iter().map(entry).collect()
    }
}

pub(super) fn unknown(what: &str, id: &str) -> Reply {
    Reply::problem(404, format!("Resource ({what}) not found with Id='{id}'."))
}

impl Store {
    /// Returns the balance without the credits that are held for orders and processing.
    pub(super) fn available(&self, now: Timestamp) -> i64 {
        let orders = self.orders.iter().map(|order| order.held(now)).sum::<i64>();
        self.balance - orders - self.processing.iter().map(|job| job.held(now)).sum::<i64>()
    }

    /// Charges the orders that have been fulfilled and are not paid.
    pub(super) fn settle_orders(&mut self, now: Timestamp) {
        for order in self.orders.iter_mut().filter(|order| !order.paid) {
            let Some(at) = order.captured(now) else { continue };
            order.paid = true;
            self.balance -= order.credits;
            self.history.push(json!({
                "type": if order.tasking.is_some() { "TASKING" } else { "ORDER" },
                "createdAt": stamp(at),
                "createdBy": {"id": WORKSPACE_ID, "type": "USER"},
                "delta": -order.credits,
                "details": {"orderId": order.id, "orderName": order.name},
            }));
        }
    }
}
