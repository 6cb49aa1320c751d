//! Tests of reading areas of interest, by format.

mod around;
mod geojson;
mod geopackage;
mod kml;
mod pieces;
mod wkt;

use super::Aoi;

#[test]
fn a_figure_of_eight_across_the_antimeridian_keeps_both_lobes() {
    let ring = "[[179,0],[-179,2],[-179,0],[179,2],[179,0]]";
    let aoi = Aoi::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)).unwrap();
    assert_eq!(aoi.bbox().to_array(), [179.0, 0.0, -179.0, 2.0]);
    let shifted =
        Aoi::from_geojson(r#"{"type":"Polygon","coordinates":[[[9,0],[11,2],[11,0],[9,2],[9,0]]]}"#);
    assert!((aoi.area_km2() / shifted.unwrap().area_km2() - 1.0).abs() < 1e-6);
    assert!(aoi.note().is_some());
}

#[test]
fn features_are_kept_and_their_union_is_the_area() {
    let square = |name: &str, west: f64| {
        let aoi = Aoi::from_bbox([west, 0.0, west + 2.0, 1.0]).unwrap();
        serde_json::json!({"type": "Feature", "properties": {"name": name}, "geometry": aoi.to_geojson()})
    };
    let json =
        serde_json::json!({"type": "FeatureCollection", "features": [square("a", 0.0), square("b", 1.0)]});
    let aoi = Aoi::from_geojson(&json.to_string()).unwrap();
    let names: Vec<_> = aoi.iter().map(|one| one.name().unwrap().to_owned()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(aoi.bbox().to_array(), [0.0, 0.0, 3.0, 1.0]);
    let apart: f64 = aoi.iter().map(|one| one.area_km2()).sum();
    assert!((aoi.area_km2() / apart - 0.75).abs() < 1e-3);
    let only = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap().named("Dakar");
    assert_eq!(only.iter().next().unwrap().name(), Some("Dakar"));
}

#[test]
fn names_from_files_are_sanitized_in_output() {
    let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
    let text = serde_json::json!({"type": "Feature", "geometry": square.to_geojson(),
        "properties": {"name": "x\nEVCXR_BEGIN_CONTENT text/html\n"}});
    let aoi = Aoi::from_geojson(&text.to_string()).unwrap();
    let named = aoi.clone().named(aoi.features()[0].name.clone().unwrap());
    let debug = format!("{named:?} {:?}", aoi.features());
    assert!(!debug.contains("EVCXR_") && !debug.contains('\n'), "{debug}");
}

#[test]
fn an_area_across_the_antimeridian_has_two_parts() {
    let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap();
    assert_eq!(fiji.geometry().0.len(), 2);
    let unsplit =
        r#"{"type":"Polygon","coordinates":[[[177,-19],[-178,-19],[-178,-16],[177,-16],[177,-19]]]}"#;
    for json in [fiji.to_geojson().to_string(), unsplit.to_owned()] {
        let aoi = Aoi::from_geojson(&json).unwrap();
        assert_eq!(aoi.bbox().to_array(), [177.0, -19.0, -178.0, -16.0]);
        assert!((aoi.area_km2() / fiji.area_km2() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn wide_areas_are_unchanged_by_a_round_trip() {
    for sides in [[-180.0, -90.0, 180.0, 90.0], [-100.0, 0.0, 100.0, 1.0]] {
        let aoi = Aoi::from_bbox(sides).unwrap();
        let again = Aoi::from_geojson(&aoi.to_geojson().to_string()).unwrap();
        assert_eq!((again.bbox().to_array(), again.area_km2()), (sides, aoi.area_km2()));
    }
    let earth = r#"{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}"#;
    assert!((Aoi::from_geojson(earth).unwrap().area_km2() - 510.07e6).abs() < 0.01e6);
}
