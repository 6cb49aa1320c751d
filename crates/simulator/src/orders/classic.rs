//! Classic orders of a workspace (`docs/up42-api.md`, 10.1).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::demand::Demand;
use super::order::Order;
use crate::auth::WORKSPACE_ID;
use crate::pagination::{page_json, page_of, sort};
use crate::platform::Platform;
use crate::products::PRODUCTS;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::routes::{Route, get, post};
use crate::store::stamp;

const PAGE: usize = 10;

/// Returns the endpoints of classic orders.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        post("/workspaces/{workspace}/orders", |platform, request, [_]| {
            platform.place_classic_order(request)
        }),
        post("/workspaces/{workspace}/orders/estimate", |platform, request, [_]| {
            platform.estimate_classic_order(request)
        }),
        get("/workspaces/{workspace}/orders", |platform, request, [_]| platform.list_classic_orders(request)),
        get("/workspaces/{workspace}/orders/{id}", |platform, _, [_, id]| {
            platform.with_classic_order(id, |order, now| order.classic_json(now))
        }),
        get("/workspaces/{workspace}/orders/{id}/metadata", |platform, _, [_, id]| {
            platform.with_classic_order(id, |order, now| order.classic_metadata(now))
        }),
    ]
}

impl Platform {
    fn place_classic_order(&self, request: &Request) -> Answer {
        let demand = self.classic_demand(request)?;
        self.check_eula(&demand)?;
        let placed = self.offer(&demand, &demand.areas[0]);
        let placed = placed.and_then(|offer| self.create_order(request, &demand, &demand.areas[0], offer));
        Ok(Reply::data(json!({"id": placed.map_err(refused)?})))
    }

    fn estimate_classic_order(&self, request: &Request) -> Answer {
        let demand = self.classic_demand(request)?;
        let offer = self.offer(&demand, &demand.areas[0]).map_err(refused)?;
        Ok(Reply::data(json!({"credits": offer.credits})))
    }

    fn with_classic_order(&self, id: &str, json: impl FnOnce(&Order, Timestamp) -> Value) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let order = store.orders.iter().find(|order| order.id == id);
        let order = order.ok_or_else(|| Reply::refused(404, 404, format!("Order not found for id {id}")))?;
        Ok(Reply::data(json(order, now)))
    }

    fn list_classic_orders(&self, request: &Request) -> Answer {
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
    fn classic_metadata(&self, now: Timestamp) -> Value {
        json!({
            "id": self.id,
            "userId": WORKSPACE_ID,
            "customerReference": self.name,
            "sqKmArea": self.square_km,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated(now)),
        })
    }

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
