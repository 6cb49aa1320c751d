//! Classic search over blocks and hosts, and its quicklooks (`docs/up42-api.md`, 8).

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::filter::Filter;
use super::query::{Query, known};
use super::search::Row;
use super::sensor::{SENSORS, Sensor};
use super::stac::{row_of, token_for};
use crate::blocks::{self, Kind};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;

const LARGEST_PAGE: usize = 500;
/// Size of the second and later pages of a host, whatever the size of the first.
const HOST_PAGE: usize = 50;

/// Returns the data blocks that deliver a sensor's scenes.
pub(super) fn block_names(sensor: &Sensor) -> Vec<&'static str> {
    let blocks = blocks::all()
        .iter()
        .filter(|block| matches!(block.kind, Kind::Data { collection } if collection == sensor.collection));
    blocks.map(|block| block.name).collect()
}

impl Platform {
    /// Handles a search without a host (8.1) or of one host (8.3, 8.4).
    pub(super) fn classic_search(&self, request: &Request, host: Option<&str>) -> Answer {
        let body = request.json()?;
        let refused = |message: String| match host {
            Some(_) => Reply::json(
                422,
                &json!({"data": {}, "error": {"code": 422, "message": message, "details": null}}),
            ),
            None => Reply::refused(400, "INVALID_ARGUMENT", message),
        };
        // The search of a host has fewer conditions and no sorting (8.3, 8.4).
        let (fields, conditions): (&[&str], &[&str]) = match host {
            Some(_) => (
                &["bbox", "intersects", "datetime", "limit", "query", "collections"],
                &["cloudCoverage", "up42:usageType"],
            ),
            None => (
                &["bbox", "intersects", "datetime", "limit", "query", "collections", "sortby"],
                &["dataBlock", "cloudCoverage", "resolution", "up42:usageType", "deliveryTime"],
            ),
        };
        known(&body, fields).and_then(|()| known(&body["query"], conditions)).map_err(refused)?;
        let mut query = Query::from_body(&body).map_err(refused)?.into_bbox();
        match host {
            Some(host) => {
                query.collections =
                    Some(collections_of_host(host, query.collections.take()).map_err(refused)?)
            }
            None => {
                if let Some(blocks) = operand(&body["query"]["dataBlock"], "in") {
                    query.collections = Some(collections_of_blocks(blocks)?);
                }
            }
        }
        query.filters.extend(filter_of(&body["query"]).map_err(refused)?);
        for (field, _) in &mut query.sort {
            *field = stac_name(field).to_string();
        }
        let limit = match &body["limit"] {
            Value::Null => HOST_PAGE,
            limit => match limit.as_u64().map(|limit| limit as usize) {
                Some(limit @ 1..=LARGEST_PAGE) => limit,
                _ => return Err(refused(format!("limit must be between 1 and {LARGEST_PAGE}, got {limit}"))),
            },
        };
        let (start, size) = match request.query("next") {
            Some(token) => {
                let start = row_of(token).ok_or_else(|| refused("next is invalid".into()))?;
                (start, if host.is_some() { HOST_PAGE } else { limit })
            }
            None => (0, limit),
        };
        let rows = self.catalog.find(&query);
        let start = start.min(rows.len());
        let end = (start + size).min(rows.len());
        let features: Vec<Value> = rows[start..end].iter().map(|row| self.classic_feature(row)).collect();
        let href = format!("{}{}", self.api_url, request.path);
        let mut links = vec![json!({"rel": "self", "href": href})];
        if end < rows.len() {
            let query = Serializer::new(String::new()).append_pair("next", &token_for(end)).finish();
            links.push(json!({"rel": "next", "href": format!("{href}?{query}")}));
        }
        Ok(Reply::json(200, &json!({"type": "FeatureCollection", "features": features, "links": links})))
    }

