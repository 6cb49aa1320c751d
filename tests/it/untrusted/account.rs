//! Hostile responses about purchases: collections, orders, the storage.

use serde_json::{Map, Value, json};

use super::platform::item;

/// Placeholder of a licence text, which must never be shown.
pub const EULA: &str = "By accepting this END USER LICENCE AGREEMENT";
const URL: &str = "https://storage.example.com/a.tif?Expires=1&Signature=hunter2";

/// Returns the response, if the request is about purchases.
pub fn answer(method: &str, path: &str, body: &str, texts: &[String]) -> Option<Value> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let list = |one: &dyn Fn(usize, &String) -> Value| -> Vec<Value> {
        texts.iter().enumerate().map(|(index, text)| one(index, text)).collect()
    };
    let page = |content: Vec<Value>| json!({"totalPages": 1, "content": content});
    Some(match (method, parts.as_slice()) {
        ("GET", [.., "openid-connect", "userinfo"]) => json!({"sub": "w-1", "email": texts[3]}),
        ("GET", ["v2", "eulas", _]) => json!({"isAccepted": true, "text": EULA, "url": URL}),
        ("GET", ["orders", "schema", _]) => schema(texts),
        ("GET", ["v2", "budgets", "settings"]) => json!({"enforcementEnabled": true}),
        ("GET", ["v2", "budgets"]) => page(list(&|index, text| {
            json!({"id": format!("b{index}"), "name": text, "status": text, "description": text,
                "spendLimit": index, "consumedCredits": index, "usagePercentage": 12.5})
        })),
        ("POST", ["v2", "orders", "estimate"]) => {
            placed(texts, |index| json!({"credits": index, "unit": texts[1]}))
        }
        ("POST", ["v2", "orders"]) if body.len().is_multiple_of(2) => {
            json!({"results": [{"index": 0, "id": "o1"}]})
        }
        ("POST", ["v2", "orders"]) => {
            json!({"errors": [{"index": 0, "message": texts[body.len() % texts.len()], "details": {"url": URL}}]})
        }
        ("GET", ["v2", "orders"]) => page(list(&order)),
        ("GET", ["v2", "orders", id]) => {
            let index = id.trim_start_matches('o').parse().unwrap_or(0);
            order(index, &texts[index % texts.len()])
        }
        ("GET", ["v2", "coverage", "orders", _]) => {
            json!({"covered": {"percentage": 12}, "remainder": texts[0]})
        }
        ("GET", ["v2", "tasking", "quotation"]) => page(list(
            &|index, text| json!({"id": format!("q{index}"), "orderId": text, "creditsPrice": index, "decision": text}),
        )),
        ("GET", ["v2", "tasking", "feasibility-studies"]) => page(list(&|index, text| {
            json!({"id": format!("s{index}"), "orderId": text, "decision": text, "type": text,
                "options": [{"id": text, "description": text}]})
        })),
        ("GET", ["v2", "assets", "stac"]) => json!({"conformsTo": [], "links": [
            {"rel": "search", "href": "/v2/assets/stac/search", "method": "POST"},
        ]}),
        ("POST", ["v2", "assets", "stac", "search"]) => json!({"features": list(&stored)}),
        ("POST", ["v2", "assets", _, "download-url"]) => json!({"url": URL}),
        _ => return None,
    })
}

/// Accepts every second item of a request.
fn placed(texts: &[String], result: impl Fn(usize) -> Value) -> Value {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for index in 0..100 {
        match index % 2 {
            0 => {
                let mut one = result(index);
                one["index"] = index.into();
                results.push(one);
            }
            _ => errors.push(json!({"index": index, "message": texts[index % texts.len()], "details": URL})),
        }
    }
    json!({"results": results, "errors": errors})
}

fn order(index: usize, text: &String) -> Value {
    json!({"id": format!("o{index}"), "displayName": text, "status": text, "type": text, "tags": [text],
        "dataProductId": text, "budgetId": text, "createdAt": text,
        "orderDetails": {"imageId": text, "subStatus": text}})
}

fn schema(texts: &[String]) -> Value {
    let one = |text: &String| {
        (
            text.clone(),
            json!({"type": "string", "description": text, "title": text, "default": text, "enum": [text, URL]}),
        )
    };
    let mut properties: Map<String, Value> = texts.iter().map(one).collect();
    properties.insert("id".into(), json!({"type": "string"}));
    json!({"properties": properties, "required": ["id"], "additionalProperties": true})
}

fn stored(index: usize, text: &String) -> Value {
    let mut item = item(index, text);
    for name in ["up42-user:title", "up42-order:id", "up42-product:collection_name", "up42-product:modality"]
    {
        item["properties"][name] = text.as_str().into();
    }
    item["properties"]["up42-user:tags"] = json!([text]);
    item["collection"] = format!("c{index}").into();
    item["assets"][text.as_str()] = json!({"href": URL, "title": text, "type": text, "roles": [text]});
    item
}
