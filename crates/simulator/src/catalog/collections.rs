//! Collections and their data products in the current API (`docs/up42-api.md`, 9.4).

use serde_json::{Value, json};

use super::sensor::{Sensor, by_collection};
use crate::pagination::sort;
use crate::platform::Platform;
use crate::products::{PRODUCTS, Product, TASKING};
use crate::reply::{Answer, Reply};
use crate::request::Request;

const PAGE: usize = 10;
/// Properties that the list can be sorted by.
const SORTED_BY: [&str; 4] = ["name", "title", "description", "type"];

impl Platform {
    /// Handles `GET /v2/collections` (9.4) with a Spring page.
    pub(super) fn list_collections(&self, request: &Request) -> Answer {
        let (page, size) =
            (request.number("page")?.unwrap_or(0), request.number("size")?.unwrap_or(PAGE).clamp(1, 100));
        let mut all: Vec<Value> =
            self.collection_names().iter().map(|name| entry(name, by_collection(name))).collect();
        all.push(tasking());
        if request.query("sort").is_some() {
            sort(&mut all, request, "Collection", &SORTED_BY)?;
        }
        let content: Vec<Value> = all.iter().skip(page.saturating_mul(size)).take(size).cloned().collect();
        let pages = all.len().div_ceil(size).max(1);
        Ok(Reply::json(
            200,
            &json!({
                "numberOfElements": content.len(),
                "empty": content.is_empty(),
                "content": content,
                "totalPages": pages,
                "totalElements": all.len(),
                "number": page,
                "size": size,
                "first": page == 0,
                "last": page + 1 >= pages,
            }),
        ))
    }
}

/// Returns the data products of a collection.
fn products_of(collection: &str) -> Vec<Value> {
    PRODUCTS.iter().filter(|product| product.collection == collection).map(Product::json).collect()
}

/// Returns the collection of tasking products.
fn tasking() -> Value {
    let mut json = entry("phr", by_collection("phr"));
    json["name"] = TASKING.into();
    json["title"] = "Pléiades, tasking".into();
    json["description"] = "New images of Pléiades".into();
    json["type"] = "TASKING".into();
    json["integrations"] = json!(["FEASIBILITY_STUDY_REQUIRED", "QUOTATION_REQUIRED"]);
    json["dataProducts"] = products_of(TASKING).into();
    json
}

fn entry(name: &str, sensor: Option<&Sensor>) -> Value {
    let provider =
        |name: &str, role: &str| json!({"name": name, "title": name, "description": name, "roles": [role]});
    let (producer, host) = sensor.map_or(("samples", "samples"), |sensor| (sensor.producer, sensor.host));
    let class = match sensor.map(|sensor| sensor.gsd) {
        Some(gsd) if gsd <= 1.0 => json!("VERY_HIGH"),
        Some(gsd) if gsd <= 5.0 => json!("HIGH"),
        Some(_) => json!("MEDIUM"),
        None => Value::Null,
    };
    let resolution =
        sensor.map_or(Value::Null, |sensor| json!({"minimum": sensor.gsd, "maximum": sensor.gsd}));
    let price = match sensor.map(|sensor| &sensor.schedule) {
        Some(_) => "PRICE_ESTIMATION_AVAILABLE",
        None => "SAMPLE_DATA_AVAILABLE",
    };
    let title = sensor.map_or(name, |sensor| sensor.title);
    json!({
        "name": name,
        "title": title,
        "description": sensor.map_or("Items given to the simulator", |sensor| sensor.title),
        "type": "ARCHIVE",
        "integrations": ["SEARCH_AVAILABLE", "THUMBNAIL_AVAILABLE", "QUICKLOOK_AVAILABLE", price],
        "providers": [provider(producer, "PRODUCER"), provider(host, "HOST")],
        "dataProducts": products_of(name),
        "metadata": {
            "productType": sensor.map(|_| "OPTICAL"),
            "resolutionClass": class,
            "resolutionValue": resolution,
        },
    })
}