    fn classic_feature(&self, row: &Row) -> Value {
        match row {
            Row::Drawn(scene) => scene.feature(),
            Row::Given(nth) => {
                let given = &self.catalog.given.items[*nth];
                let property = |name: &str| given.property(name);
                json!({
                    "type": "Feature",
                    "id": given.id,
                    "bbox": given.item["bbox"],
                    "geometry": given.item["geometry"],
                    "properties": {
                        "id": given.id,
                        "sceneId": given.id,
                        "acquisitionDate": property("datetime"),
                        "datetime": property("datetime"),
                        "constellation": property("constellation").unwrap_or_else(|| "unknown".into()),
                        "collection": given.collection,
                        "providerName": "samples",
                        "producer": "samples",
                        "blockNames": [],
                        "cloudCoverage": property("eo:cloud_cover"),
                        "resolution": property("gsd"),
                        "deliveryTime": "MINUTES",
                        "up42:usageType": ["DATA"],
                        "providerProperties": given.item["properties"],
                    },
                })
            }
        }
    }

    /// Handles a request for a quicklook (8.2, 8.5).
    pub(super) fn classic_quicklook(&self, id: &str) -> Answer {
        let missing = || Reply::json(404, &json!({"error": {"message": "Not Found"}}));
        self.picture(id, "quicklook").ok_or_else(missing)
    }
}

fn collections_of_host(host: &str, wanted: Option<Vec<String>>) -> Result<Vec<String>, String> {
    if host == "samples" {
        return wanted.ok_or_else(|| "collections must not be empty".to_string());
    }
    let of_host: Vec<&str> =
        SENSORS.iter().filter(|sensor| sensor.host == host).map(|sensor| sensor.collection).collect();
    if of_host.is_empty() {
        return Err(format!("Host {host} is unknown"));
    }
    let Some(wanted) = wanted else { return Ok(of_host.into_iter().map(String::from).collect()) };
    match wanted.iter().find(|name| !of_host.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        Some(unknown) => Err(format!("Collection {unknown} does not belong to host {host}")),
        None => Ok(wanted),
    }
}

/// Returns the collections that the blocks deliver.
fn collections_of_blocks(blocks: &Value) -> Result<Vec<String>, Reply> {
    let names = blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    let known: Vec<_> =
        blocks::all().iter().filter_map(|block| Some((block.name, block.collection()?))).collect();
    let mut collections = Vec::new();
    for name in names {
        match known.iter().find(|(known, _)| name == known) {
            Some((_, collection)) => collections.push(collection.to_string()),
            None => {
                let valid: Vec<_> = known.iter().map(|(name, _)| *name).collect();
                let message = format!("Invalid data block {name}, valid blocks are: {}", valid.join(", "));
                let code = "INVALID_QUERY_DATABLOCK_VALUE";
                let error = json!({"code": code, "message": message, "details": null, "data": null});
                return Err(Reply::json(422, &json!({"error": error})));
            }
        }
    }
    Ok(collections)
}

/// Converts the conditions of a classic query that concern scenes.
fn filter_of(query: &Value) -> Result<Option<Filter>, String> {
    let Some(query) = query.as_object() else { return Ok(None) };
    let mut conditions = serde_json::Map::new();
    for (name, condition) in query {
        match name.as_str() {
            "dataBlock" => {}
            // All scenes have both usage types and the delivery time `MINUTES`.
            "up42:usageType" | "deliveryTime" => {
                let offered: &[&str] =
                    if name == "deliveryTime" { &["MINUTES"] } else { &["DATA", "ANALYTICS"] };
                let wanted = operand(condition, "in").and_then(Value::as_array);
                if wanted.is_some_and(|wanted| !wanted.iter().any(|v| offered.iter().any(|o| v == o))) {
                    conditions.insert("id".into(), json!({"in": []}));
                }
            }
            other => {
                conditions.insert(stac_name(other).to_string(), condition.clone());
            }
        }
    }
    Filter::from_query(&Value::Object(conditions)).map(Some)
}

/// Returns the operand of an operator, ignoring case.
fn operand<'a>(condition: &'a Value, operator: &str) -> Option<&'a Value> {
    condition
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(operator))
        .map(|(_, value)| value)
}

fn stac_name(field: &str) -> &str {
    match field {
        "cloudCoverage" => "eo:cloud_cover",
        "resolution" => "gsd",
        "acquisitionDate" => "datetime",
        "sceneId" => "id",
        other => other,
    }
}
