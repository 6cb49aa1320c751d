//! Orders, budgets, tasking and the storage over HTTP, field by field.

use super::*;
use crate::products::{PRODUCTS, Product};

fn product(collection: &str, name: &str) -> &'static Product {
    PRODUCTS.iter().find(|one| (one.collection, one.name) == (collection, name)).unwrap()
}

fn square([west, south, east, north]: [f64; 4]) -> Value {
    let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
    json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
}

impl Client {
    /// Returns the id of a scene in the catalog that intersects the area.
    fn scene(&self, collection: &str) -> String {
        let body = json!({"collections": [collection], "bbox": AOI, "limit": 1});
        self.post("/v2/catalog/search", &body).json()["features"][0]["id"].as_str().unwrap().to_owned()
    }

    fn order_body(&self, features: &[[f64; 4]]) -> Value {
        json!({
            "dataProduct": product("phr", "analytic").id(),
            "displayName": "Dakar",
            "params": {"id": self.scene("phr")},
            "featureCollection": {"type": "FeatureCollection", "features": features.iter().map(|one| square(*one)).collect::<Vec<_>>()},
            "tags": ["a"],
        })
    }

    fn place(&self) -> String {
        let placed = self.post("/v2/orders", &self.order_body(&[AOI])).json();
        placed["results"][0]["id"].as_str().unwrap_or_else(|| panic!("{placed}")).to_owned()
    }
}

/// Areas outside the scene, and one that is too large.
const FAR: [f64; 4] = [10.0, 50.0, 10.1, 50.1];
const LARGE: [f64; 4] = [-18.0, 14.0, -17.0, 15.0];

#[test]
fn every_feature_is_answered_by_its_index() {
    let client = Client::manual();
    for path in ["/v2/orders/estimate", "/v2/orders"] {
        let answer = client.post(path, &client.order_body(&[FAR, AOI, LARGE]));
        assert_eq!(answer.status, 200);
        let answer = answer.json();
        assert_eq!(
            (&answer["results"][0]["index"], answer["results"].as_array().unwrap().len()),
            (&json!(1), 1)
        );
        let errors: Vec<_> =
            answer["errors"].as_array().unwrap().iter().map(|one| one["index"].as_u64().unwrap()).collect();
        assert_eq!(errors, [0, 2]);
        assert!(answer["errors"][0]["message"].as_str().unwrap().starts_with("the area does not intersect"));
        if path.ends_with("estimate") {
            assert_eq!(answer["summary"]["totalCredits"], answer["results"][0]["credits"]);
            assert_eq!(
                (&answer["summary"]["unit"], &answer["results"][0]["unit"]),
                (&json!("SQ_KM"), &json!("SQ_KM"))
            );
        }
    }
    assert_eq!(client.simulator.orders().len(), 1);
}

#[test]
fn an_invalid_order_is_refused_as_a_whole() {
    let client = Client::manual();
    let refusal = |change: &dyn Fn(&mut Value)| {
        let mut body = client.order_body(&[AOI]);
        change(&mut body);
        let answer = client.post("/v2/orders", &body);
        let json = answer.json();
        (answer.status, json["schema-error"].as_str().or(json["title"].as_str()).unwrap().to_owned())
    };
    let is = |status: u16, words: &str, change: &dyn Fn(&mut Value)| {
        let (code, message) = refusal(change);
        assert!(code == status && message.contains(words), "{code}: {message}");
    };
    is(404, "Resource (DataProduct) not found", &|body| body["dataProduct"] = "none".into());
    is(400, "of 1 to 200 characters", &|body| body["displayName"] = "".into());
    is(400, "of 1 to 200 characters", &|body| body["displayName"] = "x".repeat(201).into());
    is(400, "less than or equal to 30 items", &|body| body["tags"] = vec!["x"; 31].into());
    is(400, "must contain ['id'] properties", &|body| body["params"] = json!({}));
    is(400, "must not contain {'odd'} properties", &|body| body["params"]["odd"] = 1.into());
    is(400, "pixelCoding must be one of", &|body| body["params"]["pixelCoding"] = "9bits".into());
    is(400, "must have features", &|body| body["featureCollection"]["features"] = json!([]));
    is(403, "EULA not accepted", &|body| {
        body["dataProduct"] = product("pneo", "display").id().into();
        body["params"]["id"] = client.scene("pneo").into();
    });
    assert!(client.simulator.orders().is_empty());
}

