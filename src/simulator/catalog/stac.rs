//! The catalog as a STAC API under `/v2/catalog/` (section 16 of the interface).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::filter::Filter;
use super::landing::CONFORMS_TO;
use super::query::Query;
use super::search::Row;
use crate::simulator::call::Call;
use crate::simulator::platform::{Platform, wrong_method};
use crate::simulator::reply::{Answer, Reply};

const PAGE: usize = 10;
const LARGEST_PAGE: usize = 500;
pub(super) fn item_links(api_url: &str, collection: &str, id: &str) -> Value {
    let root = format!("{api_url}/v2/catalog");
    let parent = format!("{root}/collections/{collection}");
    json!([
        {"rel": "self", "type": "application/geo+json", "href": format!("{parent}/items/{id}")},
        {"rel": "parent", "type": "application/json", "href": parent},
        {"rel": "collection", "type": "application/json", "href": parent},
        {"rel": "root", "type": "application/json", "href": format!("{root}/")},
    ])
}

/// Assets that are to be had by a POST to their `href`.
pub(super) fn image_assets(api_url: &str, collection: &str, id: &str, keys: &[&str]) -> Value {
    let item = format!("{api_url}/v2/catalog/collections/{collection}/items/{id}");
    let assets = keys.iter().map(|key| {
        let role = if *key == "thumbnail" { "thumbnail" } else { "overview" };
        let asset = json!({
            "href": format!("{item}/assets/{key}/download-url"),
            "type": "image/jpeg",
            "title": key,
            "roles": [role],
        });
        (key.to_string(), asset)
    });
    Value::Object(assets.collect::<Map<_, _>>())
}

fn bad_request(message: impl Into<String>) -> Reply {
    Reply::refused(400, 400, message)
}

impl Platform {
    pub(in crate::simulator) fn stac(&self, call: &Call, path: &[&str]) -> Answer {
        match (call.method.as_str(), path) {
            ("GET", []) => Ok(self.landing_page()),
            ("GET", ["conformance"]) => Ok(Reply::json(200, &json!({"conformsTo": CONFORMS_TO}))),
            ("GET", ["queryables"]) => Ok(self.queryables()),
            ("GET", ["collections", name, "queryables"]) => self.collection(name).map(|_| self.queryables()),
            ("GET", ["collections"]) => Ok(self.collections()),
            ("GET", ["collections", name]) => self.collection(name),
            ("GET", ["collections", name, "items"]) => {
                self.collection(name)?;
                self.search_by_query(call, Some(name))
            }
            ("GET", ["collections", name, "items", id]) => self.item(name, id),
            ("POST", ["collections", name, "items", id, "assets", key, "download-url"]) => {
                self.asset_url(name, id, key)
            }
            ("GET", ["search"]) => self.search_by_query(call, None),
            ("POST", ["search"]) => self.search_by_body(&call.json()?),
            (_, [] | ["search"] | ["collections", ..] | ["conformance"] | ["queryables"]) => {
                Err(wrong_method(call))
            }
            _ => Err(Reply::problem(404, "Resource does not exist.")),
        }
    }

    fn item(&self, collection: &str, id: &str) -> Answer {
        let row = self.catalog.row_of(collection, id);
        row.map(|row| {
            Reply::json(200, &self.item_json(&row)).with_header("content-type", "application/geo+json")
        })
        .ok_or_else(|| Reply::problem(404, format!("Resource (Item) not found with Id='{id}'.")))
    }

    fn item_json(&self, row: &Row) -> Value {
        match row {
            Row::Drawn(scene) => scene.item(&self.api_url),
            Row::Given(nth) => self.catalog.given.items[*nth].item(&self.catalog.given, &self.api_url),
        }
    }

    /// A signed URL for the picture of an item.
    fn asset_url(&self, collection: &str, id: &str, key: &str) -> Answer {
        let missing = || Reply::problem(404, format!("Resource (Asset) not found with Id='{key}'."));
        let pictured = match self.catalog.row_of(collection, id).ok_or_else(missing)? {
            Row::Drawn(_) => true,
            Row::Given(nth) => self.catalog.given.items[nth].has_picture(&self.catalog.given),
        };
        if !pictured || !matches!(key, "thumbnail" | "quicklook") {
            return Err(missing());
        }
        let name = format!("{id}_{key}.jpg");
        let url = self.signed_url(&format!("/images/{collection}/{id}/{key}"), &name);
        Ok(Reply::json(200, &json!({"url": url})))
    }

