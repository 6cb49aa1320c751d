//! Classic lists of data products and collections (`docs/up42-api.md`, 9.1 and 9.2).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::sensor::{SENSORS, Sensor, by_collection};
use crate::platform::Platform;
use crate::products::{PRODUCTS, Product, TASKING};
use crate::reply::{Answer, Reply};
use crate::store::stamp;

impl Platform {
    /// Handles `GET /data-products` (9.1).
    pub(super) fn data_products(&self) -> Answer {
        let opened = self.store().opened;
        let product = |product: &Product| product_json(product, opened);
        Ok(Reply::data(PRODUCTS.iter().filter_map(product).collect::<Vec<_>>()))
    }

    /// Handles `GET /collections` (9.2).
    pub(super) fn classic_collections(&self) -> Answer {
        let opened = self.store().opened;
        let archive = SENSORS.iter().map(|sensor| collection_json(sensor.collection, sensor, opened));
        let tasking = by_collection("phr").map(|sensor| collection_json(TASKING, sensor, opened));
        Ok(Reply::data(archive.chain(tasking).collect::<Vec<_>>()))
    }
}

fn product_json(product: &Product, opened: Timestamp) -> Option<Value> {
    let name = product.collection;
    let sensor = by_collection(if product.tasking { "phr" } else { name })?;
    let configuration = json!({
        "id": product.id(),
        "title": product.title,
        "description": product.description,
        "host": company(sensor.host, opened),
        "hostName": sensor.host,
        "configuration": {},
        "isIntegrated": true,
        "createdAt": stamp(opened),
        "updatedAt": stamp(opened),
    });
    Some(json!({
        "id": product.id(),
        "productConfiguration": configuration,
        "productConfigurationId": product.id(),
        "collection": collection_json(name, sensor, opened),
        "collectionName": name,
        "isIntegrated": true,
        "createdAt": stamp(opened),
        "updatedAt": stamp(opened),
    }))
}

fn collection_json(name: &str, sensor: &Sensor, opened: Timestamp) -> Value {
    let (title, kind) = match name {
        TASKING => ("Pléiades, tasking", "TASKING"),
        _ => (sensor.title, "ARCHIVE"),
    };
    json!({
        "name": name,
        "title": title,
        "description": title,
        "type": kind,
        "restricted": false,
        "host": company(sensor.host, opened),
        "hostName": sensor.host,
        "producer": company(sensor.producer, opened),
        "producerName": sensor.producer,
        "isIntegrated": true,
        "createdAt": stamp(opened),
        "updatedAt": stamp(opened),
    })
}

/// Returns a host or a producer as JSON.
fn company(name: &str, opened: Timestamp) -> Value {
    json!({
        "name": name,
        "title": name,
        "description": name,
        "isIntegrated": true,
        "createdAt": stamp(opened),
        "updatedAt": stamp(opened),
    })
}
