//! STAC APIs of every kind.

use serde_json::{Value, json};
use up42::simulator::Simulator;
use up42::{Aoi, Catalog, ErrorKind, Op, Scenes, Search, SortBy};

use crate::dakar;
use crate::server::{Server, answer, json as reply};

const ITEM_SEARCH: &str = "https://api.stacspec.org/v1.0.0/item-search";
const CQL2: &str = "http://www.opengis.net/spec/cql2/1.0/conf/";

fn square() -> Search {
    Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap())
}

/// An item in the square, with a cloud cover of its number.
fn item(number: usize) -> Value {
    json!({
        "id": format!("s{number:05}"), "collection": "c",
        "geometry": {"type": "Point", "coordinates": [0.5, 0.5]},
        "properties": {"datetime": "2020-01-01T00:00:00Z", "eo:cloud_cover": number % 100},
    })
}

/// A STAC API with a landing page of these classes and search links; `more` answers the rest.
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

/// The query of a GET, decoded.
fn asked(request: &str) -> Vec<(String, String)> {
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
fn a_server_that_takes_no_post_is_asked_by_get() {
    for status in [404, 405] {
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
        let scenes = Catalog::stac(&server.url).unwrap().search(square()).unwrap();
        assert_eq!(ids(&scenes), ["s00001", "s00002"]);
        assert_eq!(server.asked("POST").len(), 1);
        let first = asked(&server.asked("GET /search")[0]);
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
        server.asked("POST /search").pop().or_else(|| server.asked("GET /search").pop()).unwrap()
    };
    let search = || square().max_cloud_cover(20.0).filter("platform", Op::Eq, "it's");
    let cql2 = body(&seen(filters("cql2-json"), search()));
    assert_eq!(cql2["filter-lang"], "cql2-json");
    insta::assert_snapshot!(cql2["filter"], @r#"{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},20.0]},{"op":"=","args":[{"property":"platform"},"it's"]}]}"#);
    let text = asked(&seen(filters("cql2-text"), search()));
    let text = text.iter().find(|(name, _)| name == "filter").unwrap();
    insta::assert_snapshot!(text.1, @r#""eo:cloud_cover" <= 20.0 AND "platform" = 'it''s'"#);
    let query = body(&seen(vec![format!("{ITEM_SEARCH}#query")], search()));
    insta::assert_snapshot!(query["query"], @r#"{"eo:cloud_cover":{"lte":20.0},"platform":{"eq":"it's"}}"#);
    assert_eq!(query["sortby"], Value::Null, "the server does not sort");
    let nothing = body(&seen(vec![], search()));
    assert_eq!((&nothing["query"], &nothing["filter"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_long_area_is_asked_for_by_its_box_in_a_url() {
    let server = api(vec![], json!([{"rel": "search", "href": "/search", "method": "GET"}]), |_| {
        let beside = json!({"type": "Point", "coordinates": [0.99, 0.99]});
        let mut items = vec![item(1), item(2)];
        items[1]["geometry"] = beside;
        reply(json!({"features": items}))
    });
    let ring: Vec<[f64; 2]> = (0..=400)
        .map(|nth| f64::from(nth % 400) / 400.0 * std::f64::consts::TAU)
        .map(|angle| [0.5 + 0.5 * angle.cos(), 0.5 + 0.5 * angle.sin()])
        .collect();
    let circle = json!({"type": "Polygon", "coordinates": [ring]}).to_string();
    let scenes = Catalog::stac(&server.url).unwrap().search(Search::new(Aoi::from_geojson(&circle).unwrap()));
    assert_eq!(ids(&scenes.unwrap()), ["s00001"], "what lies in the box beside the area is left out");
    let query = asked(&server.asked("GET /search")[0]);
    assert!(query.iter().any(|(name, bbox)| name == "bbox" && bbox == "0.0,0.0,1.0,1.0"), "{query:?}");
}

/// A server with a million items that neither filters nor sorts.
fn endless() -> Server {
    api(vec![], search_link(), |request| {
        let start = body(request)["start"].as_u64().unwrap_or(0) as usize;
        let items: Vec<_> = (start..start + 100).map(item).collect();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"start": start + 100}});
        reply(json!({"features": items, "links": [next]}))
    })
}

#[test]
fn a_search_that_the_server_cannot_do_ends_and_says_so() {
    let server = endless();
    let catalog = Catalog::stac(&server.url).unwrap();
    let scenes = catalog.search(square().max_cloud_cover(0.0).limit(3)).unwrap();
    assert_eq!(ids(&scenes), ["s00000", "s00100", "s00200"]);
    assert!(scenes.has_more());
    insta::assert_debug_snapshot!(scenes, @"3 scenes. The catalog cannot do all of this search itself: 5100 of its scenes were looked at, and there are others. Narrow the search to be sure.");
    assert_eq!(server.asked("POST /search").len(), 51);
}

#[test]
fn what_is_filtered_here_is_read_until_there_is_enough() {
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
    // Of those that cover most, the first are known when all are.
    let most = catalog.search(square().sort_by(SortBy::AoiCoverage).limit(4)).unwrap();
    assert_eq!((most.len(), most.has_more()), (4, true));
    assert!(!format!("{most:?}").contains("looked at"), "all were looked at: {most:?}");
}

#[test]
fn a_scene_that_stands_on_two_pages_counts_once() {
    let server = api(filters("cql2-json"), search_link(), |request| {
        let start = body(request)["start"].as_u64().unwrap_or(0) as usize;
        let items: Vec<_> = (start..start + 4).map(item).collect();
        let next = json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"start": start + 2}});
        reply(json!({"features": items, "links": if start < 12 { json!([next]) } else { json!([]) }}))
    });
    let scenes = Catalog::stac(&server.url).unwrap().search(square().limit(9)).unwrap();
    assert_eq!((scenes.len(), scenes.has_more()), (9, true));
    assert_eq!(server.asked("POST /search").len(), 4);
}

#[test]
fn what_is_no_stac_api_is_told() {
    let told = |landing: Vec<u8>| {
        let server = Server::start(move |_| landing.clone());
        let error = Catalog::stac(&server.url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Response);
        error.to_string().replace(&server.url, "URL")
    };
    insta::assert_snapshot!(told(answer(200, "", b"<html>")), @"STAC API `URL`: GET /: the answer (status 200, no content type) is not JSON and begins with \"<html>\": expected value at line 1 column 1");
    insta::assert_snapshot!(told(reply(json!({"name": "x"}))), @"STAC API `URL`: the landing page has no list `links`: it is not a STAC API");
    insta::assert_snapshot!(told(reply(json!({"links": [{"rel": "child", "href": "x"}]}))), @"STAC API `URL`: the landing page has no `search` link: it is no STAC API, or one without item search");
    for url in ["https://host/stac?key=hunter2", "https://me:hunter2@host/stac"] {
        let error = Catalog::stac(url).unwrap_err().to_string();
        assert!(error.contains("write no more than") && !error.contains("hunter2"), "{error}");
    }
    let error = Catalog::stac("planetarycomputer").unwrap_err().to_string();
    insta::assert_snapshot!(error, @"STAC API `planetarycomputer`: server `planetarycomputer` is not a URL: write `https://…`");
}

#[test]
fn classes_and_collections_may_stand_on_other_pages() {
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
    let told = format!("{catalog:?}").replace(&server.url, "URL");
    assert_eq!(told, "Catalog(STAC API at URL/api: filters by `query`, sorts)");
    let names: Vec<_> = catalog.collections().unwrap().iter().map(|one| one.id.clone()).collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(ids(&catalog.search(square()).unwrap()), ["s00001"]);
    let error = catalog.queryables().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = catalog.hosts().search(square()).unwrap_err().to_string();
    assert_eq!(error, "search the catalog: a STAC API has no hosts: only UP42 does");
}

#[test]
fn a_refused_filter_is_told_in_one_line() {
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
