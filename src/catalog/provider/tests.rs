//! Robustness tests: whatever a server sends, nothing panics. The documents have the real shape,
//! with odd values in some places.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::paging::{follow, follow_same, read_page};
use super::queryables::Queryables;
use super::scan::measure;
use super::stac::Stac;
use super::*;
use crate::catalog::search::order;
use crate::catalog::{Op, Scene, Scenes, SortBy};
use crate::transport::Request;
use up42_view::Aoi;

fn page() -> Value {
    let ring = json!([[0.0, 0.0], [1.5, 0.1], [1.4, 1.2], [0.1, 1.0], [0.0, 0.0]]);
    json!({
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "stac_version": "1.0.0", "id": "a", "collection": "c", "bbox": [0, 0, 1.5, 1.2],
             "geometry": {"type": "Polygon", "coordinates": [ring]},
             "properties": {"datetime": null, "start_datetime": "2020-01-01T00:00:00Z",
                "end_datetime": "2020-01-02T00:00:00Z", "eo:cloud_cover": 10.5, "gsd": 10, "view:off_nadir": 3,
                "platform": "x", "providers": [{"name": "p", "roles": ["host"]}], "instruments": ["msi"]},
             "assets": {"thumbnail": {"href": "./a.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}},
             "links": [{"rel": "self", "href": "https://host/items/a"}]},
            {"type": "Feature", "id": "b",
             "geometry": {"type": "MultiPolygon", "coordinates": [[ring], [[[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]]]},
             "properties": {"id": "b", "acquisitionDate": "2020-01-01T00:00:00Z", "cloudCoverage": 3, "resolution": 0.5,
                "providerName": "oneatlas", "up42:usageType": ["DATA"], "deliveryTime": "HOURS",
                "providerProperties": {"incidenceAngle": 12.5}}},
        ],
        "links": [{"rel": "next", "href": "/search?token=t", "method": "POST", "body": {"token": "t"}, "merge": true}],
    })
}

fn landing() -> Value {
    json!({
        "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search#filter", "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text"],
        "links": [{"rel": "search", "href": "search", "method": "GET"}, {"rel": "data", "href": "collections"},
            {"rel": "conformance", "href": "conformance"}, {"rel": "queryables", "href": "queryables"}],
    })
}

fn collections() -> Value {
    json!({
        "collections": [
            {"type": "Collection", "id": "c", "title": "C", "license": "other", "providers": [{"name": "p", "roles": ["producer"]}],
             "extent": {"spatial": {"bbox": [[-180, -90, 0, 180, 90, 9]]}, "temporal": {"interval": [["2015-06-27T10:25:31Z", null]]}},
             "summaries": {"gsd": [10, 20]}},
            {"name": "phr", "type": "ARCHIVE", "providers": [{"name": "o", "roles": ["HOST"]}],
             "metadata": {"productType": "OPTICAL", "resolutionValue": {"minimum": 0.5, "maximum": 1}}},
        ],
        "links": [{"rel": "next", "href": "collections?page=2"}],
    })
}

fn schema() -> Value {
    json!({"properties": {"gsd": {"type": ["number", "null"], "minimum": 0, "maximum": 9}, "platform": {"type": "string", "enum": ["a", 1]}}})
}

/// Generates a document with odd values in some places, at any depth.
fn odd(document: fn() -> Value) -> impl Strategy<Value = Value> {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!("https://["),
        json!("../../x?y#z"),
        json!("9999-12-31T23:59:59Z"),
        json!("-009999-01-01"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([[[0, 0], [0, 0], [0, 0]]]),
        json!([[[1e200, 0], [1, 1e9]]]),
        json!([null, 7]),
        json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}),
        json!({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0.5, 0.5]}]}),
        json!({"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [180, 0], [-90, 0], [0, 0]]]}),
        json!({"type": "LineString", "coordinates": [[0, 0], [0, 0]]}),
    ];
    vec((any::<Index>(), select(values.to_vec())), 0..6).prop_map(move |changes| {
        let mut document = document();
        for (place, value) in changes {
            let mut places = Vec::new();
            walk(&document, String::new(), &mut places);
            if let Some(found) = document.pointer_mut(place.get(&places).as_str()) {
                *found = value;
            }
        }
        document
    })
}

fn walk(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(nth, value)| walk(value, format!("{at}/{nth}"), places));
        }
        Value::Object(object) => {
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            object.iter().for_each(|(key, value)| walk(value, format!("{at}/{}", escaped(key)), places));
        }
        _ => {}
    }
    places.push(at);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_page_is_read_without_a_panic(json in odd(page)) {
        let before = Request::post("https://host/search", json!({"limit": 2}));
        let _ = read_page(json.clone(), "features", &before, follow_same);
        let aoi = Aoi::from_bbox([-1.0, -1.0, 1.0, 1.0]).unwrap();
        let search = Search::new(&aoi).between("2020-01-01", "..").resolution(..1.0).filter("gsd", Op::In, [1, 2]);
        if let Ok(page) = read_page(json, "features", &before, follow) {
            let read = |item: &Value| measure(Scene::read(item, &before.url), &aoi);
            let mut scenes: Vec<_> = page.items.iter().filter_map(read).collect();
            let _ = scenes.iter().filter(|scene| search.takes(scene, &search.conditions())).count();
            scenes.sort_by(|a, b| order(a, b, &[SortBy::CloudCover, SortBy::AoiCoverage]));
            let scenes = Scenes::new(scenes, false);
            prop_assert_eq!(scenes.to_dataframe().unwrap().height(), scenes.len());
        }
    }

    #[test]
    fn any_landing_page_and_list_is_read_without_a_panic(
        landing in odd(landing), collections in odd(collections), schema in odd(schema),
    ) {
        if let Ok(stac) = Stac::read(&landing, "https://host/stac") {
            let search = Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap()).max_cloud_cover(1.0);
            prop_assert_eq!(stac.plan(&search, RequestForm::first(&stac, &search)).unwrap().first.len(), 1);
        }
        let before = Request::get("https://host/stac/collections");
        if let Ok(page) = read_page(collections, "collections", &before, follow) {
            let read: Collections = page.items.iter().filter_map(Collection::read).collect();
            prop_assert_eq!(read.to_dataframe().unwrap().height(), read.len());
            let _ = read.table(..).bundle();
        }
        if let Ok(queryables) = Queryables::read(&schema) {
            prop_assert_eq!(queryables.to_dataframe().unwrap().height(), queryables.len());
        }
    }
}
