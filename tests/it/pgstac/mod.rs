//! Tests of searches on a real STAC server, compared with a pass over its files.

pub mod brute;
pub mod random;
mod server;

use std::cell::Cell;

use brute::{Item, Wanted};
use geo::{Geometry, Intersects, Rect};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use up42::catalog::{Catalog, Op, Scenes, Search, SortBy};
use up42::{Aoi, ErrorKind};

use crate::server::{Server, json as answer};
use server::Stac;

/// Search, as the library's and as the test's own type.
#[derive(Clone, Debug)]
pub struct Question {
    pub search: Search,
    pub wanted: Wanted,
}

/// Runs the search, and compares its result with the items.
pub fn ask(catalog: &Catalog, items: &[Item], question: &Question) -> Result<Scenes, TestCaseError> {
    let scenes = catalog.search(&question.search).unwrap();
    let found: Vec<_> =
        scenes.iter().map(|scene| (scene.collection.clone().unwrap(), scene.id.clone())).collect();
    let expected = question.wanted.of(items);
    let limit = question.search.limit;
    let first: Vec<_> =
        expected.iter().take(limit).map(|item| (item.collection.clone(), item.id.clone())).collect();
    prop_assert_eq!(found, first, "{:?} of {:?}", question, catalog);
    prop_assert_eq!(scenes.has_more(), expected.len() > limit, "{:?} of {:?}", question, catalog);
    Ok(scenes)
}

/// Starts a server whose landing page links to a real server, but declares fewer capabilities.
fn narrowed(stac: &str, classes: &'static [&'static str], method: &'static str) -> Server {
    let (search, collections) = (format!("{stac}/search"), format!("{stac}/collections"));
    Server::start(move |_| {
        answer(json!({
            "type": "Catalog", "id": "narrow", "stac_version": "1.0.0", "description": "", "conformsTo": classes,
            "links": [
                {"rel": "search", "href": search, "method": method},
                {"rel": "data", "href": collections},
            ],
        }))
    })
}

#[test]
fn searches_match_a_scan_of_the_files() {
    let Some(stac) = Stac::started() else { return };
    let items = brute::items(&stac.folder);
    assert_eq!(items.len(), 225);
    let text = narrowed(
        &stac.all,
        &[
            "https://api.stacspec.org/v1.0.0/item-search#filter",
            "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
            "https://api.stacspec.org/v1.0.0/item-search#sort",
        ],
        "GET",
    );
    let bare = narrowed(&stac.plain, &[], "GET");
    // Filters as CQL2-JSON, as `query`, as CQL2 text in a URL; only area and dates, by POST and by
    // GET.
    let urls = [&stac.all, &stac.query, &text.url, &stac.plain, &bare.url];
    let catalogs = urls.map(|url| Catalog::stac(url).unwrap());
    let config = ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() };
    let (some, more) = (Cell::new(0), Cell::new(0));
    proptest!(config, |(question in random::question(items.clone()), which in 0..catalogs.len())| {
        let scenes = ask(&catalogs[which], &items, &question)?;
        some.set(some.get() + u32::from(!scenes.is_empty()));
        more.set(more.get() + u32::from(scenes.has_more()));
    });
    // Searches without results would prove nothing.
    assert!(some.get() > 12 && more.get() > 1, "{} found something, {} had more", some.get(), more.get());
}

#[test]
fn every_form_of_request_has_the_same_result() {
    let Some(stac) = Stac::started() else { return };
    let area = Aoi::from_bbox([-180.0, -90.0, 180.0, 90.0]).unwrap();
    let search = Search::new(&area)
        .max_cloud_cover(60.0)
        .filter("platform", Op::In, ["landsat-8", "Sentinel-2B"])
        .sort_by(SortBy::CloudCover)
        .then_by(SortBy::Newest)
        .limit(42);
    let rows = |url: &str| {
        let scenes = Catalog::stac(url).unwrap().search(&search).unwrap();
        assert!(scenes.has_more());
        scenes.iter().map(|scene| scene.id.clone()).collect::<Vec<_>>()
    };
    let first = rows(&stac.all);
    assert_eq!(first.len(), 42);
    for url in [&stac.all, &stac.query, &stac.plain] {
        assert_eq!(rows(url), first, "{url}");
    }
}

/// Condition on an item.
type Test = fn(&Item) -> bool;