#[test]
fn credits_are_reserved_then_charged_as_the_order_proceeds() {
    let client = Client::manual();
    let before = client.balance();
    let id = client.place();
    let held = before - client.balance();
    let path = format!("/v2/orders/{id}");
    let mut seen = vec![client.get(&path).json()["status"].as_str().unwrap().to_owned()];
    for _ in 0..400 {
        client.advance(1);
        let status = client.get(&path).json()["status"].as_str().unwrap().to_owned();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    assert_eq!(seen, ["CREATED", "BEING_PLACED", "PLACED", "BEING_FULFILLED", "FULFILLED"]);
    assert!(held > 0 && before - client.balance() == held);
    let order = client.get(&path).json();
    assert_eq!(
        (&order["type"], &order["displayName"], &order["tags"]),
        (&json!("ARCHIVE"), &json!("Dakar"), &json!(["a"]))
    );
    assert_eq!(order["orderDetails"]["aoi"]["type"], "Polygon");
    let history = client.get("/accounts/me/credits/history").json();
    let last = &history["data"]["content"][0];
    assert_eq!(
        (&last["type"], last["delta"].as_i64(), &last["details"]["orderId"]),
        (&json!("ORDER"), Some(-held), &json!(id))
    );
    assert_eq!(client.post(&format!("{path}/cancellation"), &json!({})).status, 409);
    let list = client.get("/v2/orders?status=FULFILLED&status=CREATED&tags=a&size=1").json();
    assert_eq!((&list["totalElements"], &list["content"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(client.get("/v2/orders?orderIds=x,y").json()["totalElements"], 0);
    assert_eq!(client.get("/v2/orders?sort=name,asc").status, 400);
}

#[test]
fn an_order_is_changed_by_a_merge_patch_alone() {
    let client = Client::manual();
    let path = format!("/v2/orders/{}", client.place());
    let patch = |kind: &str, body: Value| {
        let request = client.request("PATCH", &path).header("content-type", kind).body(body.to_string());
        client.send(request).unwrap()
    };
    assert_eq!(patch("application/json", json!({"tags": []})).status, 415);
    let budget = client.get("/v2/budgets").json()["content"][0]["id"].clone();
    let kind = "application/merge-patch+json";
    assert_eq!(patch(kind, json!({"budgetId": budget})).json()["budgetId"], budget);
    assert_eq!(
        patch(kind, json!({"tags": ["b"]})).json()["budgetId"],
        budget,
        "omitted members are unchanged"
    );
    assert_eq!(patch(kind, json!({"budgetId": null})).json()["budgetId"], Value::Null);
    assert_eq!(patch(kind, json!({"budgetId": "none"})).status, 400);
    let cancelled = client.post(&format!("{path}/cancellation"), &json!({})).json();
    assert_eq!(cancelled["status"], "CANCELED");
}

#[test]
fn budgets_have_consumed_and_reserved_credits() {
    let simulator = Simulator::builder().clock(Clock::manual()).budgets_enforced().start().unwrap();
    let client = Client::of(simulator);
    assert_eq!(client.get("/v2/budgets/settings").json(), json!({"enforcementEnabled": true}));
    let refused = client.post("/v2/orders", &client.order_body(&[AOI])).json();
    assert!(
        refused["errors"][0]["message"].as_str().unwrap().starts_with("A budget is required"),
        "{refused}"
    );
    let list = client.get("/v2/budgets?status=INACTIVE&includeUsage=true").json();
    assert_eq!((&list["totalElements"], &list["content"][0]["consumedCredits"]), (&json!(1), &json!(0)));
    let mut body = client.order_body(&[AOI]);
    body["budgetId"] = list["content"][0]["id"].clone();
    let refused = client.post("/v2/orders", &body).json();
    assert_eq!(refused["errors"][0]["message"], "Budget 'Last year' is not active");
    let active = client.get("/v2/budgets?status=ACTIVE").json()["content"][0].clone();
    assert_eq!(active.get("consumedCredits"), None, "not asked for");
    body["budgetId"] = active["id"].clone();
    client.post("/v2/orders", &body);
    let usage = client.get(&format!("/v2/budgets/{}/usage", active["id"].as_str().unwrap())).json();
    assert!(usage["consumedCredits"].as_i64().unwrap() > 0);
}

#[test]
fn the_storage_is_a_stac_api_with_files_behind_signed_urls() {
    let client = Client::manual();
    let id = client.place();
    let search = json!({"filter": {"op": "=", "args": [{"property": "up42-order:id"}, id]}, "limit": 1});
    assert!(client.post("/v2/assets/stac/search", &search).json()["features"].as_array().unwrap().is_empty());
    client.advance(600);
    let page = client.post("/v2/assets/stac/search", &search).json();
    let next = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").unwrap();
    assert_eq!(
        (&next["method"], &next["body"]["filter"]),
        (&json!("POST"), &search["filter"]),
        "all members are repeated"
    );
    let second = client.post("/v2/assets/stac/search", &next["body"]).json();
    let item = &page["features"][0];
    assert_ne!(item["id"], second["features"][0]["id"]);
    assert_eq!(item["collection"], second["features"][0]["collection"]);
    let href = item["assets"]["thumbnail"]["href"].as_str().unwrap();
    assert!(client.get(href).body.starts_with(&[0xff, 0xd8]));
    let url =
        client.post(&format!("{href}/download-url"), &json!({})).json()["url"].as_str().unwrap().to_owned();
    assert_eq!(client.fetch(&url).status, 200);
    client.advance(301);
    assert_eq!(client.fetch(&url).status, 403, "it has ended");
    let archives = client.get(&format!("/v2/assets?search={id}")).json();
    assert_eq!((&archives["totalElements"], &archives["content"][0]["order"]["id"]), (&json!(1), &json!(id)));
    let collection = format!("/v2/assets/stac/collections/{}", item["collection"].as_str().unwrap());
    assert_eq!(client.get(&collection).json()["up42-order:id"], json!(id));
    assert_eq!(client.get(&format!("{collection}/items")).json()["features"].as_array().unwrap().len(), 2);
    assert_eq!(client.send(client.request("DELETE", &collection)).unwrap().status, 204);
    assert_eq!(client.get(&collection).status, 404);
}

#[test]
fn a_tasking_order_needs_its_name_among_the_parameters() {
    let client = Client::manual();
    let mut body = client.order_body(&[AOI]);
    body["dataProduct"] = product("phr-tasking", "standard").id().into();
    body["params"] =
        json!({"acquisitionStart": "2026-12-01T00:00:00Z", "acquisitionEnd": "2026-12-31T00:00:00Z"});
    let refused = client.post("/v2/orders", &body);
    assert_eq!(refused.status, 400);
    let message = refused.json()["schema-error"].to_string();
    assert!(message.contains("data.params must contain ['displayName'] properties"), "{message}");
    body["params"]["displayName"] = "Dakar".into();
    let placed = client.post("/v2/orders", &body).json();
    let order = client.get(&format!("/v2/orders/{}", placed["results"][0]["id"].as_str().unwrap())).json();
    assert_eq!((&order["displayName"], order["orderDetails"].get("displayName")), (&json!("Dakar"), None));
}
