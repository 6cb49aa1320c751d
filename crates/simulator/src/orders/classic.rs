//! Classic orders of a workspace (`docs/up42-api.md`, 10.1).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::demand::Demand;
use super::order::Order;
use crate::auth::WORKSPACE_ID;
use crate::pagination::{page_json, page_of, sort};
use crate::platform::{Platform, wrong_method};
use crate::products::PRODUCTS;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::store::stamp;

const PAGE: usize = 10;

impl Platform {
    /// Handles requests below `W/orders`.
    pub(crate) fn classic_orders(&self, request: &Request, path: &[&str]) -> Answer {
        match (request.method.as_str(), path) {
            ("POST", []) => {
                let demand = self.classic_demand(request)?;
                self.check_eula(&demand)?;
                let placed = self.offer(&demand, &demand.areas[0]);
                let placed =
                    placed.and_then(|offer| self.create_order(request, &demand, &demand.areas[0], offer));
                Ok(Reply::data(json!({"id": placed.map_err(refused)?})))
            }
            ("POST", ["estimate"]) => {
                let demand = self.classic_demand(request)?;
                let offer = self.offer(&demand, &demand.areas[0]).map_err(refused)?;
                Ok(Reply::data(json!({"credits": offer.credits})))
            }
            ("GET", []) => self.classic_order_list(request),
            ("GET", [id]) => self.classic_order(id, |order, now| order.classic_json(now)),
            ("GET", [id, "metadata"]) => self.classic_order(id, |order, now| {
                json!({
                    "id": order.id,
                    "userId": WORKSPACE_ID,
                    "customerReference": order.name,
                    "sqKmArea": order.square_km,
                    "createdAt": stamp(order.created),
                    "updatedAt": stamp(order.updated(now)),
                })
            }),
            (_, [] | [_] | [_, "metadata"]) => Err(wrong_method(request)),
            _ => Err(Reply::not_found()),
        }
    }

    fn classic_order(&self, id: &str, json: impl FnOnce(&Order, Timestamp) -> Value) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let order = store.orders.iter().find(|order| order.id == id);
        let order = order.ok_or_else(|| Reply::refused(404, 404, format!("Order not found for id {id}")))?;
        Ok(Reply::data(json(order, now)))
    }

    fn classic_order_list(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let mut orders: Vec<Value> =
            self.store().orders.iter().map(|order| order.classic_json(now)).collect();
        sort(&mut orders, request, "Order", &["createdAt", "updatedAt", "status", "dataProvider"])?;
        match request.query("format") {
            Some("paginated") => {
                let (page, size) = page_of(request, PAGE)?;
                Ok(Reply::data(page_json(&orders, page, size)))
            }
            _ => Ok(Reply::data(json!({"orders": orders}))),
        }
    }

    /// Returns the demand of a classic body, whose area and name are among the parameters.
    fn classic_demand(&self, request: &Request) -> Result<Demand, Reply> {
        let body = request.json()?;
        // The oldest API names the provider of the scene in place of a data product.
        let given = if body["params"].is_object() { &body["params"] } else { &body["orderParams"] };
        let mut params = given.as_object().cloned().unwrap_or_default();
        let product = match &body["dataProduct"] {
            Value::Null => self.product_of(params.get("id").and_then(Value::as_str).unwrap_or_default()),
            product => product.clone(),
        };
        let area = ["aoi", "geometry"].into_iter().filter_map(|name| params.shift_remove(name));
        let area = area.reduce(|first, other| if first.is_null() { other } else { first });
        let name = params.get("displayName").filter(|name| name.is_string()).cloned();
        Demand::of(&json!({
            "dataProduct": product,
            "displayName": name.unwrap_or_else(|| "order".into()),
            "params": params,
            "tags": body["tags"],
            "featureCollection": {"features": [{"type": "Feature", "geometry": area}]},
        }))
    }

    /// Returns the first data product of a scene's collection.
    fn product_of(&self, image: &str) -> Value {
        let scene = self.catalog.archive.scene(image);
        let of = |collection: &str| PRODUCTS.iter().find(|product| product.collection == collection);
        scene.and_then(|scene| of(scene.sensor.collection)).map(|product| product.id()).into()
    }
}

fn refused(message: String) -> Reply {
    Reply::json(400, &json!({"code": 400, "message": message, "details": {}}))
}

impl Order {
    fn classic_json(&self, now: Timestamp) -> Value {
        let status = match self.status(now) {
            "CREATED" | "BEING_PLACED" => "PLACED",
            "PLACEMENT_FAILED" | "CANCELED" => "FAILED",
            other => other,
        };
        let by = |kind: &str| json!({"id": WORKSPACE_ID, "type": kind});
        json!({
            "id": self.id,
            "userId": WORKSPACE_ID,
            "workspaceId": WORKSPACE_ID,
            "dataProvider": self.host(),
            "status": status,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated(now)),
            "createdBy": by("USER"),
            "updatedBy": by("INTERNAL"),
            "assets": self.is_stored(now).then(|| crate::deliveries::archive_of(self)).into_iter().collect::<Vec<_>>(),
        })
    }
}