/// Returns filters as text and as JSON, each with the same condition on an item. As in SQL, a
/// comparison with a missing value is neither true nor false.
fn whole_filters() -> [(&'static str, Value, Test); 8] {
    fn cloud_cover(item: &Item) -> Option<f64> {
        item.number("eo:cloud_cover")
    }
    fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
        item.properties.get(name).and_then(Value::as_str)
    }
    fn platform(item: &Item) -> Option<&str> {
        text(item, "platform")
    }
    let (cloud, name) = (json!({"property": "eo:cloud_cover"}), json!({"property": "platform"}));
    let casei = |text: &str| json!({"op": "casei", "args": [text]});
    [
        (
            "eo:cloud_cover < 10 AND (platform = 'Sentinel-2A' OR platform = 'sentinel-2b')",
            json!({"op": "and", "args": [
                {"op": "<", "args": [cloud, 10]},
                {"op": "or", "args": [
                    {"op": "=", "args": [name, "Sentinel-2A"]},
                    {"op": "=", "args": [name, "sentinel-2b"]},
                ]},
            ]}),
            |item| {
                cloud_cover(item).is_some_and(|percent| percent < 10.0)
                    && matches!(platform(item), Some("Sentinel-2A" | "sentinel-2b"))
            },
        ),
        (
            "NOT (platform LIKE 'landsat-%' OR eo:cloud_cover > 20)",
            json!({"op": "not", "args": [{"op": "or", "args": [
                {"op": "like", "args": [name, "landsat-%"]},
                {"op": ">", "args": [cloud, 20]},
            ]}]}),
            |item| {
                platform(item).is_some_and(|name| !name.starts_with("landsat-"))
                    && cloud_cover(item).is_some_and(|percent| percent <= 20.0)
            },
        ),
        (
            "platform NOT LIKE 'Sentinel%' AND eo:cloud_cover BETWEEN 5 AND 50",
            json!({"op": "and", "args": [
                {"op": "not", "args": [{"op": "like", "args": [name, "Sentinel%"]}]},
                {"op": "between", "args": [cloud, 5, 50]},
            ]}),
            |item| {
                platform(item).is_some_and(|name| !name.starts_with("Sentinel"))
                    && cloud_cover(item).is_some_and(|percent| (5.0..=50.0).contains(&percent))
            },
        ),
        (
            "S_INTERSECTS(geometry, POLYGON((-112 35, -100 35, -100 45, -112 45, -112 35))) \
             AND T_AFTER(datetime, TIMESTAMP('2024-01-01T00:00:00Z'))",
            json!({"op": "and", "args": [
                {"op": "s_intersects", "args": [{"property": "geometry"}, {
                    "type": "Polygon",
                    "coordinates": [[[-112, 35], [-100, 35], [-100, 45], [-112, 45], [-112, 35]]],
                }]},
                {"op": "t_after", "args": [
                    {"property": "datetime"}, {"timestamp": "2024-01-01T00:00:00Z"},
                ]},
            ]}),
            |item| {
                let area = Geometry::Polygon(Rect::new((-112.0, 35.0), (-100.0, 45.0)).to_polygon());
                item.shape.intersects(&area) && item.first > instant("2024-01-01T00:00:00Z")
            },
        ),
        (
            "CASEI(platform) IN (CASEI('SENTINEL-2B'), CASEI('landsat-9'))",
            json!({"op": "in", "args": [
                {"op": "casei", "args": [name]},
                [casei("SENTINEL-2B"), casei("landsat-9")],
            ]}),
            |item| {
                platform(item).is_some_and(|name| {
                    ["sentinel-2b", "landsat-9"].iter().any(|one| one.eq_ignore_ascii_case(name))
                })
            },
        ),
        (
            "eo:cloud_cover IS NULL AND (naip:state IN ('mt', 'id') OR gsd < 0.5)",
            json!({"op": "and", "args": [
                {"op": "isNull", "args": [cloud]},
                {"op": "or", "args": [
                    {"op": "in", "args": [{"property": "naip:state"}, ["mt", "id"]]},
                    {"op": "<", "args": [{"property": "gsd"}, 0.5]},
                ]},
            ]}),
            |item| {
                let is_named = matches!(text(item, "naip:state"), Some("mt" | "id"));
                cloud_cover(item).is_none() && (is_named || item.number("gsd").is_some_and(|gsd| gsd < 0.5))
            },
        ),
        (
            "eo:cloud_cover + 1 < view:sun_elevation / 10",
            json!({"op": "<", "args": [
                {"op": "+", "args": [cloud, 1]},
                {"op": "/", "args": [{"property": "view:sun_elevation"}, 10]},
            ]}),
            |item| {
                let both = cloud_cover(item).zip(item.number("view:sun_elevation"));
                both.is_some_and(|(percent, degrees)| percent + 1.0 < degrees / 10.0)
            },
        ),
        (
            "T_INTERSECTS(datetime, INTERVAL('2023-01-01T00:00:00Z', '2024-01-01T00:00:00Z'))",
            json!({"op": "t_intersects", "args": [
                {"property": "datetime"}, {"interval": ["2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"]},
            ]}),
            |item| {
                item.first <= instant("2024-01-01T00:00:00Z") && item.last >= instant("2023-01-01T00:00:00Z")
            },
        ),
    ]
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn whole_filters_match_a_scan_of_the_files() {
    let Some(stac) = Stac::started() else { return };
    let items = brute::items(&stac.folder);
    let text = narrowed(
        &stac.all,
        &[
            "https://api.stacspec.org/v1.0.0/item-search#filter",
            "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
            "https://api.stacspec.org/v1.0.0/item-search#sort",
        ],
        "GET",
    );
    let (json, text) = (Catalog::stac(&stac.all).unwrap(), Catalog::stac(&text.url).unwrap());
    let found = |catalog: &Catalog, search: Search| {
        let scenes = catalog.search(search.limit(items.len())).unwrap();
        let mut ids: Vec<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
        ids.sort();
        ids
    };
    for (filter, as_json, test) in whole_filters() {
        let mut expected: Vec<_> =
            items.iter().filter(|item| test(item)).map(|item| item.id.clone()).collect();
        expected.sort();
        assert!(!expected.is_empty() && expected.len() < items.len(), "{filter}");
        let search = |filter: Value| Search::anywhere().cql2(filter).unwrap();
        assert_eq!(found(&json, search(filter.into())), expected, "{filter}");
        assert_eq!(found(&text, search(filter.into())), expected, "{filter}");
        assert_eq!(found(&json, search(as_json)), expected, "{filter} as JSON");
        // With a condition, which the client checks as well.
        let both = search(filter.into()).max_cloud_cover(5.0);
        let is_clear = |item: &Item| item.number("eo:cloud_cover").is_some_and(|percent| percent <= 5.0);
        expected.retain(|id| items.iter().any(|item| item.id == *id && is_clear(item)));
        assert_eq!(found(&json, both.clone()), expected, "{filter} and a condition");
        assert_eq!(found(&text, both), expected, "{filter} and a condition");
    }
}

#[test]
fn fields_limit_the_properties_of_the_response() {
    let Some(stac) = Stac::started() else { return };
    let get = narrowed(
        &stac.all,
        &[
            "https://api.stacspec.org/v1.0.0/item-search#fields",
            "https://api.stacspec.org/v1.0.0/item-search#sort",
        ],
        "GET",
    );
    let area = Aoi::from_bbox([-180.0, -90.0, 180.0, 90.0]).unwrap();
    let search = Search::new(&area)
        .collections(["sentinel-2-l2a"])
        .max_cloud_cover(50.0)
        .filter("s2:mgrs_tile", Op::Gt, "2")
        .limit(20);
    for url in [&stac.all, &get.url] {
        let catalog = Catalog::stac(url).unwrap();
        let whole = catalog.search(&search).unwrap();
        let bare = catalog.search(search.clone().fields(["s2:product_type"])).unwrap();
        assert_eq!(bare.len(), 20);
        for (bare, whole) in bare.iter().zip(&whole) {
            let same = (&bare.id, bare.datetime, bare.cloud_cover, &bare.footprint);
            assert_eq!(same, (&whole.id, whole.datetime, whole.cloud_cover, &whole.footprint));
            assert_eq!(bare.properties["s2:product_type"], whole.properties["s2:product_type"]);
            assert!(whole.properties.contains_key("s2:product_uri"));
            assert!(!bare.properties.contains_key("s2:product_uri"), "{:?}", bare.properties);
            assert_eq!(bare.has_quicklook(), whole.has_quicklook());
        }
    }
}

#[test]
fn collections_and_queryables_are_listed() {
    let Some(stac) = Stac::started() else { return };
    let catalog = Catalog::stac(&stac.all).unwrap();
    let collections = catalog.collections().unwrap();
    let mut names: Vec<_> = collections.iter().map(|one| one.id.as_str()).collect();
    names.sort();
    assert_eq!(names, ["landsat-c2-l2", "naip", "planet-disaster-data", "sentinel-1-grd", "sentinel-2-l2a"]);
    let naip = collections.get("naip").unwrap();
    assert_eq!((naip.resolution_min, naip.resolution_max), (Some(0.6), Some(1.0)));
    assert_eq!(naip.bbox.unwrap().to_array(), [-124.784, 24.744, -66.951, 49.346]);
    assert_eq!(collections.to_dataframe().unwrap().height(), 5);
    let queryables = catalog.queryables().unwrap();
    assert_eq!(queryables.get("eo:cloud_cover").unwrap().kind.as_deref(), Some("number"));
}

#[test]
fn the_error_of_a_real_server_is_one_line() {
    let Some(stac) = Stac::started() else { return };
    let catalog = Catalog::stac(&stac.all).unwrap();
    let search = || Search::new(Aoi::from_bbox([-125.0, 24.0, -66.0, 50.0]).unwrap());
    let error = catalog.search(search().collections(["naip", "landsat-c2-12"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    insta::assert_snapshot!(error, @"search the catalog: there is no collection `landsat-c2-12`: did you mean `landsat-c2-l2`, `planet-disaster-data`, `sentinel-2-l2a`?");
    let error = catalog.search(search().collections(["NAIP"])).unwrap_err().to_string();
    assert!(error.contains("there is no collection `NAIP`: did you mean `naip`"), "{error}");
    let error = Catalog::stac(format!("{}/collections/naip", stac.all)).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "the landing page has no `search` link: it is no STAC API, or one without item search"
        ),
        "{error}"
    );
    let error = Catalog::stac(format!("{}/nowhere", stac.all)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().ends_with("GET /nowhere: 404: Not Found"), "{error}");
}
