//! Tests of searches on a real STAC server, compared with a pass over its files.

pub mod brute;
pub mod random;
mod server;

use std::cell::Cell;

use brute::{Item, Wanted};
use proptest::prelude::*;
use serde_json::json;
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
fn searches_find_what_a_pass_over_the_files_finds() {
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
fn every_way_to_ask_gives_the_same_rows_in_the_same_order() {
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

#[test]
fn a_server_leaves_out_what_is_not_asked_for() {
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
fn a_real_server_refuses_in_one_line() {
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
