//! Tests of STAC APIs of every kind.

use std::io::Write;

use serde_json::{Value, json};
use up42::catalog::{Catalog, Op, Scenes, Search, SortBy};
use up42::simulator::Simulator;
use up42::{Aoi, Client, ErrorKind};

use crate::server::{Server, answer, json as reply};
use crate::{client_of, dakar};

const ITEM_SEARCH: &str = "https://api.stacspec.org/v1.0.0/item-search";
const CQL2: &str = "http://www.opengis.net/spec/cql2/1.0/conf/";

fn square() -> Search {
    Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap())
}

/// Returns an item in the square, with a cloud cover that depends on its number.
fn item(number: usize) -> Value {
    json!({
        "id": format!("s{number:05}"), "collection": "c",
        "geometry": {"type": "Point", "coordinates": [0.5, 0.5]},
        "properties": {"datetime": "2020-01-01T00:00:00Z", "eo:cloud_cover": number % 100},
    })
}

/// Starts a STAC API whose landing page has these conformance classes and search links; `more`
/// answers the other requests.
fn api(
    classes: Vec<String>,
    searches: Value,
    more: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| {
        if request.starts_with("GET / ") {
            return reply(json!({"conformsTo": classes, "links": searches}));
        }
        more(request)
    })
}

fn filters(language: &str) -> Vec<String> {
    vec![format!("{ITEM_SEARCH}#filter"), format!("{CQL2}{language}"), format!("{ITEM_SEARCH}#sort")]
}

fn search_link() -> Value {
    json!([{"rel": "search", "href": "search"}])
}

