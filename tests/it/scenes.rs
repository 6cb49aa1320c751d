//! Tests that items of real servers become rows.

use std::path::PathBuf;

use polars::prelude::*;
use up42::catalog::{Scene, Scenes};
use up42::polars;

/// Returns a file of reference items; `None`, with a message, if it is missing.
pub fn items(name: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/items")).join(name);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{} is missing", file.display());
    eprintln!("skipped: {} is missing", file.display());
    None
}

pub const FILES: [(&str, usize); 6] = [
    ("sentinel-2-l2a.ndjson", 120),
    ("landsat-c2-l2.ndjson", 50),
    ("naip.ndjson", 40),
    ("earth-search-sentinel-1-grd.ndjson", 3),
    ("earth-search-sentinel-2-l2a.ndjson", 7),
    ("planet-disaster-data.ndjson", 5),
];

fn dtypes(frame: &DataFrame, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| frame.column(name).unwrap().dtype().to_string()).collect()
}

#[test]
fn every_item_of_every_catalog_is_a_row() {
    for (name, count) in FILES {
        let Some(file) = items(name) else { continue };
        let scenes = Scenes::read(&file).unwrap();
        assert_eq!(scenes.len(), count, "{name}");
        let frame = scenes.to_dataframe().unwrap();
        assert_eq!(frame.height(), count);
        for column in ["id", "collection", "datetime", "geometry", "west", "north"] {
            assert_eq!(frame.column(column).unwrap().null_count(), 0, "{name}: {column}");
        }
        assert!(scenes.iter().all(|scene| scene.note.is_none()), "{name}");
        let again = Scenes::read(&file).unwrap().to_dataframe().unwrap();
        assert!(frame.equals_missing(&again), "the same file, the same frame");
    }
}

#[test]
fn properties_have_the_type_of_their_values() {
    let Some(file) = items("sentinel-2-l2a.ndjson") else { return };
    let frame = Scenes::read(file).unwrap().to_dataframe().unwrap();
    let types = dtypes(
        &frame,
        &["platform", "sat:relative_orbit", "s2:water_percentage", "s2:generation_time", "instruments"],
    );
    assert_eq!(types, ["str", "i64", "f64", "datetime[ms]", "str"]);
    let instruments = frame.column("instruments").unwrap().str().unwrap().get(0);
    assert_eq!(instruments, Some(r#"["msi"]"#));
    let clouds = |name: &str| frame.column(name).unwrap().f64().unwrap().clone();
    assert!(clouds("cloud_cover").equal_missing(&clouds("eo:cloud_cover")).all());
    let names: Vec<_> = frame.get_column_names()[17..].iter().map(|name| name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(!names.contains(&"datetime"), "a name of ours is not repeated");
}

#[test]
fn quicklooks_of_each_catalog_are_found() {
    let with = |name: &str| {
        let scenes = Scenes::read(items(name)?).unwrap();
        Some(scenes.iter().filter(|scene| scene.has_quicklook()).count())
    };
    for (name, count) in FILES.into_iter().filter(|(name, _)| !name.starts_with("planet")) {
        if let Some(found) = with(name) {
            assert_eq!(found, count, "{name}");
        }
    }
}

#[test]
fn invalid_items_are_rows_with_nulls_and_a_note() {
    let text = r#"[
        {"id": "no-box", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"datetime": "2020-01-01T00:00:00Z"}},
        {"id": "range", "geometry": null, "properties": {"datetime": null, "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2020-02-01T00:00:00Z"}},
        {"id": "parts", "properties": {"datetime": "2020-01-01T00:00:00Z"}, "geometry": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, {"type": "Point", "coordinates": [5, 6]}]}},
        {"id": "broken", "geometry": {"type": "Polygon", "coordinates": "none"}, "properties": {"datetime": "soon"}},
        {"id": "old", "stac_version": "0.7.0", "properties": {"datetime": "2019-01-01T00:00:00Z", "collection": "landsat", "eo:cloud_cover": 7, "eo:gsd": 30,
            "eo:platform": "landsat-8"}, "geometry": null, "assets": {"thumbnail": {"href": "https://h/t.jpg"}}},
        {"id": "beta", "stac_version": "1.0.0-beta.2", "collection": "skysat", "properties": {"datetime": "2017-08-31T16:27:42.176605Z", "gsd": 0.9}},
        {"type": "Feature"}, 7
    ]"#;
    let scenes = Scenes::from_geojson(text).unwrap();
    let note = |scene: &Scene| scene.note.clone().unwrap_or_default();
    let notes: Vec<_> = scenes.iter().map(|scene| format!("{}: {}", scene.id, note(scene))).collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    no-box: 
    range: no footprint
    parts: 
    broken: the footprint cannot be read: `coordinates`: invalid type: string "none", expected a sequence at line 1 column 6; no acquisition date
    old: no footprint
    beta: no footprint
    unnamed-a6435456: no footprint; no id; no acquisition date
    unnamed-7902699b: no footprint; no id; no acquisition date
    "#);
    let frame = scenes.to_dataframe().unwrap();
    assert_eq!(frame.column("datetime").unwrap().null_count(), 3);
    assert_eq!(frame.column("east").unwrap().f64().unwrap().get(2), Some(1.0));
    let old = scenes.get("old").unwrap();
    assert_eq!(
        (old.collection.as_deref(), old.cloud_cover, old.resolution),
        (Some("landsat"), Some(7.0), Some(30.0))
    );
    assert!(old.has_quicklook());
    assert_eq!(scenes.select(&frame).unwrap().len(), 8, "each leads back");
}
