use crate::Aoi;

#[test]
fn several_geometries_are_several_features() {
    let text = "POLYGON Z ((0 0 9, 1 0 9, 1 1 9, 0 0 9))\nPOINT EMPTY;\nMULTIPOLYGON(((2 0,3 0,3 1,2 0)),((4 0,5 0,5 1,4 0)))";
    let aoi = Aoi::from_wkt(text).unwrap();
    let parts: Vec<_> = aoi.features().iter().map(|feature| feature.geometry.0.len()).collect();
    assert_eq!(parts, [1, 2]);
    assert_eq!(aoi.bbox().to_array(), [0.0, 0.0, 5.0, 1.0]);
}

#[test]
fn coordinates_are_converted_by_their_srid() {
    let utm = Aoi::from_wkt(
        "SRID=32628;POLYGON((240000 1620000,250000 1620000,250000 1630000,240000 1630000,240000 1620000))",
    );
    assert!((utm.unwrap().area_km2() - 100.0).abs() < 0.5);
}

#[test]
fn parsing_time_is_linear() {
    for text in ["POINT EMPTY;", "POINT ZM empty\n", "POINT(1 2),"] {
        let message = Aoi::from_wkt(&text.repeat(99_999)).unwrap_err().to_string();
        assert_eq!(message, "there is no polygon: an AOI needs a Polygon or a MultiPolygon", "{text}");
    }
    let message = Aoi::from_wkt(&"POINT EMPTY;".repeat(100_001)).unwrap_err().to_string();
    assert!(message.ends_with("raise `ReadLimits::count`"), "{message}");
}

#[test]
fn errors_describe_the_invalid_input() {
    let message = |text: &str| Aoi::from_wkt(text).unwrap_err().to_string();
    insta::assert_snapshot!(message("POLYGON((0 0, 1 0"), @"not WKT: `POLYGON((0 0, 1 0` has no end");
    insta::assert_snapshot!(message("CIRCLE(1)"), @"geometry: not WKT: Invalid type encountered");
    insta::assert_snapshot!(message(&("(".repeat(100_000) + ")")), @"not WKT: it is nested more than 32 deep");
    insta::assert_snapshot!(message("POINT(1 2)"), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
    insta::assert_snapshot!(message(""), @"there is no feature: an AOI needs at least one polygon");
}
