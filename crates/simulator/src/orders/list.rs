//! List and details of orders (`docs/up42-api.md`, 10.2 c to f).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::order::Order;
use super::tasking::Tasking;
use crate::auth::WORKSPACE_ID;
use crate::catalog::query::strings;
use crate::pagination::{page_json, page_of};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::store::stamp;

const PAGE: usize = 20;

impl Order {
    pub(crate) fn kind(&self) -> &'static str {
        if self.tasking.is_some() { "TASKING" } else { "ARCHIVE" }
    }

    pub(super) fn json(&self, now: Timestamp) -> Value {
        let details = match &self.tasking {
            Some(tasking) => self.tasking_details(tasking, now),
            None => json!({"aoi": self.area, "imageId": self.image}),
        };
        json!({
            "id": self.id,
            "workspaceId": WORKSPACE_ID,
            "accountId": WORKSPACE_ID,
            "displayName": self.name,
            "status": self.status(now),
            "type": self.kind(),
            "dataProductId": self.product,
            "budgetId": self.budget,
            "tags": self.tags,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated(now)),
            "createdBy": WORKSPACE_ID,
            "updatedBy": WORKSPACE_ID,
            "orderDetails": details,
        })
    }

    fn tasking_details(&self, tasking: &Tasking, now: Timestamp) -> Value {
        let mut details = json!({"geometry": self.area, "subStatus": tasking.sub_status(now)});
        for (name, value) in self.params.iter().filter(|(name, _)| *name != "displayName") {
            details[name] = value.clone();
        }
        details
    }

    fn property(&self, name: &str, now: Timestamp) -> Option<String> {
        Some(match name {
            "createdAt" => stamp(self.created),
            "updatedAt" => stamp(self.updated(now)),
            "type" => self.kind().to_owned(),
            "status" => self.status(now).to_owned(),
            _ => return None,
        })
    }
}

/// Returns the values of a filter: repeated keys, or joined by commas.
pub(crate) fn values<'a>(request: &'a Request, name: &'a str) -> Vec<&'a str> {
    let given = request.query.iter().filter(move |(key, _)| key == name);
    given.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
}

impl Platform {
    pub(super) fn list_orders(&self, request: &Request) -> Answer {
        let (page, size) = page_of(request, PAGE)?;
        let (field, direction) =
            request.query("sort").and_then(|sort| sort.split_once(',')).unwrap_or(("createdAt", "desc"));
        if !["createdAt", "updatedAt", "type", "status"].contains(&field) {
            return Err(Reply::problem(400, format!("No property {field} found for type Order")));
        }
        let (now, seen) = (self.clock.now(), self.clock.steady());
        let is_one = |name: &str, is: &dyn Fn(&str) -> bool| {
            let wanted = values(request, name);
            wanted.is_empty() || wanted.into_iter().any(is)
        };
        let fits = |order: &&Order| {
            let sub_status = order.tasking.as_ref().map(|tasking| tasking.sub_status(now));
            order.listed <= seen
                && is_one("workspaceId", &|id| id == WORKSPACE_ID)
                && request.query("displayName").is_none_or(|name| order.name.contains(name))
                && is_one("type", &|kind| order.kind() == kind)
                && is_one("status", &|status| order.status(now) == status)
                && is_one("subStatus", &|status| sub_status == Some(status))
                && is_one("tags", &|tag| order.tags.iter().any(|one| one == tag))
                && is_one("orderIds", &|id| order.id == id)
                && is_one("budgetIds", &|id| order.budget.as_deref() == Some(id))
        };
        let store = self.store();
        let mut orders: Vec<(usize, &Order)> = store.orders.iter().filter(fits).enumerate().collect();
        orders.sort_by_key(|(place, order)| (order.property(field, now), *place));
        if direction.eq_ignore_ascii_case("desc") {
            orders.reverse();
        }
        let orders: Vec<Value> = orders.into_iter().map(|(_, order)| order.json(now)).collect();
        Ok(Reply::json(200, &page_json(&orders, page, size)))
    }

    /// Handles a merge patch of `tags` and `budgetId`.
    pub(super) fn change_order(&self, request: &Request, id: &str) -> Answer {
        if !request.content_type.as_deref().is_some_and(|kind| kind.contains("merge-patch+json")) {
            return Err(Reply::problem(415, "Unsupported Media Type"));
        }
        let body = request.json()?;
        let tags = strings(&body["tags"], "tags").map_err(|message| Reply::problem(400, message))?;
        if let Some(budget) = body["budgetId"].as_str() {
            let now = self.clock.now();
            let known = self.store().check_budget(Some(budget), 0, now);
            known.map_err(|message| Reply::problem(400, message))?;
        }
        self.with_order(id, |order, now| {
            if body.get("tags").is_some() {
                order.tags = tags.unwrap_or_default();
            }
            if let Some(budget) = body.get("budgetId") {
                order.budget = budget.as_str().map(str::to_owned);
            }
            order.updated = now;
            Ok(Reply::json(200, &order.json(now)))
        })
    }

    pub(super) fn cancel_order(&self, id: &str) -> Answer {
        self.with_order(id, |order, now| {
            if !order.is_cancellable(now) {
                let message = format!("Order with status {} cannot be canceled", order.status(now));
                return Err(Reply::problem(409, message));
            }
            order.cancelled = Some(now);
            order.updated = now;
            Ok(Reply::json(200, &json!({"orderId": order.id, "status": "CANCELED"})))
        })
    }
}
