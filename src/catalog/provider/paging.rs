//! Pages of scenes, and their `next` links (STAC API, "Paging").

use serde_json::{Map, Value};

use crate::catalog::link::{media_type, resolve};
use crate::client::items;
use crate::transport::{Page, Request, refused_with};
use up42_core::error::{Error, Result};

/// Function that turns a `next` link, and the request before it, into the next request.
pub(super) type Follow = fn(&Value, &Request) -> Result<Request>;

/// Reads a page: the members of the list `name`, and the request for the next page from the `next`
/// link. An empty page is the last one.
pub(super) fn read_page(
    mut json: Value,
    name: &str,
    before: &Request,
    follow: Follow,
) -> Result<Page<Value, Request>> {
    let members = items(json.get_mut(name).map(Value::take).unwrap_or_default(), name);
    // Some servers send errors with a success status.
    let members = members.map_err(|error| refused_with(&json, 200).unwrap_or(error))?;
    let next = link(&json, "next").filter(|_| !members.is_empty());
    Ok(Page { items: members, next: next.map(|next| follow(next, before)).transpose()? })
}

/// Returns the link of a document with a relation; of several, one to JSON.
pub(super) fn link<'a>(document: &'a Value, rel: &str) -> Option<&'a Value> {
    links(document, rel).into_iter().next()
}

/// Returns the links of a document with a relation, only those of the best media type: GeoJSON,
/// else JSON, else without a media type, else any. The same resource often has an HTML page as
/// well, whose link may come first.
pub(super) fn links<'a>(document: &'a Value, rel: &str) -> Vec<&'a Value> {
    let links = document.get("links").and_then(Value::as_array).into_iter().flatten();
    let links: Vec<_> = links.filter(|link| link.get("rel").is_some_and(|one| one == rel)).collect();
    let rank = |link: &&Value| match link.get("type").and_then(Value::as_str).map(media_type).as_deref() {
        Some("application/geo+json") => 0,
        Some(kind) if kind.ends_with("json") => 1,
        None | Some("") => 2,
        Some(_) => 3,
    };
    let best = links.iter().map(rank).min();
    links.into_iter().filter(|link| Some(rank(link)) == best).collect()
}

/// Returns the request that a STAC `next` link describes: a POST whose body replaces that of the
/// request before, or extends it with `merge`; else a GET. The header fields are those of the link,
/// with `merge` those of the request before as well.
pub(super) fn follow(link: &Value, before: &Request) -> Result<Request> {
    let url = next_url(link, before)?;
    let is_merged = link.get("merge").and_then(Value::as_bool).unwrap_or(false);
    let added = link.get("body").and_then(Value::as_object).cloned().unwrap_or_default();
    // A body means a POST, even if the link has no method.
    let is_post = has_method(link, "POST") || link.get("method").is_none() && !added.is_empty();
    let request = if is_post { posted(url, added, is_merged, before) } else { Request::get(url) };
    let kept = if is_merged { before.headers.clone() } else { Vec::new() };
    let fields = link.get("headers").and_then(Value::as_object).into_iter().flatten();
    Ok(fields.fold(Request { headers: kept, ..request }, |request, (name, value)| match value {
        Value::String(text) => request.header(name, text),
        Value::Number(_) | Value::Bool(_) => request.header(name, &value.to_string()),
        Value::Array(list) => {
            let list: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            request.header(name, &list.join(", "))
        }
        _ => request,
    }))
}

fn posted(url: String, added: Map<String, Value>, is_merged: bool, before: &Request) -> Request {
    let merges = is_merged || added.is_empty();
    let mut body = match (merges, before.json_body()) {
        (true, Some(Value::Object(body))) => body.clone(),
        _ => Map::new(),
    };
    body.extend(added);
    Request::post(url, Value::Object(body))
}

/// Returns the same request, sent to the `next` link, as the classic API expects.
pub(super) fn follow_same(link: &Value, before: &Request) -> Result<Request> {
    Ok(Request { url: next_url(link, before)?, ..before.clone() })
}

pub(super) fn has_method(link: &Value, method: &str) -> bool {
    link.get("method").and_then(Value::as_str).is_some_and(|one| one.eq_ignore_ascii_case(method))
}

fn next_url(link: &Value, before: &Request) -> Result<String> {
    let href = link.get("href").and_then(Value::as_str);
    resolve(&before.url, href.ok_or_else(|| Error::response("the `next` link has no `href`"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(json: Value, request: &Request) -> Result<Page<Value, Request>> {
        read_page(json, "features", request, follow)
    }

    fn first() -> Request {
        Request::post("https://api.example.com/search", json!({"limit": 2, "datetime": "../.."}))
    }

    fn next(link: Value) -> Request {
        let page = page(json!({"features": [{}], "links": [link]}), &first()).unwrap();
        page.next.unwrap()
    }

    #[test]
    fn three_forms_of_next_links_are_read() {
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

    /// STAC API 1.0, "Paging": the header fields of the link object.
    #[test]
    fn header_fields_of_next_links_are_sent() {
        let fields = |request: &Request| {
            request
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.reveal()))
                .collect::<Vec<_>>()
        };
        let first =
            next(json!({"rel": "next", "href": "/search", "headers": {"Search-After": "a", "X-Page": 2}}));
        assert_eq!(
            (first.method.as_str(), fields(&first)),
            ("GET", vec!["search-after: a".into(), "x-page: 2".into()])
        );
        let read =
            |link: Value| page(json!({"features": [{}], "links": [link]}), &first).unwrap().next.unwrap();
        let merged = read(
            json!({"rel": "next", "href": "/search", "merge": true, "headers": {"search-after": ["b", "c"]}}),
        );
        assert_eq!(fields(&merged), ["x-page: 2", "search-after: b, c"]);
        assert!(fields(&read(json!({"rel": "next", "href": "/search"}))).is_empty());
    }

    #[test]
    fn a_next_link_with_a_body_is_requested_by_post() {
        let request = next(json!({"rel": "next", "href": "/search", "body": {"page": 2}}));
        assert_eq!((request.method.as_str(), request.json_body()), ("POST", Some(&json!({"page": 2}))));
        let html = json!({"rel": "next", "type": "text/html", "href": "/search.html?page=2"});
        let json =
            json!({"rel": "next", "type": "Application/Geo+JSON; charset=utf-8", "href": "/search?page=2"});
        let document = json!({"features": [{}], "links": [html, json]});
        assert_eq!(
            page(document, &first()).unwrap().next.unwrap().url,
            "https://api.example.com/search?page=2"
        );
    }

    #[test]
    fn an_empty_page_is_the_last() {
        let empty = json!({"features": [], "links": [{"rel": "next", "href": "/search?token=t"}]});
        assert!(page(empty, &first()).unwrap().next.is_none());
    }

    #[test]
    fn a_malformed_page_is_an_error() {
        let message = |json| page(json, &first()).err().unwrap().to_string();
        assert_eq!(message(json!({"links": []})), "`features` should be a list, but is nothing");
        assert_eq!(message(json!({"features": {}})), "`features` should be a list, but is an object");
        // An error of stac-server and pygeoapi, which some gateways send with status 200.
        let refused = json!({"code": "BadRequest", "description": "Invalid datetime"});
        assert_eq!(message(refused), "200: Invalid datetime");
        let lost = json!({"features": [{}], "links": [{"rel": "next"}]});
        assert_eq!(message(lost), "the `next` link has no `href`");
    }
}
