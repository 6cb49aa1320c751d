//! Feasibility studies and quotations, on which the customer decides (`docs/up42-api.md`, 11).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::list::values;
use super::order::Order;
use super::tasking::Tasking;
use super::unknown;
use crate::auth::WORKSPACE_ID;
use crate::pagination::{page_json, page_of, sort};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::routes::{Route, get, patch};
use crate::store::stamp;

const PAGE: usize = 20;

/// Returns the endpoints of quotations and feasibility studies.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/v2/tasking/quotation", |platform, request, []| platform.decisions(request, quotation)),
        patch("/v2/tasking/quotation/{id}", |platform, request, [id]| {
            platform.decide_on_quotation(request, id)
        }),
        get("/v2/tasking/feasibility-studies", |platform, request, []| platform.decisions(request, study)),
        patch("/v2/tasking/feasibility-studies/{id}", |platform, request, [id]| {
            platform.decide_on_study(request, id)
        }),
        get("/v2/tasking/feasibility", |platform, request, []| platform.decisions(request, study)),
        patch("/v2/tasking/feasibility/{id}", |platform, request, [id]| {
            platform.decide_on_study(request, id)
        }),
    ]
}

impl Platform {
    fn decisions(&self, request: &Request, read: fn(&Order, &Tasking, Timestamp) -> Option<Value>) -> Answer {
        let (page, size) = page_of(request, PAGE)?;
        let now = self.clock.now();
        let store = self.store();
        let of = |order: &Order| read(order, order.tasking.as_ref()?, now);
        let mut found: Vec<Value> = store.orders.iter().filter_map(of).collect();
        for name in ["id", "orderId", "workspaceId", "decision"] {
            let wanted = values(request, name);
            found.retain(|one| wanted.is_empty() || wanted.iter().any(|value| one[name] == **value));
        }
        sort(&mut found, request, "Decision", &["createdAt", "updatedAt", "decisionAt", "creditsPrice"])?;
        Ok(Reply::json(200, &page_json(&found, page, size)))
    }

    fn decide_on_quotation(&self, request: &Request, id: &str) -> Answer {
        let body = request.json()?;
        let accepted = match body["decision"].as_str() {
            Some("ACCEPTED") => true,
            Some("REJECTED") => false,
            _ => return Err(Reply::problem(400, "decision must be ACCEPTED or REJECTED")),
        };
        let now = self.clock.now();
        let mut store = self.store();
        let available = store.available(now);
        let is_it = |order: &&mut Order| {
            order
                .tasking
                .as_ref()
                .is_some_and(|one| one.quotation == id && one.quoted().is_some_and(|at| at <= now))
        };
        let order = store.orders.iter_mut().find(is_it).ok_or_else(|| unknown("Quotation", id))?;
        let credits = order.credits;
        let Some(tasking) = &mut order.tasking else { return Err(unknown("Quotation", id)) };
        if tasking.accepted.is_some() {
            return Err(Reply::problem(405, "Resource (Quotation) is write-protected."));
        }
        if accepted && available < credits {
            return Err(Reply::problem(403, "Insufficient credits to accept quotation"));
        }
        (tasking.accepted, tasking.decided, order.updated) = (Some(accepted), Some(now), now);
        let quoted = order.tasking.as_ref().and_then(|tasking| quotation(order, tasking, now));
        Ok(Reply::json(200, &quoted.unwrap_or_default()))
    }

    fn decide_on_study(&self, request: &Request, id: &str) -> Answer {
        let body = request.json()?;
        let now = self.clock.now();
        let mut store = self.store();
        let is_it = |order: &&mut Order| {
            order.tasking.as_ref().is_some_and(|one| one.study == id && one.studied() <= now)
        };
        let order = store.orders.iter_mut().find(is_it).ok_or_else(|| unknown("FeasibilityStudy", id))?;
        let Some(tasking) = &mut order.tasking else { return Err(unknown("FeasibilityStudy", id)) };
        if tasking.option.is_some() {
            return Err(Reply::problem(405, "Resource (FeasibilityStudy) is write-protected."));
        }
        let chosen = tasking.options.iter().position(|(id, _)| body["acceptedOptionId"] == **id);
        let chosen =
            chosen.ok_or_else(|| Reply::problem(400, "acceptedOptionId is not an option of this study"))?;
        (tasking.option, tasking.chosen, order.updated) = (Some(chosen), Some(now), now);
        let found = order.tasking.as_ref().and_then(|tasking| study(order, tasking, now));
        Ok(Reply::json(200, &found.unwrap_or_default()))
    }
}

fn quotation(order: &Order, tasking: &Tasking, now: Timestamp) -> Option<Value> {
    let at = tasking.quoted().filter(|at| *at <= now)?;
    let decision = match tasking.accepted {
        None => "NOT_DECIDED",
        Some(true) => "ACCEPTED",
        Some(false) => "REJECTED",
    };
    Some(json!({
        "id": tasking.quotation,
        "createdAt": stamp(at),
        "updatedAt": stamp(tasking.decided.unwrap_or(at)),
        "accountId": WORKSPACE_ID,
        "workspaceId": WORKSPACE_ID,
        "orderId": order.id,
        "creditsPrice": order.credits,
        "decision": decision,
        "decisionById": tasking.decided.map(|_| WORKSPACE_ID),
        "decisionByType": tasking.decided.map(|_| "USER"),
        "decisionAt": tasking.decided.map(stamp),
    }))
}

fn study(order: &Order, tasking: &Tasking, now: Timestamp) -> Option<Value> {
    let at = Some(tasking.studied()).filter(|at| *at <= now)?;
    let option = |(id, description): &(String, String)| json!({"id": id, "createdAt": stamp(at), "updatedAt": stamp(at), "studyId": tasking.study, "description": description});
    let chosen = tasking.option.and_then(|place| tasking.options.get(place));
    Some(json!({
        "id": tasking.study,
        "createdAt": stamp(at),
        "updatedAt": stamp(tasking.chosen.unwrap_or(at)),
        "accountId": WORKSPACE_ID,
        "workspaceId": WORKSPACE_ID,
        "orderId": order.id,
        "type": "MANUAL",
        "decision": if chosen.is_some() { "ACCEPTED" } else { "NOT_DECIDED" },
        "decisionAt": tasking.chosen.map(stamp),
        "options": tasking.options.iter().map(option).collect::<Vec<_>>(),
        "decisionOption": chosen.map(|(id, description)| json!({"id": id, "description": description})),
    }))
}
