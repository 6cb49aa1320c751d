//! Redirects, and which of them are followed.

use reqwest::Method;
use url::Url;

use super::request::Body;
use super::{Login, Request};
use up42_core::error::{Error, Result};

/// Returns the request that a redirect asks for (RFC 9110, 15.4); `None` if the response is no
/// redirect. The login and the body of a POST are never sent to another origin.
pub(super) fn redirected(request: &Request, status: u16, to: Option<&str>) -> Result<Option<Request>> {
    let Some(to) = to.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else { return Ok(None) };
    let broken = || Error::response("the server redirects to an invalid URL");
    let from = Url::parse(&request.url).map_err(|_| broken())?;
    let url = from.join(to).map_err(|_| broken())?;
    let stays = from.origin() == url.origin();
    let is_safe = url.scheme() == "https" || url.scheme() == from.scheme() && url.scheme() == "http";
    if !stays && (request.method != Method::GET || !is_safe) {
        let host = url.host_str().unwrap_or("another server");
        return Err(Error::response(format!("the server redirects to `{host}`, which is not followed")));
    }
    // After 303 the request was carried out, after 301 and 302 it may have been: a charging request
    // does not follow these redirects.
    if request.is_charging && status <= 303 {
        return Err(Error::response(format!(
            "the server answers {status} with a redirect, which is not followed"
        )));
    }
    let mut next = Request { url: url.into(), query: Vec::new(), ..request.clone() };
    if !stays {
        next.login = Login::None;
        next.headers.clear();
    }
    if status <= 303 && request.method != Method::GET {
        (next.method, next.body) = (Method::GET, Body::None);
    }
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;
    use serde_json::json;

    const API: &str = "https://api.example.com/a?key=1";

    fn to(request: Request, status: u16, to: &str) -> Result<Request> {
        redirected(&request, status, Some(to)).map(Option::unwrap)
    }

    #[test]
    fn a_login_is_not_sent_to_another_origin() {
        let get = || {
            let headers = vec![("x-key".to_owned(), Secret::new("hunter2"))];
            Request { headers, ..Request::get(API) }
        };
        let moved = to(get(), 302, "https://storage.example.com/b").unwrap();
        assert!(matches!(moved.login, Login::None) && moved.headers.is_empty());
        let here = to(get(), 307, "/b").unwrap();
        assert_eq!(here.headers.len(), 1);
        assert!(matches!(here.login, Login::Token) && here.url == "https://api.example.com/b");
        let message = to(Request::get(API), 302, "http://api.example.com/b?key=1").unwrap_err().to_string();
        assert_eq!(message, "the server redirects to `api.example.com`, which is not followed");
    }

    #[test]
    fn a_post_is_not_sent_to_another_origin() {
        let post = || Request::post(API, json!({"secret": 1}));
        assert!(to(post(), 307, "https://other.example.com/").is_err());
        let kept = to(post(), 308, "/b").unwrap();
        assert_eq!((kept.method, kept.body), (Method::POST, Body::Json(json!({"secret": 1}))));
        let seen = to(post(), 303, "/b").unwrap();
        assert_eq!((seen.method, seen.body), (Method::GET, Body::None));
    }

    #[test]
    fn a_charging_request_follows_only_307_and_308() {
        let charge = || Request::post(API, json!({})).mark_charging();
        for done in [301, 302, 303] {
            assert!(to(charge(), done, "/b").is_err(), "{done}");
        }
        for elsewhere in [307, 308] {
            assert_eq!(to(charge(), elsewhere, "/b").unwrap().method, Method::POST);
        }
    }

    #[test]
    fn other_responses_are_no_redirects() {
        assert!(redirected(&Request::get(API), 304, Some("/b")).unwrap().is_none());
        assert!(redirected(&Request::get(API), 302, None).unwrap().is_none());
    }
}
