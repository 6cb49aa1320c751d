//! The catalog of a project's login (API reference, 8.1 and 8.2).

use serde_json::{Map, Value, json};

use super::stac::resolve;
use super::{Search, SortBy};
use crate::client::{Client, items};
use crate::error::{Context, Result};
use crate::transport::{Page, Request};

/// The largest `limit` that the server takes.
const PAGE: usize = 500;

/// The request for the first page.
pub(super) fn request(client: &Client, search: &Search) -> Result<Request> {
    let mut query = Map::new();
    if !search.collections.is_empty() {
        query.insert("dataBlock".into(), json!({"in": search.collections}));
    }
    if let Some(percent) = search.max_cloud_cover {
        query.insert("cloudCoverage".into(), json!({"lte": percent}));
    }
    let (field, direction) = match search.sort_by {
        SortBy::CloudCover => ("properties.cloudCoverage", "asc"),
        SortBy::Newest => ("properties.acquisitionDate", "desc"),
        SortBy::Oldest => ("properties.acquisitionDate", "asc"),
    };
    let mut body = json!({
        "intersects": search.aoi.to_geojson(),
        "limit": search.limit.min(PAGE),
        "query": query,
        "sortby": [{"field": field, "direction": direction}],
    });
    if let Some(interval) = search.interval()? {
        body["datetime"] = interval.into();
    }
    Ok(Request::post(client.url("/catalog/stac/search"), body))
}

/// Reads a page. The next one is asked by sending the same body to the `next` link.
pub(super) fn page(mut json: Value, request: &Request) -> Result<Page<Value, Request>> {
    let features = json.get_mut("features").map(Value::take).unwrap_or_default();
    let features = items(features, "features").context("read the page of scenes")?;
    let links = json.get("links").and_then(Value::as_array);
    let next = links.into_iter().flatten().find(|link| link.get("rel").is_some_and(|rel| rel == "next"));
    let next = next.filter(|_| !features.is_empty());
    let href = next.and_then(|link| link.get("href")).and_then(Value::as_str);
    let next =
        href.map(|href| Ok(Request { url: resolve(&request.url, href)?, ..request.clone() })).transpose();
    Ok(Page { items: features, next: next.map_err(|error: crate::Error| error)? })
}

/// The path of a scene's quicklook.
pub(super) fn quicklook_path(provider: &str, id: &str) -> String {
    let segment = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
    };
    format!("/catalog/{}/image/{}/quicklook", segment(provider), segment(id))
}