    fn search_by_body(&self, body: &Value) -> Answer {
        let query = query_of(body).map_err(bad_request)?;
        let page = page_of(body)?;
        let next = |token: &str| {
            json!({
                "rel": "next",
                "type": "application/geo+json",
                "method": "POST",
                "href": self.catalog_url("search"),
                "body": {"token": token},
                "merge": true,
            })
        };
        Ok(self.page(&query, page, next))
    }

    /// A search whose conditions stand in the URL; the next page's URL has them all.
    fn search_by_query(&self, call: &Call, collection: Option<&str>) -> Answer {
        let mut body = body_of(&call.query).map_err(bad_request)?;
        if let Some(name) = collection {
            body["collections"] = json!([name]);
        }
        let query = query_of(&body).map_err(bad_request)?;
        let page = page_of(&body)?;
        let next = |token: &str| {
            let kept = call.query.iter().filter(|(name, _)| name != "token");
            let query =
                Serializer::new(String::new()).extend_pairs(kept).append_pair("token", token).finish();
            let path = call.path.trim_end_matches('/');
            let href = format!("{}{path}?{query}", self.api_url);
            json!({"rel": "next", "type": "application/geo+json", "method": "GET", "href": href})
        };
        Ok(self.page(&query, page, next))
    }

    fn page(&self, query: &Query, (start, size): (usize, usize), next: impl FnOnce(&str) -> Value) -> Reply {
        let rows = self.catalog.find(query);
        let start = start.min(rows.len());
        let end = (start + size).min(rows.len());
        let features: Vec<Value> = rows[start..end].iter().map(|row| self.item_json(row)).collect();
        let mut links =
            vec![json!({"rel": "root", "type": "application/json", "href": self.catalog_url("")})];
        if end < rows.len() {
            links.push(next(&token_for(end)));
        }
        let page = json!({
            "type": "FeatureCollection",
            "features": features,
            "links": links,
            "numberMatched": rows.len(),
            "numberReturned": end - start,
        });
        Reply::json(200, &page).with_header("content-type", "application/geo+json")
    }
}

fn query_of(body: &Value) -> Result<Query, String> {
    let mut query = Query::from_body(body)?;
    if !body["query"].is_null() {
        query.filters.push(Filter::from_query(&body["query"])?);
    }
    if !body["filter"].is_null() {
        query.filters.push(Filter::from_cql2(&body["filter"])?);
    }
    Ok(query)
}

/// First row and size of the page.
fn page_of(body: &Value) -> Result<(usize, usize), Reply> {
    let size = match &body["limit"] {
        Value::Null => PAGE,
        limit => limit
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
            .ok_or_else(|| bad_request(format!("limit must be between 1 and {LARGEST_PAGE}, got {limit}")))?,
    };
    let start = match body["token"].as_str() {
        Some(token) => row_of(token).ok_or_else(|| bad_request("token is invalid"))?,
        None => 0,
    };
    Ok((start, size))
}

/// What a page's token looks like: opaque, as far as a client is concerned.
pub(super) fn token_for(row: usize) -> String {
    format!("next:{}", BASE64_URL_SAFE_NO_PAD.encode(format!("row={row}")))
}

pub(super) fn row_of(token: &str) -> Option<usize> {
    let text = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix("next:")?).ok()?;
    String::from_utf8(text).ok()?.strip_prefix("row=")?.parse().ok()
}

/// The body of a POST that asks for the same.
fn body_of(query: &[(String, String)]) -> Result<Value, String> {
    let mut body = Map::new();
    for (name, value) in query {
        let json_of = || serde_json::from_str(value).map_err(|error| format!("{name}: {error}"));
        let parsed = match name.as_str() {
            "collections" | "ids" => json!(value.split(',').collect::<Vec<_>>()),
            "bbox" => {
                serde_json::from_str(&format!("[{value}]")).map_err(|_| "bbox is invalid".to_string())?
            }
            "limit" => json!(value.parse::<u64>().map_err(|_| "limit is no number".to_string())?),
            "intersects" | "filter" | "query" => json_of()?,
            "sortby" => value.split(',').map(sort_key).collect(),
            _ => json!(value),
        };
        body.insert(name.clone(), parsed);
    }
    Ok(Value::Object(body))
}

fn sort_key(key: &str) -> Value {
    match key.strip_prefix('-') {
        Some(field) => json!({"field": field, "direction": "desc"}),
        None => json!({"field": key.trim_start_matches(['+', ' ']), "direction": "asc"}),
    }
}
