//! The catalog of a project's login (API reference, 8.1 and 8.2).

use serde_json::{Map, Value, json};

use super::stac::next_url;
use super::{Search, SortBy};
use crate::client::Client;
use crate::error::Result;
use crate::transport::Request;

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

/// The request for the next page: the same body, sent to the `next` link.
pub(super) fn follow(link: &Value, before: &Request) -> Result<Request> {
    Ok(Request { url: next_url(link, before)?, ..before.clone() })
}

/// The path of a scene's quicklook.
pub(super) fn quicklook_path(provider: &str, id: &str) -> String {
    let segment = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
    };
    format!("/catalog/{}/image/{}/quicklook", segment(provider), segment(id))
}
