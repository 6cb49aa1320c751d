//! Pages of scenes, and how one leads to the next (STAC API, "Paging").

use serde_json::{Map, Value};

use crate::catalog::link::resolve;
use crate::client::items;
use crate::error::{Error, Result};
use crate::transport::{Page, Request};

/// How a `next` link becomes the next request, after the one before.
pub(super) type Follow = fn(&Value, &Request) -> Result<Request>;

/// Reads a page: the members of the list `name`, and the request for the next page, as
/// the `next` link says. An empty page is the last.
pub(super) fn read_page(
    mut json: Value,
    name: &str,
    before: &Request,
    follow: Follow,
) -> Result<Page<Value, Request>> {
    let members = items(json.get_mut(name).map(Value::take).unwrap_or_default(), name)?;
    let next = link(&json, "next").filter(|_| !members.is_empty());
    Ok(Page { items: members, next: next.map(|next| follow(next, before)).transpose()? })
}

/// The first link of a document with a relation.
pub(super) fn link<'a>(document: &'a Value, rel: &str) -> Option<&'a Value> {
    links(document).find(|link| link.get("rel").is_some_and(|one| one == rel))
}

pub(super) fn links(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("links").and_then(Value::as_array).into_iter().flatten()
}

/// The request that a STAC `next` link describes: a POST whose body replaces the one
/// before, or adds to it with `merge`; else a GET.
pub(super) fn follow(link: &Value, before: &Request) -> Result<Request> {
    let url = next_url(link, before)?;
    if !has_method(link, "POST") {
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

/// The classic way: the same request, sent to the `next` link.
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
        assert_eq!(told(json!({"links": []})), "`features` should be a list, but is nothing");
        assert_eq!(told(json!({"features": {}})), "`features` should be a list, but is an object");
        let lost = json!({"features": [{}], "links": [{"rel": "next"}]});
        assert_eq!(told(lost), "the `next` link has no `href`");
    }
}
