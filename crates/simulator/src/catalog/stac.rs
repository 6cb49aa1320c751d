//! The catalog as a STAC API under `/v2/catalog/` (`docs/up42-api.md`, 16).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::filter::Filter;
use super::landing::CONFORMS_TO;
use super::query::{Query, known};
use super::search::Row;
use super::stac_root::StacRoot;
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::routes::{Route, get, post};

const PAGE: usize = 10;
const LARGEST_PAGE: usize = 500;

fn bad_request(message: impl Into<String>) -> Reply {
    Reply::refused(400, 400, message)
}

/// Returns the endpoints of both roots.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        post(
            "/v2/catalog/collections/{collection}/items/{id}/assets/{key}/download-url",
            |platform, _, [collection, id, key]| platform.asset_url(collection, id, key),
        ),
        get("/stac/collections/{collection}/items/{id}/{file}", |platform, _, [collection, id, file]| {
            platform.image(collection, id, file)
        }),
    ];
    for root in ["/v2/catalog", "/stac"] {
        routes.extend(routes_below_root().into_iter().map(|route| route.below(root)));
    }
    routes
}

/// Returns the endpoints that each root has, with their paths below it.
fn routes_below_root() -> Vec<Route> {
    vec![
        get("", |platform, request, []| Ok(platform.landing_page(&platform.root_of(request)))),
        get("/conformance", |_, _, []| Ok(Reply::json(200, &json!({"conformsTo": CONFORMS_TO})))),
        get("/queryables", |platform, request, []| Ok(platform.queryables(&platform.root_of(request)))),
        get("/collections", |platform, request, []| Ok(platform.collections(&platform.root_of(request)))),
        get("/collections/{collection}", |platform, request, [collection]| {
            platform.collection(&platform.root_of(request), collection)
        }),
        get("/collections/{collection}/queryables", |platform, request, [collection]| {
            let root = platform.root_of(request);
            platform.collection(&root, collection)?;
            Ok(platform.queryables(&root))
        }),
        get("/collections/{collection}/items", |platform, request, [collection]| {
            let root = platform.root_of(request);
            platform.collection(&root, collection)?;
            platform.search_by_query(&root, request, Some(collection))
        }),
        get("/collections/{collection}/items/{id}", |platform, request, [collection, id]| {
            platform.item(&platform.root_of(request), collection, id)
        }),
        get("/search", |platform, request, []| {
            platform.search_by_query(&platform.root_of(request), request, None)
        }),
        post("/search", |platform, request, []| {
            platform.search_by_body(&platform.root_of(request), &request.json()?)
        }),
    ]
}

impl Platform {
    fn root_of(&self, request: &Request) -> StacRoot {
        StacRoot::of(request, &self.api_url)
    }

    fn item(&self, root: &StacRoot, collection: &str, id: &str) -> Answer {
        let row = self.catalog.row_of(collection, id);
        row.map(|row| {
            Reply::json(200, &self.item_json(root, &row)).with_header("content-type", "application/geo+json")
        })
        .ok_or_else(|| Reply::problem(404, format!("Resource (Item) not found with Id='{id}'.")))
    }

    fn item_json(&self, root: &StacRoot, row: &Row) -> Value {
        match row {
            Row::Drawn(scene) => scene.item(root),
            Row::Given(nth) => self.catalog.given.items[*nth].item(&self.catalog.given, root),
        }
    }

    /// Fails if an item has no such picture.
    fn has_picture(&self, collection: &str, id: &str, key: &str) -> Result<(), Reply> {
        let pictured = match self.catalog.row_of(collection, id) {
            Some(Row::Drawn(_)) => true,
            Some(Row::Given(nth)) => self.catalog.given.items[nth].has_picture(&self.catalog.given),
            None => false,
        };
        (pictured && matches!(key, "thumbnail" | "quicklook"))
            .then_some(())
            .ok_or_else(|| Reply::problem(404, format!("Resource (Asset) not found with Id='{key}'.")))
    }

