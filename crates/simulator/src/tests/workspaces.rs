//! Classic endpoints below a workspace, field by field.

use super::*;

impl Client {
    fn workspace(&self, path: &str) -> String {
        let id = self.get("/users/me").json()["data"]["id"].as_str().unwrap().to_owned();
        format!("/workspaces/{id}{path}")
    }

    /// Returns an order of the oldest API, with a provider in place of a data product.
    fn first_order(&self) -> Value {
        let search = json!({"collections": ["phr"], "bbox": AOI, "limit": 1});
        let found = self.post("/v2/catalog/search", &search).json();
        let [west, south, east, north] = AOI;
        let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
        let area = json!({"type": "Polygon", "coordinates": [ring]});
        json!({"dataProviderName": "oneatlas", "orderParams": {"id": found["features"][0]["id"], "aoi": area}})
    }
}

#[test]
fn an_order_of_the_v1_api_is_delivered_to_the_storage() {
    let client = Client::manual();
    let orders = client.workspace("/orders");
    let price = client.post(&format!("{orders}/estimate"), &client.first_order()).json();
    let placed = client.post(&orders, &client.first_order()).json();
    let id = placed["data"]["id"].as_str().unwrap_or_else(|| panic!("{placed}"));
    let order = || client.get(&format!("{orders}/{id}")).json()["data"].clone();
    assert_eq!((order()["status"].clone(), order()["assets"].clone()), (json!("PLACED"), json!([])));
    let before = client.simulator.orders().pop().unwrap();
    assert_eq!((before.mode.as_str(), before.inputs.get("aoi")), ("ARCHIVE", None));
    client.advance(3600);
    let order = order();
    assert_eq!((&order["status"], &order["dataProvider"]), (&json!("FULFILLED"), &json!("oneatlas")));
    let paid = client.simulator.orders().pop().unwrap().credits;
    assert_eq!(price["data"]["credits"].as_i64(), Some(paid));
    let metadata = client.get(&format!("{orders}/{id}/metadata")).json()["data"].clone();
    assert!(metadata["sqKmArea"].as_f64().unwrap() > 1.0, "{metadata}");
    let listed = client.get(&orders).json()["data"]["orders"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]), (1, &order));
    let page = client.get(&format!("{orders}?format=paginated&sort=createdAt,asc")).json();
    assert_eq!(page["data"]["content"][0], order);

    let assets = client.workspace("/assets");
    let asset = order["assets"][0].as_str().unwrap();
    let found = client.get(&format!("{assets}/{asset}")).json()["data"].clone();
    assert_eq!((&found["type"], &found["source"]), (&json!("ARCHIVED"), &json!("ORDER")));
    assert_eq!(client.get(&assets).json()["data"]["content"], json!([found]));
    let url = client.get(&format!("{assets}/{asset}/downloadUrl")).json();
    assert_eq!(client.fetch(url["data"]["url"].as_str().unwrap()).status, 200);
    for path in [format!("{orders}/x"), format!("{assets}/x"), "/workspaces/x/orders".to_owned()] {
        assert_eq!(client.get(&path).status, 404, "{path}");
    }
}

#[test]
fn an_invalid_order_is_refused_with_a_reason() {
    let client = Client::manual();
    let orders = client.workspace("/orders");
    let mut far = client.first_order();
    far["orderParams"]["aoi"]["coordinates"] = json!([[[1, 1], [2, 1], [2, 2], [1, 1]]]);
    for path in [orders.clone(), format!("{orders}/estimate")] {
        let refused = client.post(&path, &far);
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(400)));
    }
    assert!(client.simulator.orders().is_empty());
}

#[test]
fn payment_info_says_whether_credits_were_bought() {
    let client = Client::manual();
    let has_bought =
        || client.get("/accounts/me/paymentInfo").json()["data"]["hasNonSignupAllocation"].clone();
    assert_eq!(has_bought(), json!(false));
    client.simulator.add_credits(100);
    assert_eq!(has_bought(), json!(true));
}

#[test]
fn a_webhook_needs_https_and_known_events() {
    let client = Client::manual();
    let webhooks = client.workspace("/webhooks");
    let mut webhook =
        json!({"name": "a", "url": "https://example.com", "events": ["order.status"], "active": true});
    assert_eq!(client.post(&webhooks, &webhook).json()["data"]["events"], json!(["order.status"]));
    webhook["url"] = "http://example.com".into();
    assert_eq!(client.post(&webhooks, &webhook).status, 400);
    webhook["url"] = "https://example.com".into();
    webhook["events"] = json!(["weather"]);
    assert_eq!(client.post(&webhooks, &webhook).status, 400);
    assert_eq!(client.get(&webhooks).json()["data"].as_array().unwrap().len(), 1);
}
