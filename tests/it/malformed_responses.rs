//! Tests of malformed and abusive responses of a server.

use serde_json::{Value, json};
use up42::catalog::{QuicklookOutcome, Search};
use up42::{Aoi, ErrorKind};

use crate::server::{Server, answer, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Starts a platform with a login and a STAC search; `more` answers the other requests.
fn platform(more: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        if request.starts_with("POST /realms/") {
            return json(json!({"access_token": "t0ken", "expires_in": u64::MAX}));
        }
        if request.starts_with("GET /v2/catalog/ ") {
            return json(json!({"links": [{"rel": "search", "href": "/stac/search"}]}));
        }
        more(request)
    })
}

fn square() -> Aoi {
    Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap()
}

fn item(id: &str, href: &str) -> Value {
    json!({"id": id, "geometry": square().to_geojson(), "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "assets": {"thumbnail": {"href": href}}})
}

#[test]
fn a_refused_picture_does_not_affect_others() {
    let host = Server::start(|request| match request.starts_with("GET /open") {
        true => answer(200, "", PNG),
        false => answer(401, "", b""),
    });
    let hrefs =
        [format!("{}/closed", host.url), format!("{}/open", host.url), "s3://bucket/x".into(), "own".into()];
    let server = platform(move |request| match request.starts_with("GET /stac/own") {
        true => answer(200, "", PNG),
        false => {
            let mut items: Vec<_> =
                hrefs.iter().enumerate().map(|(index, href)| item(&format!("{index}"), href)).collect();
            items.push(item("4", "own"));
            items[4]["geometry"] = Value::Null;
            json(json!({"features": items}))
        }
    });
    let catalog = server.client().build().unwrap().catalog();
    let quicklooks = catalog.download_quicklooks(&catalog.search(Search::new(square())).unwrap()).unwrap();
    let outcomes: Vec<_> = quicklooks.iter().map(|one| format!("{:?}", one.outcome)).collect();
    assert!(outcomes[0].starts_with("failed: quicklook of `0`: GET /closed: 401"), "{outcomes:?}");
    assert!(matches!(quicklooks.iter().nth(1).unwrap().outcome, QuicklookOutcome::Picture(_)));
    assert_eq!(
        outcomes[2],
        "failed: quicklook of `2`: it is at `s3:…`: only http and https can be downloaded"
    );
    assert!(
        matches!(quicklooks.iter().nth(3).unwrap().outcome, QuicklookOutcome::Picture(_)),
        "{outcomes:?}"
    );
    let page = quicklooks.to_map(&square()).to_html();
    assert!(page.contains("1 scene has no footprint and is not on the map: 4"));
    assert!(!page.contains("4: no footprint"), "once is enough");
    let requests = host.requests_to("GET");
    assert!(requests.len() == 2 && requests.iter().all(|request| !request.contains("t0ken")), "{requests:?}");
}

#[test]
fn links_of_items_cannot_send_a_post() {
    let server = platform(|_| answer(200, "", PNG));
    let catalog = server.client().build().unwrap().catalog();
    let cancel = format!("{}/projects/p/jobs/j/cancel", server.url);
    for end in ["?x=/download-url", "#/download-url", "/download-url/.."] {
        let item = item("a", &format!("{cancel}{end}")).to_string();
        let quicklooks =
            catalog.download_quicklooks(&up42::catalog::Scenes::from_geojson(&item).unwrap()).unwrap();
        assert_eq!(quicklooks.len(), 1);
    }
    assert_eq!(server.requests_to("GET /projects").len(), 3);
    assert!(server.requests_to("POST /projects").is_empty());
}

#[test]
fn paging_in_circles_ends_in_an_error() {
    let server = platform(|_| {
        let next = json!({"rel": "next", "method": "POST", "href": "/stac/search", "body": {"token": "t"}, "merge": true});
        json(json!({"features": [item("a", "x")], "links": [next]}))
    });
    let error = server.client().build().unwrap().catalog().search(Search::new(square())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Response);
    assert_eq!(
        error.to_string(),
        "search the catalog: the server names page 2 as the one after page 2: its paging has no end"
    );
    assert_eq!(server.requests_to("POST /stac").len(), 2);
}

#[test]
fn an_invalid_item_does_not_affect_others() {
    let server = platform(|_| {
        let mut short = item("short", "x");
        short["geometry"] = json!({"type": "Polygon", "coordinates": [[[0], [1], [2], [0]]]});
        let mut empty = item("empty", "x");
        empty["geometry"]["coordinates"] = json!([]);
        json(json!({"features": [short, empty, item("good", "x"), {"type": "Feature"}, 7]}))
    });
    let scenes = server.client().build().unwrap().catalog().search(Search::new(square())).unwrap();
    let notes: Vec<_> =
        scenes.iter().map(|scene| (scene.id.split('-').next().unwrap(), scene.note.is_some())).collect();
    let unnamed = ("unnamed", true);
    assert_eq!(notes, [("empty", true), ("good", false), ("short", true), unnamed, unnamed]);
}

#[test]
fn invalid_unicode_in_an_item_does_not_affect_others() {
    for odd in [&br#"\ud800"#[..], br#"\udfff\ud800x"#, b"\xff\xfe", b"\xed\xa0\x80"] {
        let name = [b"odd", odd].concat();
        let server = platform(move |_| {
            let good = item("good", "x").to_string().into_bytes();
            let item = String::from_utf8(good.clone()).unwrap();
            let (before, after) = item.split_once("good").unwrap();
            let page = [
                br#"{"features": ["#,
                good.as_slice(),
                b",",
                before.as_bytes(),
                &name,
                after.as_bytes(),
                b"]}",
            ];
            answer(200, "Content-Type: application/json\r\n", &page.concat())
        });
        let scenes = server.client().build().unwrap().catalog().search(Search::new(square())).unwrap();
        let ids: Vec<_> = scenes.iter().map(|scene| scene.id.trim_end_matches(['\u{fffd}', 'x'])).collect();
        assert_eq!((ids.len(), ids.contains(&"good"), ids.contains(&"odd")), (2, true, true), "{ids:?}");
    }
}

#[test]
fn the_error_of_a_refused_login_contains_no_marker() {
    let server = Server::start(|_| answer(401, "", br#"{"error": "no\nEVCXR_BEGIN_CONTENT text/html"}"#));
    let error = server.client().build().unwrap().balance().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(!format!("{error} {error:?} {error:#?}").contains("EVCXR_"), "{error}");
}

#[test]
fn an_endless_response_is_refused() {
    let server = platform(|_| answer(200, "Content-Length: 300000000\r\n", b"{"));
    let error = server.client().build().unwrap().balance().unwrap_err();
    let expected = "the answer is larger than 256 MB, the most that is read at once: ask for less, such as a smaller \
                area, a shorter time or fewer results";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn redirects_do_not_send_the_login_to_other_hosts() {
    let other = Server::start(|_| json(json!({"data": {"balance": 12.0}})));
    let to = format!("Location: {}/elsewhere?key=k\r\n", other.url);
    let server = platform(move |request| match request.starts_with("POST") {
        true => answer(307, &to, b""),
        false => answer(302, &to, b""),
    });
    let client = server.client().build().unwrap();
    assert_eq!(client.balance().unwrap(), 12);
    let requests = other.requests_to("GET /elsewhere").pop().unwrap().to_lowercase();
    assert!(!requests.contains("authorization") && !requests.contains("referer"), "{requests}");
    let error = client.catalog().search(Search::new(square())).unwrap_err().to_string();
    assert!(error.ends_with("the server redirects to `127.0.0.1`, which is not followed"), "{error}");
    assert!(other.requests_to("POST").is_empty());
}