    /// Returns the picture of an item as a file.
    fn image(&self, collection: &str, id: &str, file: &str) -> Answer {
        let key = file.strip_suffix(".jpg").unwrap_or_default();
        self.has_picture(collection, id, key)?;
        self.picture(id, key).ok_or_else(|| Reply::problem(404, "Resource does not exist."))
    }

    /// Returns a signed URL of an item's picture.
    fn asset_url(&self, collection: &str, id: &str, key: &str) -> Answer {
        self.has_picture(collection, id, key)?;
        let name = format!("{id}_{key}.jpg");
        let url = self.signed_url(&format!("/images/{collection}/{id}/{key}"), &name);
        Ok(Reply::json(200, &json!({"url": url})))
    }

    fn search_by_body(&self, root: &StacRoot, body: &Value) -> Answer {
        let query = query_of(body).map_err(bad_request)?;
        let page = page_of(body)?;
        let next = |token: &str| {
            json!({
                "rel": "next",
                "type": "application/geo+json",
                "method": "POST",
                "href": root.at("search"),
                "body": {"token": token},
                "merge": true,
            })
        };
        Ok(self.page(root, &query, page, next))
    }

    /// Handles a search with parameters in the URL; the URL of the next page contains all of them.
    fn search_by_query(&self, root: &StacRoot, request: &Request, collection: Option<&str>) -> Answer {
        let mut body = body_of(&request.query).map_err(bad_request)?;
        if let Some(name) = collection {
            body["collections"] = json!([name]);
        }
        let query = query_of(&body).map_err(bad_request)?;
        let page = page_of(&body)?;
        let next = |token: &str| {
            let kept = request.query.iter().filter(|(name, _)| name != "token");
            let query =
                Serializer::new(String::new()).extend_pairs(kept).append_pair("token", token).finish();
            let path = request.path.trim_end_matches('/');
            let href = format!("{}{path}?{query}", self.api_url);
            json!({"rel": "next", "type": "application/geo+json", "method": "GET", "href": href})
        };
        Ok(self.page(root, &query, page, next))
    }

    fn page(
        &self,
        root: &StacRoot,
        query: &Query,
        (start, size): (usize, usize),
        next: impl FnOnce(&str) -> Value,
    ) -> Reply {
        let rows = self.catalog.find(query);
        let start = start.min(rows.len());
        let end = (start + size).min(rows.len());
        let features: Vec<Value> = rows[start..end].iter().map(|row| self.item_json(root, row)).collect();
        let mut links = vec![json!({"rel": "root", "type": "application/json", "href": root.at("")})];
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

/// Members of a search body: item search with its extensions.
const FIELDS: [&str; 12] = [
    "collections",
    "ids",
    "bbox",
    "intersects",
    "datetime",
    "limit",
    "token",
    "query",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
];

pub(crate) fn query_of(body: &Value) -> Result<Query, String> {
    known(body, &FIELDS)?;
    let mut query = Query::from_body(body)?;
    if !body["query"].is_null() {
        query.filters.push(Filter::from_query(&body["query"])?);
    }
    if !body["filter"].is_null() {
        query.filters.push(Filter::from_cql2(&body["filter"])?);
    }
    Ok(query)
}

/// Returns the index of the first row and the size of the page.
pub(crate) fn page_of(body: &Value) -> Result<(usize, usize), Reply> {
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

/// Returns the token of the page that begins at a row; opaque to clients.
pub(crate) fn token_for(row: usize) -> String {
    format!("next:{}", BASE64_URL_SAFE_NO_PAD.encode(format!("row={row}")))
}

pub(super) fn row_of(token: &str) -> Option<usize> {
    let text = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix("next:")?).ok()?;
    String::from_utf8(text).ok()?.strip_prefix("row=")?.parse().ok()
}

/// Returns the body of the POST request that is equivalent to a query.
pub(crate) fn body_of(query: &[(String, String)]) -> Result<Value, String> {
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
