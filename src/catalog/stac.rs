//! Today's catalog: a STAC API (API reference, 16; STAC API 1.0, item search).

use geo::Geometry;
use serde_json::{Map, Value, json};

use super::{Search, SortBy};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::geo::geometry_to_json;
use crate::transport::Request;

const LANDING: &str = "/v2/catalog/";
/// The largest page; a server may send fewer.
const PAGE: usize = 100;

/// Where to search, and in which language the server filters.
pub(super) struct Stac {
    search_url: String,
    filters: Filters,
}

enum Filters {
    /// The filter extension, CQL2 as JSON.
    Cql2,
    /// The older query extension.
    Query,
}

impl Stac {
    /// Reads the landing page.
    pub(super) fn open(client: &Client) -> Result<Self> {
        let url = client.url(LANDING);
        let landing = client.json(Request::get(&url))?;
        let links = landing.get("links").and_then(Value::as_array);
        let search =
            links.into_iter().flatten().find(|link| link.get("rel").is_some_and(|rel| rel == "search"));
        let href = search.and_then(|link| link.get("href")).and_then(Value::as_str);
        let href = href.ok_or_else(|| {
            Error::response(format!("`{LANDING}` has no `search` link: is it a STAC API with item search?"))
        })?;
        let classes = landing.get("conformsTo").and_then(Value::as_array);
        let speaks_cql2 =
            classes.into_iter().flatten().filter_map(Value::as_str).any(|uri| uri.contains("cql2-json"));
        let filters = if speaks_cql2 { Filters::Cql2 } else { Filters::Query };
        Ok(Self { search_url: resolve(&url, href)?, filters })
    }

    /// The request for the first page.
    pub(super) fn request(&self, search: &Search) -> Result<Request> {
        let mut body = Map::new();
        if !search.collections.is_empty() {
            body.insert("collections".into(), json!(search.collections));
        }
        body.insert(
            "intersects".into(),
            geometry_to_json(&Geometry::MultiPolygon(search.aoi.geometry().clone())),
        );
        if let Some(interval) = search.interval()? {
            body.insert("datetime".into(), interval.into());
        }
        body.insert("limit".into(), search.limit.min(PAGE).into());
        if let Some(percent) = search.max_cloud_cover {
            match self.filters {
                Filters::Cql2 => {
                    body.insert("filter-lang".into(), "cql2-json".into());
                    let args = json!([{"property": "eo:cloud_cover"}, percent]);
                    body.insert("filter".into(), json!({"op": "<=", "args": args}));
                }
                Filters::Query => {
                    body.insert("query".into(), json!({"eo:cloud_cover": {"lte": percent}}));
                }
            }
        }
        let (field, direction) = match search.sort_by {
            SortBy::CloudCover => ("properties.eo:cloud_cover", "asc"),
            SortBy::Newest => ("properties.datetime", "desc"),
            SortBy::Oldest => ("properties.datetime", "asc"),
        };
        let sort = json!([{"field": field, "direction": direction}, {"field": "id", "direction": "asc"}]);
        body.insert("sortby".into(), sort);
        Ok(Request::post(&self.search_url, Value::Object(body)))
    }
}

/// The request that a `next` link describes (STAC API, "Paging"): a POST whose
/// body replaces the one before, or adds to it with `merge`; else a GET.
pub(super) fn follow(link: &Value, before: &Request) -> Result<Request> {
    let url = next_url(link, before)?;
    let posts =
        link.get("method").and_then(Value::as_str).is_some_and(|method| method.eq_ignore_ascii_case("post"));
    if !posts {
        return Ok(Request::get(url));
    }
    let added = link.get("body").and_then(Value::as_object).cloned().unwrap_or_default();
    let merges = link.get("merge").and_then(Value::as_bool).unwrap_or(false) || added.is_empty();
    let mut body = match (merges, before.json_body()) {
        (true, Some(Value::Object(body))) => body.clone(),
        _ => Map::new(),
    };
    body.extend(added);
    Ok(Request::post(url, Value::Object(body)))
}

pub(super) fn next_url(link: &Value, before: &Request) -> Result<String> {
    let href = link.get("href").and_then(Value::as_str);
    resolve(&before.url, href.ok_or_else(|| Error::response("the `next` link has no `href`"))?)
}

/// A link that may be relative to the document it stands in.
pub(super) fn resolve(base: &str, href: &str) -> Result<String> {
    let joined = url::Url::parse(base).and_then(|base| base.join(href));
    joined.map(String::from).map_err(|error| {
        Error::foreign(ErrorKind::Response, error).context(format!("link `{}`", without_query(href)))
    })
}

fn without_query(href: &str) -> &str {
    href.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::read_page;
    use crate::transport::Page;

    fn page(json: Value, request: &Request) -> Result<Page<Value, Request>> {
        read_page(json, |link| follow(link, request))
    }

    fn first() -> Request {
        Request::post("https://api.example.com/search", json!({"limit": 2, "datetime": "../.."}))
    }

    fn next(link: Value) -> Request {
        let page = page(json!({"features": [{}], "links": [link]}), &first()).unwrap();
        page.next.unwrap()
    }

    #[test]
    fn next_links_come_in_three_forms() {
        let merged = next(
            json!({"rel": "next", "method": "POST", "href": "/search", "body": {"token": "t"}, "merge": true}),
        );
        assert_eq!(merged.json_body(), Some(&json!({"limit": 2, "datetime": "../..", "token": "t"})));
        let replaced =
            next(json!({"rel": "next", "method": "POST", "href": "search", "body": {"token": "t"}}));
        assert_eq!(replaced.json_body(), Some(&json!({"token": "t"})));
        let plain = next(json!({"rel": "next", "href": "https://api.example.com/search?token=t"}));
        assert_eq!(
            (plain.method.as_str(), plain.url.as_str()),
            ("GET", "https://api.example.com/search?token=t")
        );
    }

    #[test]
    fn an_empty_page_is_the_last() {
        let empty = json!({"features": [], "links": [{"rel": "next", "href": "/search?token=t"}]});
        assert!(page(empty, &first()).unwrap().next.is_none());
    }

    #[test]
    fn a_malformed_page_is_told() {
        let told = |json| page(json, &first()).err().unwrap().to_string();
        assert_eq!(
            told(json!({"links": []})),
            "read the page of scenes: `features` should be a list, but is nothing"
        );
        assert_eq!(
            told(json!({"features": {}})),
            "read the page of scenes: `features` should be a list, but is an object"
        );
    }
}
