use crate::Aoi;

fn feature(name: &str, west: u32) -> String {
    format!(
        r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},0],[{},0],[{},1],[{west},0]]]}}}}"#,
        west + 1,
        west + 1
    )
}

#[test]
fn sequences_of_geojson_texts_are_read() {
    let (a, b) = (feature("a", 0), feature("b", 5));
    let collection = format!("{{\n\"type\": \"FeatureCollection\",\n\"features\": [{a}, {b}]}}");
    for text in [
        format!("{a}\n{b}"),
        format!("{a}\r\n\r\n{b}\r\n"),
        format!("\u{1e}{a}\n\u{1e}{b}\n"),
        format!("{a}{b}"),
        collection.clone(),
    ] {
        let aoi = Aoi::from_geojson(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let names: Vec<_> = aoi.features().iter().map(|feature| feature.name.clone().unwrap()).collect();
        assert_eq!(names, ["a", "b"], "{text}");
    }
    let both = format!("{collection}\n{}", feature("c", 9));
    assert_eq!(Aoi::from_geojson(&both).unwrap().features().len(), 3);
}

#[test]
fn mixed_sequences_of_texts_are_refused() {
    let message = |text: &str| Aoi::from_geojson(text).unwrap_err().to_string();
    let moved = feature("b", 5).replacen('{', r#"{"crs":{"properties":{"name":"EPSG:3857"}},"#, 1);
    let both = format!("{}\n{moved}", feature("a", 0));
    insta::assert_snapshot!(message(&both), @"its texts are in several coordinate systems: write each into a file of its own");
    let cut = format!("{}\n{}", feature("a", 0), &moved[..60]);
    insta::assert_snapshot!(message(&cut), @"not GeoJSON: EOF while parsing an object at line 2 column 60");
    insta::assert_snapshot!(message("\u{1e}\n"), @"not GeoJSON: there is no text");
    insta::assert_snapshot!(message(r#"{"type":"Topology","objects":{}}"#), @"not GeoJSON: unknown variant `Topology`, expected one of `Point`, `LineString`, `Polygon`, `MultiPoint`, `MultiLineString`, `MultiPolygon`, `GeometryCollection` at line 1 column 18");
    insta::assert_snapshot!(message(r#"{"type":"FeatureCollection","features":{}}"#), @"not GeoJSON: `features` should be a list");
}

#[test]
fn nesting_is_bounded() {
    let deep = r#"{"type":"GeometryCollection","geometries":["#.repeat(50_000);
    let message = Aoi::from_geojson(&deep).unwrap_err().to_string();
    assert!(message.starts_with("not GeoJSON: "), "{message}");
    let closed = deep + &"]}".repeat(50_000);
    let message = Aoi::from_geojson(&closed).unwrap_err().to_string();
    assert!(message.starts_with("not GeoJSON: recursion limit"), "{message}");
}