/// Returns the decoded query parameters of a GET.
fn query_of(request: &str) -> Vec<(String, String)> {
    let path = request.split(' ').nth(1).unwrap();
    url::Url::parse(&format!("http://host{path}")).unwrap().query_pairs().into_owned().collect()
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

fn ids(scenes: &Scenes) -> Vec<&str> {
    scenes.iter().map(|scene| scene.id.as_str()).collect()
}

#[test]
fn a_server_without_post_is_searched_by_get() {
    // Some gateways answer unknown methods with 403.
    for status in [403, 404, 405, 415, 501] {
        let server = api(filters("cql2-text"), search_link(), move |request| {
            if request.starts_with("POST") {
                return answer(status, "", b"");
            }
            let next = json!([{"rel": "next", "href": "search?token=2"}]);
            match request.contains("token=2") {
                true => reply(json!({"features": [item(2)]})),
                false => reply(json!({"features": [item(1)], "links": next})),
            }
        });
        let search = square().sort_by(SortBy::Newest);
        let scenes = Catalog::stac(&server.url).unwrap().search(search).unwrap();
        assert_eq!(ids(&scenes), ["s00001", "s00002"]);
        assert_eq!(server.requests_to("POST").len(), 1);
        let first = query_of(&server.requests_to("GET /search")[0]);
        let get = |name: &str| first.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        assert_eq!(get("sortby"), Some("-properties.datetime,id"));
        assert!(get("intersects").unwrap().starts_with(r#"{"type":"Polygon""#));
    }
}

#[test]
fn filters_are_sent_in_the_language_of_the_server() {
    let seen = |classes: Vec<String>, search: Search| {
        let server = api(classes, search_link(), |_| reply(json!({"features": [item(1)]})));
        Catalog::stac(&server.url).unwrap().search(search).unwrap();
        server.requests_to("POST /search").pop().or_else(|| server.requests_to("GET /search").pop()).unwrap()
    };
    let search = || square().max_cloud_cover(20.0).filter("platform", Op::Eq, "it's");
    let cql2 = body(&seen(filters("cql2-json"), search()));
    assert_eq!(cql2["filter-lang"], "cql2-json");
    insta::assert_snapshot!(cql2["filter"], @r#"{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},20.0]},{"op":"=","args":[{"property":"platform"},"it's"]}]}"#);
    let text = query_of(&seen(filters("cql2-text"), search()));
    let text = text.iter().find(|(name, _)| name == "filter").unwrap();
    insta::assert_snapshot!(text.1, @r#""eo:cloud_cover" <= 20.0 AND "platform" = 'it''s'"#);
    let query = body(&seen(vec![format!("{ITEM_SEARCH}#query")], search()));
    insta::assert_snapshot!(query["query"], @r#"{"eo:cloud_cover":{"lte":20.0},"platform":{"eq":"it's"}}"#);
    assert_eq!(query["sortby"], Value::Null, "the server does not sort");
    let nothing = body(&seen(vec![], search()));
    assert_eq!((&nothing["query"], &nothing["filter"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_whole_filter_is_sent_in_the_language_of_the_server() {
    let seen = |language: &str, method: &str| {
        let link = json!([{"rel": "search", "href": "search", "method": method}]);
        let server = api(filters(language), link, |_| reply(json!({"features": [item(1)]})));
        let search = square().max_cloud_cover(20.0).cql2("platform = 'a' OR gsd < 1").unwrap();
        let scenes = Catalog::stac(&server.url).unwrap().search(search).unwrap();
        assert_eq!(ids(&scenes), ["s00001"], "the client does not apply the filter");
        server.requests_to(&format!("{method} /search")).pop().unwrap()
    };
    let json = body(&seen("cql2-json", "POST"));
    assert_eq!(json["filter-lang"], "cql2-json");
    insta::assert_snapshot!(json["filter"], @r#"{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},20.0]},{"op":"or","args":[{"op":"=","args":[{"property":"platform"},"a"]},{"op":"<","args":[{"property":"gsd"},1]}]}]}"#);
    let text = body(&seen("cql2-text", "POST"));
    assert_eq!(text["filter-lang"], "cql2-text");
    let text = text["filter"].as_str().unwrap();
    insta::assert_snapshot!(text, @r#""eo:cloud_cover" <= 20.0 AND (platform = 'a' OR gsd < 1)"#);
    for (language, filter) in [("cql2-json", json["filter"].to_string()), ("cql2-text", text.to_owned())] {
        let query = query_of(&seen(language, "GET"));
        assert!(query.contains(&("filter-lang".to_owned(), language.to_owned())), "{query:?}");
        assert!(query.contains(&("filter".to_owned(), filter)), "{query:?}");
    }
}

#[test]
fn a_whole_filter_is_an_error_for_catalogs_without_its_language() {
    let error = |catalog: &Catalog, filter: Value| {
        let error = catalog.search(square().cql2(filter).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let refused = |classes: Vec<String>, filter: Value| {
        let server = api(classes, search_link(), |_| reply(json!({"features": [item(1)]})));
        let error = error(&Catalog::stac(&server.url).unwrap(), filter);
        assert!(server.requests_to("POST").is_empty() && server.requests_to("GET /search").is_empty());
        error
    };
    let fine = json!({"op": "<", "args": [{"property": "gsd"}, 1]});
    insta::assert_snapshot!(refused(filters("cql2-text"), fine), @"search the catalog: the server takes CQL2 as text only: write the filter as text");
    insta::assert_snapshot!(refused(vec![format!("{ITEM_SEARCH}#query")], "gsd < 1".into()), @r#"search the catalog: the server does not take CQL2, it filters by `query`: write conditions, such as `.filter("gsd", Op::Le, 1.0)`"#);
    insta::assert_snapshot!(refused(vec![], "gsd < 1".into()), @r#"search the catalog: the server does not take CQL2, it filters by area, dates and ids: write conditions, such as `.filter("gsd", Op::Le, 1.0)`"#);
    let simulator = Simulator::start().unwrap();
    let project = Client::builder()
        .simulator(simulator.clone())
        .project(Simulator::PROJECT_ID, Simulator::PROJECT_API_KEY)
        .build()
        .unwrap();
    insta::assert_snapshot!(error(&project.catalog(), "gsd < 1".into()), @r#"search the catalog: the classic catalog knows no CQL2: write conditions, such as `.filter("gsd", Op::Le, 1.0)`"#);
    let hosts = client_of(&simulator).catalog().hosts();
    insta::assert_snapshot!(error(&hosts, "gsd < 1".into()), @r#"search the catalog: the search of the hosts knows no CQL2: write conditions, such as `.filter("gsd", Op::Le, 1.0)`"#);
}

#[test]
fn an_area_too_long_for_a_url_is_sent_as_its_box() {
    let server = api(vec![], json!([{"rel": "search", "href": "/search", "method": "GET"}]), |_| {
        let beside = json!({"type": "Point", "coordinates": [0.99, 0.99]});
        let mut items = vec![item(1), item(2)];
        items[1]["geometry"] = beside;
        reply(json!({"features": items}))
    });
    let scenes = Catalog::stac(&server.url).unwrap().search(circle(400));
    assert_eq!(ids(&scenes.unwrap()), ["s00001"], "what lies in the box beside the area is left out");
    let query = query_of(&server.requests_to("GET /search")[0]);
    assert!(query.iter().any(|(name, bbox)| name == "bbox" && bbox == "0.0,0.0,1.0,1.0"), "{query:?}");
}

/// Starts a server with a million items that neither filters nor sorts.
fn endless() -> Server {
    api(vec![], search_link(), |request| {
        let start = body(request)["start"].as_u64().unwrap_or(0) as usize;
        let items: Vec<_> = (start..start + 100).map(item).collect();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"start": start + 100}});
        reply(json!({"features": items, "links": [next]}))
    })
}

#[test]
fn a_search_filtered_by_the_client_ends_with_a_note() {
    let server = endless();
    let catalog = Catalog::stac(&server.url).unwrap();
    let scenes = catalog.search(square().max_cloud_cover(0.0).limit(3)).unwrap();
    assert_eq!(ids(&scenes), ["s00000", "s00100", "s00200"]);
    assert!(scenes.has_more());
    insta::assert_debug_snapshot!(scenes, @"3 scenes. The catalog cannot do all of this search itself: 5100 of its scenes were looked at, and there are others. Narrow the search to be sure.");
    assert_eq!(server.requests_to("POST /search").len(), 51);
}

#[test]
fn pages_are_read_until_the_filtered_scenes_suffice() {
    let classes = vec![format!("{ITEM_SEARCH}#sort")];
    let server = api(classes, search_link(), |request| {
        let start = body(request)["start"].as_u64().unwrap_or(0) as usize;
        let items: Vec<_> = (start..start + 100).map(item).collect();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"start": start + 100}});
        let links = if start < 900 { json!([next]) } else { json!([]) };
        reply(json!({"features": items, "links": links}))
    });
    let catalog = Catalog::stac(&server.url).unwrap();
    let scenes = |limit| catalog.search(square().filter("eo:cloud_cover", Op::Eq, 7).limit(limit)).unwrap();
    assert_eq!((ids(&scenes(2)), scenes(2).has_more()), (vec!["s00007", "s00107"], true));
    assert_eq!((scenes(10).len(), scenes(10).has_more()), (10, false), "there are ten");
    assert_eq!(scenes(11).len(), 10);
    // Sorted by coverage, the first scenes are known only when all have been read.
    let most = catalog.search(square().sort_by(SortBy::AoiCoverage).limit(4)).unwrap();
    assert_eq!((most.len(), most.has_more()), (4, true));
    assert!(!format!("{most:?}").contains("looked at"), "all were looked at: {most:?}");
}

#[test]
fn a_scene_on_two_pages_counts_once() {
    let server = api(filters("cql2-json"), search_link(), |request| {
        let start = body(request)["start"].as_u64().unwrap_or(0) as usize;
        let items: Vec<_> = (start..start + 4).map(item).collect();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"start": start + 2}});
        reply(json!({"features": items, "links": if start < 12 { json!([next]) } else { json!([]) }}))
    });
    let search = square().sort_by(SortBy::Newest).limit(9);
    let scenes = Catalog::stac(&server.url).unwrap().search(search).unwrap();
    assert_eq!((scenes.len(), scenes.has_more()), (9, true));
    assert_eq!(server.requests_to("POST /search").len(), 4);
}

/// Returns items with these cloud covers, in this order.
fn cloudy(clouds: &[usize]) -> Vec<Value> {
    clouds.iter().map(|cloud| item(*cloud)).collect()
}

/// Returns the fields that a POST sorts by.
fn sorted_by(request: &str) -> Vec<String> {
    let keys = body(request)["sortby"].as_array().cloned().unwrap_or_default();
    keys.iter().map(|key| key["field"].as_str().unwrap().to_owned()).collect()
}

/// Checks an order that is refused with status 500: stac-fastapi-geoparquet accepts no prefixes,
/// and pycsw refuses every order, though both declare sorting.
#[test]
fn a_refused_sort_order_is_sent_in_another_form() {
    for (known, count) in [("eo:cloud_cover", 2), ("nothing", 3)] {
        let server = api(filters("cql2-json"), search_link(), move |request| {
            let keys = sorted_by(request);
            match keys.first().map(String::as_str) {
                None => reply(json!({"features": cloudy(&[30, 10, 40, 20])})),
                Some(key) if key == known => reply(json!({"features": cloudy(&[10, 20, 30, 40])})),
                Some(_) => answer(500, "", br#"{"code": "RustacError", "description": "Binder Error"}"#),
            }
        });
        let catalog = Catalog::stac(&server.url).unwrap();
        let search = square().sort_by(SortBy::CloudCover).limit(3);
        let scenes = catalog.search(&search).unwrap();
        assert_eq!((ids(&scenes), scenes.has_more()), (vec!["s00010", "s00020", "s00030"], true));
        assert_eq!(server.requests_to("POST /search").len(), count, "each refusal costs one request");
        catalog.search(&search).unwrap();
        let again = server.requests_to("POST /search").len() - count;
        assert_eq!(again, if count == 2 { 1 } else { 3 }, "what the server knows is remembered");
    }
}

#[test]
fn a_sort_order_is_sent_only_if_it_is_needed() {
    let server = api(filters("cql2-json"), search_link(), |request| {
        let (body, newest) = (body(request), !sorted_by(request).is_empty());
        let limit = body["limit"].as_u64().unwrap() as usize;
        let mut items = cloudy(&[3, 1, 2]);
        for (nth, item) in items.iter_mut().enumerate() {
            item["properties"]["datetime"] = format!("2020-01-0{}T00:00:00Z", nth + 1).into();
        }
        if newest {
            items.reverse();
        }
        let links = if limit < 3 { json!([{"rel": "next", "href": "/search?page=2"}]) } else { json!([]) };
        items.truncate(limit);
        reply(json!({"features": items, "links": links}))
    });
    let orders = |server: &Server| {
        server.requests_to("POST /search").iter().map(|one| sorted_by(one)).collect::<Vec<_>>()
    };
    let catalog = Catalog::stac(&server.url).unwrap();
    assert_eq!(ids(&catalog.search(square().limit(4)).unwrap()), ["s00002", "s00001", "s00003"]);
    assert_eq!(orders(&server), [[""; 0]]);
    // The newest two of three are known only if the server sorts.
    assert_eq!(ids(&catalog.search(square().limit(2)).unwrap()), ["s00002", "s00001"]);
    let newest = vec!["properties.datetime".to_owned(), "id".to_owned()];
    assert_eq!(orders(&server), [vec![], vec![], newest]);
}

/// Checks a server like rustac with DuckDB: it sends as many items as requested, and no link to
/// more.
#[test]
fn without_next_links_a_larger_page_is_requested() {
    let server = api(vec![], search_link(), |request| {
        let limit = body(request)["limit"].as_u64().unwrap() as usize;
        reply(json!({"features": (0..limit.min(230)).map(item).collect::<Vec<_>>()}))
    });
    let catalog = Catalog::stac(&server.url).unwrap();
    let scenes = catalog.search(square().limit(200)).unwrap();
    assert_eq!((scenes.len(), scenes.has_more()), (200, true));
    assert_eq!(server.requests_to("POST /search").len(), 2);
    assert_eq!(catalog.search(square().limit(300)).unwrap().len(), 230);
}

#[test]
fn the_client_sorts_if_the_server_does_not() {
    let server = api(filters("cql2-json"), search_link(), |request| {
        let next =
            json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"page": 2}});
        match body(request)["page"].as_u64() {
            None => reply(json!({"features": cloudy(&[40, 30]), "links": [next]})),
            _ => reply(json!({"features": cloudy(&[20, 10])})),
        }
    });
    let catalog = Catalog::stac(&server.url).unwrap();
    let scenes = catalog.search(square().sort_by(SortBy::CloudCover).limit(2)).unwrap();
    assert_eq!(ids(&scenes), ["s00010", "s00020"]);
}

/// Returns a search in a circle with many corners, which fills the square.
fn circle(corners: usize) -> Search {
    let ring: Vec<[f64; 2]> = (0..=corners)
        .map(|nth| (nth % corners) as f64 / corners as f64 * std::f64::consts::TAU)
        .map(|angle| [0.5 + 0.5 * angle.cos(), 0.5 + 0.5 * angle.sin()])
        .collect();
    Search::new(Aoi::from_geojson(&json!({"type": "Polygon", "coordinates": [ring]}).to_string()).unwrap())
}

#[test]
fn an_area_too_large_for_a_server_is_sent_as_its_box() {
    for status in [400, 413, 500, 502, 504] {
        let server = api(filters("cql2-json"), search_link(), move |request| match request.len() > 10_000 {
            true => answer(status, "", b"<html>"),
            false => {
                let mut items = vec![item(1), item(2)];
                items[1]["geometry"] = json!({"type": "Point", "coordinates": [0.99, 0.99]});
                reply(json!({"features": items}))
            }
        });
        let scenes = Catalog::stac(&server.url).unwrap().search(circle(1000)).unwrap();
        assert_eq!(ids(&scenes), ["s00001"], "what lies in the box beside the area is left out");
        let requests = server.requests_to("POST /search");
        assert_eq!(
            (requests.len(), body(&requests[1])["bbox"].clone()),
            (2, json!([0.0, 0.0, 1.0, 1.0])),
            "{status}"
        );
    }
    let server = api(filters("cql2-json"), search_link(), |_| answer(413, "", b""));
    let error = Catalog::stac(&server.url).unwrap().search(circle(1000)).unwrap_err();
    insta::assert_snapshot!(error, @"search the catalog: POST /search: 413: the request is too large for the server: send less, such as an area with fewer corners");
}

#[test]
fn repeated_pages_end_the_search_with_a_note() {
    let page = std::sync::atomic::AtomicUsize::new(0);
    let server = api(vec![], search_link(), move |_| {
        let token = page.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"token": token}});
        reply(json!({"features": cloudy(&[3, 1, 2]), "links": [next]}))
    });
    let scenes = Catalog::stac(&server.url).unwrap().search(square()).unwrap();
    assert_eq!(ids(&scenes), ["s00001", "s00002", "s00003"]);
    insta::assert_debug_snapshot!(scenes, @"3 scenes. After 3 scenes the catalog sent a page of the same ones again, and says that there are more: there may be others. Narrow the search to be sure.");
    assert_eq!(server.requests_to("POST /search").len(), 2);

    let page = std::sync::atomic::AtomicUsize::new(0);
    let server =
        api(vec![], json!([{"rel": "search", "href": "search"}, {"rel": "data", "href": "c"}]), move |_| {
            let number = page.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let next = json!({"rel": "next", "href": format!("c?page={number}")});
            reply(json!({"collections": [{"id": "c"}], "links": [next]}))
        });
    assert_eq!(Catalog::stac(&server.url).unwrap().collections().unwrap().len(), 1);
    assert_eq!(server.requests_to("GET /c").len(), 2);
}

#[test]
fn the_json_search_link_is_chosen_not_the_html_page() {
    let links = json!([
        {"rel": "search", "href": "/search.html", "type": "text/html"},
        {"rel": "search", "href": "/search.xml", "type": "application/opensearchdescription+xml"},
        {"rel": "search", "href": "/search", "type": "Application/GEO+JSON; charset=utf-8", "method": "GET"},
        {"rel": "search", "href": "/search/post", "type": "application/geo+json", "method": "POST"},
        {"rel": "data", "href": "/collections.html", "type": "text/html"},
        {"rel": "data", "href": "/collections", "type": "application/json"},
    ]);
    let server = api(vec![], links, |request| match request.split(' ').nth(1).unwrap() {
        "/search/post" => answer(405, "", b""),
        path if path.starts_with("/search?") => reply(json!({"features": [item(1)]})),
        "/collections" => reply(json!({"collections": [{"id": "c"}]})),
        _ => answer(200, "Content-Type: text/html\r\n", b"<html>"),
    });
    let catalog = Catalog::stac(&server.url).unwrap();
    assert_eq!(ids(&catalog.search(square()).unwrap()), ["s00001"]);
    assert_eq!(catalog.collections().unwrap().len(), 1);
}

/// Checks a cursor in a header field (STAC API 1.0, "Paging").
#[test]
fn next_links_with_header_fields_are_followed() {
    let server = api(vec![], search_link(), |request| {
        let cursor = request.lines().find_map(|line| line.strip_prefix("search-after: ")).unwrap_or("0");
        let number: usize = cursor.parse().unwrap();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "headers": {"Search-After": format!("{}", number + 1)}});
        let wrong = number > 0 && body(request)["limit"].is_null();
        match number {
            _ if wrong => answer(400, "", b""),
            3 => reply(json!({"features": []})),
            number => reply(json!({"features": [item(number)], "links": [next]})),
        }
    });
    let scenes = Catalog::stac(&server.url).unwrap().search(square()).unwrap();
    assert_eq!(ids(&scenes), ["s00000", "s00001", "s00002"]);
}

/// Checks encoded responses without a request for one: RFC 9110, 12.5.3, allows any coding then.
#[test]
fn unrequested_content_encodings_are_decoded() {
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let server = Server::start(move |request| {
        let headers = "Content-Encoding: gzip\r\n";
        let links = json!([{"rel": "search", "href": "search"}]);
        match request.starts_with("GET / ") {
            true => answer(200, headers, &gzip(json!({"links": links}).to_string().as_bytes())),
            false => answer(200, headers, &gzip(json!({"features": [item(1)]}).to_string().as_bytes())),
        }
    });
    let catalog = Catalog::stac(&server.url).unwrap();
    assert_eq!(ids(&catalog.search(square()).unwrap()), ["s00001"]);
    let server = Server::start(move |_| {
        let mut bomb = gzip(&vec![b' '; 300_000_000]);
        bomb.truncate(400_000);
        answer(200, "Content-Encoding: gzip\r\n", &bomb)
    });
    let error = Catalog::stac(&server.url).unwrap_err().to_string();
    assert!(error.contains("the answer is larger than 256 MB, the most that is read at once"), "{error}");
}

/// Checks gateways that send every response with status 200.
#[test]
fn an_error_with_status_200_is_an_error() {
    let server = api(filters("cql2-json"), search_link(), |_| {
        reply(json!({"code": "BadRequest", "description": "datetime is not valid"}))
    });
    let error = Catalog::stac(&server.url).unwrap().search(square()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Response);
    insta::assert_snapshot!(error, @"search the catalog: read the page of scenes: 200: datetime is not valid");
    let server = Server::start(|_| reply(json!({"code": "Unavailable", "description": "back at noon"})));
    let error = Catalog::stac(&server.url).unwrap_err().to_string();
    assert!(error.ends_with("200: back at noon"), "{error}");
}

#[test]
fn a_url_without_a_stac_api_is_an_error() {
    let message = |landing: Vec<u8>| {
        let server = Server::start(move |_| landing.clone());
        let error = Catalog::stac(&server.url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Response);
        error.to_string().replace(&server.url, "URL")
    };
    insta::assert_snapshot!(message(answer(200, "", b"<html>")), @"STAC API `URL`: GET /: the answer (status 200, no content type) is not JSON and begins with \"<html>\": expected value at line 1 column 1");
    insta::assert_snapshot!(message(reply(json!({"name": "x"}))), @"STAC API `URL`: the landing page has no list `links`: it is not a STAC API");
    insta::assert_snapshot!(message(reply(json!({"links": [{"rel": "child", "href": "x"}]}))), @"STAC API `URL`: the landing page has no `search` link: it is no STAC API, or one without item search");
    for url in ["https://host/stac?key=hunter2", "https://me:hunter2@host/stac"] {
        let error = Catalog::stac(url).unwrap_err().to_string();
        assert!(error.contains("write no more than") && !error.contains("hunter2"), "{error}");
    }
    let error = Catalog::stac("planetarycomputer").unwrap_err().to_string();
    insta::assert_snapshot!(error, @"STAC API `planetarycomputer`: server `planetarycomputer` is not a URL: write `https://…`");
}

#[test]
fn conformance_and_collections_are_read_from_linked_pages() {
    let server = Server::start(|request| match request.split(' ').nth(1).unwrap() {
        "/api" => answer(302, "Location: /api/v1/\r\n", b""),
        "/api/v1/" => reply(json!({"links": [
            {"rel": "self", "href": "/api/v1/"}, {"rel": "search", "href": "./search"},
            {"rel": "conformance", "href": "classes"}, {"rel": "data", "href": "collections"},
        ]})),
        "/api/v1/classes" => {
            reply(json!({"conformsTo": [format!("{ITEM_SEARCH}#query"), format!("{ITEM_SEARCH}#sort")]}))
        }
        "/api/v1/collections" => reply(json!({
            "collections": [{"id": "c"}], "links": [{"rel": "next", "href": "collections?page=2"}],
        })),
        "/api/v1/collections?page=2" => reply(json!({"collections": [{"id": "d"}], "links": []})),
        "/api/v1/search" => reply(json!({"features": [item(1)]})),
        _ => answer(404, "", b""),
    });
    let catalog = Catalog::stac(format!("{}/api", server.url)).unwrap();
    let debug = format!("{catalog:?}").replace(&server.url, "URL");
    assert_eq!(debug, "Catalog(STAC API at URL/api: filters by `query`, sorts)");
    let names: Vec<_> = catalog.collections().unwrap().iter().map(|one| one.id.clone()).collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(ids(&catalog.search(square()).unwrap()), ["s00001"]);
    let error = catalog.queryables().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = catalog.hosts().search(square()).unwrap_err().to_string();
    assert_eq!(error, "search the catalog: a STAC API has no hosts: only UP42 does");
}

#[test]
fn the_error_of_a_refused_search_is_one_line() {
    let server = api(filters("cql2-json"), search_link(), |_| {
        let detail =
            json!({"detail": [{"loc": ["body", "sortby"], "msg": "gsd is not sortable"}]}).to_string();
        answer(400, "Content-Type: application/json\r\n", detail.as_bytes())
    });
    let error = Catalog::stac(&server.url).unwrap().search(square().sort_by(SortBy::Resolution)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    insta::assert_snapshot!(error, @"search the catalog: POST /search: 400: body.sortby: gsd is not sortable");
}

#[test]
fn quicklooks_of_an_open_catalog_need_no_login() {
    let simulator = Simulator::start().unwrap();
    let catalog = Catalog::stac(simulator.stac_url()).unwrap();
    insta::assert_snapshot!(format!("{catalog:?}").replace(simulator.stac_url().trim_end_matches('/'), "URL"), @"Catalog(STAC API at URL: filters by CQL2 JSON, sorts)");
    let scenes = catalog.search(Search::new(dakar()).limit(3)).unwrap();
    assert_eq!(catalog.download_quicklooks(&scenes).unwrap().pictures(), 3);
    assert!(simulator.requests().iter().all(|request| !request.path.contains("token")));
}
