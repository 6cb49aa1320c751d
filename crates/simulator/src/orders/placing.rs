//! Estimates and purchases of orders (`docs/up42-api.md`, 10.2 a and b).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::demand::{Demand, Offer};
use super::order::{Order, StatusTimes};
use super::tasking::Tasking;
use crate::auth::WORKSPACE_ID;
use crate::eulas;
use crate::fault::{FaultKind, FaultPoint};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::seeded_rng::SeededRng;

impl Platform {
    /// Handles a request for an estimate (10.2 b).
    pub(super) fn estimate_order(&self, request: &Request) -> Answer {
        let demand = Demand::of(&request.json()?)?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        let (mut credits, mut size) = (0, 0.0);
        for (index, area) in demand.areas.iter().enumerate() {
            match self.offer(&demand, area) {
                Ok(offer) => {
                    credits += offer.credits;
                    size += offer.square_km;
                    results.push(json!({"index": index, "credits": offer.credits, "size": offer.square_km, "unit": "SQ_KM"}));
                }
                Err(message) => errors.push(failure(index, &message)),
            }
        }
        let summary = json!({"totalCredits": credits, "totalSize": size, "unit": "SQ_KM"});
        Ok(Reply::json(200, &json!({"summary": summary, "results": results, "errors": errors})))
    }

    /// Handles a purchase (10.2 a): each feature is ordered or refused separately.
    pub(super) fn place_order(&self, request: &Request) -> Answer {
        let demand = Demand::of(&request.json()?)?;
        if request.query("workspaceId").is_some_and(|id| id != WORKSPACE_ID) {
            return Err(Reply::problem(403, "Forbidden"));
        }
        self.check_eula(&demand)?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for (index, area) in demand.areas.iter().enumerate() {
            let placed =
                self.offer(&demand, area).and_then(|offer| self.create_order(request, &demand, area, offer));
            match placed {
                Ok(id) => results.push(json!({"index": index, "id": id})),
                Err(message) => errors.push(failure(index, &message)),
            }
        }
        Ok(Reply::json(200, &json!({"results": results, "errors": errors})))
    }

    /// Fails if the account has not accepted the product's licence.
    pub(super) fn check_eula(&self, demand: &Demand) -> Result<(), Reply> {
        let id = demand.product.eula.map(eulas::id_of);
        match id.filter(|id| self.eulas.is_accepted(id) != Some(true)) {
            Some(id) => Err(Reply::problem(403, format!("EULA not accepted: {id}"))),
            None => Ok(()),
        }
    }

    pub(super) fn create_order(
        &self,
        request: &Request,
        demand: &Demand,
        area: &Value,
        offer: Offer,
    ) -> Result<String, String> {
        let text = json!([demand.product.id(), demand.params, area]).to_string();
        let key = SeededRng::of_text(self.seed, &text).next();
        let mut rng = SeededRng::of(&[key]);
        let times = self.times(&mut rng, false);
        let times = StatusTimes {
            being_placed: times.waits,
            placed: times.waits + times.queues,
            being_fulfilled: times.waits + times.queues + times.runs * 0.2,
            finished: Some(times.waits + times.queues + times.runs),
        };
        let now = self.clock.now();
        let mut store = self.store();
        // No credits are held before there is a price.
        if !demand.product.tasking && store.available(now) < offer.credits {
            return Err("Insufficient credits to place order".into());
        }
        let price = if demand.product.tasking { 0 } else { offer.credits };
        store.check_budget(demand.budget.as_deref(), price, now)?;
        let nth = store.orders.iter().filter(|order| order.key == key).count() as u64;
        let mut ids = SeededRng::of(&[key, nth, 3]);
        let mut new_id = || ids.uuid().to_string();
        let mut order = Order {
            id: new_id(),
            name: demand.name.clone(),
            product: demand.product.id(),
            tags: demand.tags.clone(),
            budget: demand.budget.clone(),
            params: demand.params.clone(),
            area: area.clone(),
            square_km: offer.square_km,
            image: demand.image.clone(),
            credits: offer.credits,
            created: now,
            listed: self.listed_from(),
            updated: now,
            times,
            ending: "FULFILLED".into(),
            cancelled: None,
            tasking: demand.product.tasking.then(|| Tasking {
                study: new_id(),
                options: vec![
                    (new_id(), "One image within the dates, at the asked angle".into()),
                    (new_id(), "Two tries, at up to 10 degrees more".into()),
                ],
                quotation: new_id(),
                asked: now,
                option: None,
                chosen: None,
                accepted: None,
                decided: None,
            }),
            paid: false,
            labels: BTreeMap::new(),
            deleted: false,
            origin: None,
            key,
            nth,
        };
        match self.faults.take(request, FaultPoint::Job) {
            Some(FaultKind::FailingJob(ending)) => order.ending = ending,
            Some(FaultKind::HangingJob) => order.times.finished = None,
            _ => self.draw_order_failure(&mut order),
        }
        let id = order.id.clone();
        store.orders.push(order);
        Ok(id)
    }

    /// Lets the configured shares of orders fail or hang, as those of jobs.
    fn draw_order_failure(&self, order: &mut Order) {
        let drawn = SeededRng::of(&[self.seed, order.key, order.nth, 7]).unit();
        if drawn < self.failing {
            order.ending = "FAILED_PERMANENTLY".into();
        } else if drawn < self.failing + self.hanging {
            order.times.finished = None;
        }
    }
}

fn failure(index: usize, message: &str) -> Value {
    json!({"index": index, "message": message, "details": message})
}
