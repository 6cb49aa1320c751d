use proptest::prelude::*;
use serde_json::json;

use super::*;

fn json_of(text: &str) -> Value {
    Cql2::new(text).unwrap().json().clone()
}

fn error_of(expression: impl Into<Value>) -> String {
    let error = Cql2::new(expression).unwrap_err();
    assert_eq!(error.kind(), up42_core::ErrorKind::InvalidInput);
    error.to_string()
}

/// Pairs of text and JSON from the examples that OGC publishes with the standard
/// (opengeospatial/ogcapi-features, `cql2/standard/schema/examples`, version 1.0).
#[test]
fn text_is_read_as_the_json_of_the_standard() {
    let pairs = [
        (r#"avg(windSpeed) < 4"#, r#"{"op":"<","args":[{"op":"avg","args":[{"property":"windSpeed"}]},4]}"#),
        (r#"city='Toronto'"#, r#"{"op":"=","args":[{"property":"city"},"Toronto"]}"#),
        (r#"balance-150.0 > 0"#, r#"{"op":">","args":[{"op":"-","args":[{"property":"balance"},150.0]},0]}"#),
        (
            r#"updated >= date('1970-01-01')"#,
            r#"{"op":">=","args":[{"property":"updated"},{"date":"1970-01-01"}]}"#,
        ),
        (
            r#"geometry IS NOT NULL"#,
            r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"geometry"}]}]}"#,
        ),
        (r#"name LIKE 'Smith%'"#, r#"{"op":"like","args":[{"property":"name"},"Smith%"]}"#),
        (r#"depth BETWEEN 100.0 and 150.0"#, r#"{"op":"between","args":[{"property":"depth"},100.0,150.0]}"#),
        (
            r#"cityName IN ('Toronto','Frankfurt','Tokyo','New York')"#,
            r#"{"op":"in","args":[{"property":"cityName"},["Toronto","Frankfurt","Tokyo","New York"]]}"#,
        ),
        (
            r#"category NOT IN (1,2,3,4)"#,
            r#"{"op":"not","args":[{"op":"in","args":[{"property":"category"},[1,2,3,4]]}]}"#,
        ),
        (
            r#"CASEI(road_class) IN (CASEI('Οδος'),CASEI('Straße'))"#,
            r#"{"op":"in","args":[{"op":"casei","args":[{"property":"road_class"}]},[{"op":"casei","args":["Οδος"]},{"op":"casei","args":["Straße"]}]]}"#,
        ),
        (
            r#"ACCENTI(etat_vol) = ACCENTI('débárquér')"#,
            r#"{"op":"=","args":[{"op":"accenti","args":[{"property":"etat_vol"}]},{"op":"accenti","args":["débárquér"]}]}"#,
        ),
        (
            r#"S_INTERSECTS(geometry,POINT(36.319836 32.288087))"#,
            r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[36.319836,32.288087]}]}"#,
        ),
        (
            r#"T_INTERSECTS(event_time, INTERVAL('1969-07-16T05:32:00Z', '1969-07-24T16:50:35Z'))"#,
            r#"{"op":"t_intersects","args":[{"property":"event_time"},{"interval":["1969-07-16T05:32:00Z","1969-07-24T16:50:35Z"]}]}"#,
        ),
        (
            r#"T_DURING(INTERVAL(touchdown, liftOff), INTERVAL('1969-07-16T13:32:00Z', '1969-07-24T16:50:35Z'))"#,
            r#"{"op":"t_during","args":[{"interval":[{"property":"touchdown"},{"property":"liftOff"}]},{"interval":["1969-07-16T13:32:00Z","1969-07-24T16:50:35Z"]}]}"#,
        ),
        (
            r#"A_CONTAINS(layer:ids, ('layers-ca','layers-us'))"#,
            r#"{"op":"a_contains","args":[{"property":"layer:ids"},["layers-ca","layers-us"]]}"#,
        ),
        (
            r#"S_WITHIN(road,Buffer(geometry,10,'m'))"#,
            r#"{"op":"s_within","args":[{"property":"road"},{"op":"Buffer","args":[{"property":"geometry"},10,"m"]}]}"#,
        ),
        (
            r#"eo:cloud_cover < 0.1 AND landsat:wrs_row=28 AND landsat:wrs_path=203"#,
            r#"{"op":"and","args":[{"op":"<","args":[{"property":"eo:cloud_cover"},0.1]},{"op":"=","args":[{"property":"landsat:wrs_row"},28]},{"op":"=","args":[{"property":"landsat:wrs_path"},203]}]}"#,
        ),
        (
            r#"eo:cloud_cover BETWEEN 0.1 AND 0.2 AND landsat:wrs_row=28 AND landsat:wrs_path=203"#,
            r#"{"op":"and","args":[{"op":"between","args":[{"property":"eo:cloud_cover"},0.1,0.2]},{"op":"=","args":[{"property":"landsat:wrs_row"},28]},{"op":"=","args":[{"property":"landsat:wrs_path"},203]}]}"#,
        ),
        (
            r#"owner NOT LIKE '%Mike%'"#,
            r#"{"op":"not","args":[{"op":"like","args":[{"property":"owner"},"%Mike%"]}]}"#,
        ),
        (r#"swimming_pool = true"#, r#"{"op":"=","args":[{"property":"swimming_pool"},true]}"#),
        (
            r#"swimming_pool=true AND (floors>5 OR material LIKE 'brick%' OR material LIKE '%brick')"#,
            r#"{"op":"and","args":[{"op":"=","args":[{"property":"swimming_pool"},true]},{"op":"or","args":[{"op":">","args":[{"property":"floors"},5]},{"op":"like","args":[{"property":"material"},"brick%"]},{"op":"like","args":[{"property":"material"},"%brick"]}]}]}"#,
        ),
        (
            r#"(floors>5 AND material='brick') OR swimming_pool=true"#,
            r#"{"op":"or","args":[{"op":"and","args":[{"op":">","args":[{"property":"floors"},5]},{"op":"=","args":[{"property":"material"},"brick"]}]},{"op":"=","args":[{"property":"swimming_pool"},true]}]}"#,
        ),
        (
            r#"NOT (floors<5) OR swimming_pool=true"#,
            r#"{"op":"or","args":[{"op":"not","args":[{"op":"<","args":[{"property":"floors"},5]}]},{"op":"=","args":[{"property":"swimming_pool"},true]}]}"#,
        ),
        (
            r#"T_AFTER(built,DATE('2012-06-05'))"#,
            r#"{"op":"t_after","args":[{"property":"built"},{"date":"2012-06-05"}]}"#,
        ),
        (
            r#"floors>5 AND S_WITHIN(geometry,BBOX(-118,33.8,-117.9,34))"#,
            r#"{"op":"and","args":[{"op":">","args":[{"property":"floors"},5]},{"op":"s_within","args":[{"property":"geometry"},{"bbox":[-118,33.8,-117.9,34]}]}]}"#,
        ),
        (
            r#"CASEI(geophys:SURVEY_NAME) LIKE CASEI('%calcutta%')"#,
            r#"{"op":"like","args":[{"op":"casei","args":[{"property":"geophys:SURVEY_NAME"}]},{"op":"casei","args":["%calcutta%"]}]}"#,
        ),
        (
            r#""id" <> 'fa7e1920-9107-422d-a3db-c468cbc5d6df'"#,
            r#"{"op":"<>","args":[{"property":"id"},"fa7e1920-9107-422d-a3db-c468cbc5d6df"]}"#,
        ),
        (
            r#"NOT "value" BETWEEN 10 AND 20"#,
            r#"{"op":"not","args":[{"op":"between","args":[{"property":"value"},10,20]}]}"#,
        ),
        (
            r#"(NOT "name" LIKE 'foo%' AND "value" > 10)"#,
            r#"{"op":"and","args":[{"op":"not","args":[{"op":"like","args":[{"property":"name"},"foo%"]}]},{"op":">","args":[{"property":"value"},10]}]}"#,
        ),
        (
            r#"("value" IS NULL OR "value" BETWEEN 10 AND 20)"#,
            r#"{"op":"or","args":[{"op":"isNull","args":[{"property":"value"}]},{"op":"between","args":[{"property":"value"},10,20]}]}"#,
        ),
        (
            r#"S_INTERSECTS("geometry", BBOX(-128.098193, -1.1, -99999.0, 180.0, 90.0, 100000.0))"#,
            r#"{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[-128.098193,-1.1,-99999.0,180.0,90.0,100000.0]}]}"#,
        ),
        (
            r#"S_DISJOINT("geometry", MULTIPOLYGON (((144.022387 45.176126, -1.1 0.0, 180.0 47.808086, 144.022387 45.176126))))"#,
            r#"{"op":"s_disjoint","args":[{"property":"geometry"},{"type":"MultiPolygon","coordinates":[[[[144.022387,45.176126],[-1.1,0.0],[180.0,47.808086],[144.022387,45.176126]]]]}]}"#,
        ),
        (
            r#"S_TOUCHES("geometry", MULTILINESTRING ((-1.9 -0.99999, 75.292574 1.5, -0.5 -4.016458, -31.708594 -74.743801, 179.0 -90.0),(-1.9 -1.1, 1.5 8.547371)))"#,
            r#"{"op":"s_touches","args":[{"property":"geometry"},{"type":"MultiLineString","coordinates":[[[-1.9,-0.99999],[75.292574,1.5],[-0.5,-4.016458],[-31.708594,-74.743801],[179.0,-90.0]],[[-1.9,-1.1],[1.5,8.547371]]]}]}"#,
        ),
        (
            r#"S_WITHIN(POLYGON Z ((-49.88024 0.5 -75993.341684, -1.5 -0.99999 -100000.0, 0.0 0.5 -0.333333, -49.88024 0.5 -75993.341684)), "geometry")"#,
            r#"{"op":"s_within","args":[{"type":"Polygon","coordinates":[[[-49.88024,0.5,-75993.341684],[-1.5,-0.99999,-100000.0],[0.0,0.5,-0.333333],[-49.88024,0.5,-75993.341684]]]},{"property":"geometry"}]}"#,
        ),
        (
            r#"S_CROSSES("geometry", LINESTRING (172.03086 1.5, 1.1 -90.0, -159.757695 0.99999))"#,
            r#"{"op":"s_crosses","args":[{"property":"geometry"},{"type":"LineString","coordinates":[[172.03086,1.5],[1.1,-90.0],[-159.757695,0.99999]]}]}"#,
        ),
        (
            r#"S_EQUALS(MULTIPOINT ((180.0 -0.5), (179.0 -47.121701), (33.470475 -0.99999)), "geometry")"#,
            r#"{"op":"s_equals","args":[{"type":"MultiPoint","coordinates":[[180.0,-0.5],[179.0,-47.121701],[33.470475,-0.99999]]},{"property":"geometry"}]}"#,
        ),
        (
            r#"S_EQUALS(GEOMETRYCOLLECTION (POINT (1.9 2.00001), LINESTRING (179.0 1.179148, 0.5 0.333333)), "geometry")"#,
            r#"{"op":"s_equals","args":[{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.9,2.00001]},{"type":"LineString","coordinates":[[179.0,1.179148],[0.5,0.333333]]}]},{"property":"geometry"}]}"#,
        ),
        (
            r#"T_DISJOINT(INTERVAL('..', '2005-01-10T01:01:01.393216Z'), INTERVAL(starts_at, ends_at))"#,
            r#"{"op":"t_disjoint","args":[{"interval":["..","2005-01-10T01:01:01.393216Z"]},{"interval":[{"property":"starts_at"},{"property":"ends_at"}]}]}"#,
        ),
        (
            r#"T_FINISHEDBY(INTERVAL(starts_at, ends_at), INTERVAL('1991-10-07T08:21:06.393262Z', '2010-02-10T05:29:20.073225Z'))"#,
            r#"{"op":"t_finishedBy","args":[{"interval":[{"property":"starts_at"},{"property":"ends_at"}]},{"interval":["1991-10-07T08:21:06.393262Z","2010-02-10T05:29:20.073225Z"]}]}"#,
        ),
        (
            r#"FALSE <> Bar("geometry", 100, 'a', 'b', FALSE)"#,
            r#"{"op":"<>","args":[false,{"op":"Bar","args":[{"property":"geometry"},100,"a","b",false]}]}"#,
        ),
        (
            r#""value" > ("foo" + 10)"#,
            r#"{"op":">","args":[{"property":"value"},{"op":"+","args":[{"property":"foo"},10]}]}"#,
        ),
        (
            r#""value" <= (2 ^ "foo")"#,
            r#"{"op":"<=","args":[{"property":"value"},{"op":"^","args":[2,{"property":"foo"}]}]}"#,
        ),
        (r#"0 = ("foo" % 2)"#, r#"{"op":"=","args":[0,{"op":"%","args":[{"property":"foo"},2]}]}"#),
        (r#"1 = ("foo" div 2)"#, r#"{"op":"=","args":[1,{"op":"div","args":[{"property":"foo"},2]}]}"#),
        (
            r#"A_EQUALS(('a', TRUE, 1.0, 8), "values")"#,
            r#"{"op":"a_equals","args":[["a",true,1.0,8],{"property":"values"}]}"#,
        ),
        (
            r#"A_OVERLAPS("values", (TIMESTAMP('2012-08-10T05:30:00Z'), DATE('2010-02-10'), FALSE))"#,
            r#"{"op":"a_overlaps","args":[{"property":"values"},[{"timestamp":"2012-08-10T05:30:00Z"},{"date":"2010-02-10"},false]]}"#,
        ),
        (
            r#"A_CONTAINEDBY("values", ('a', 'b', 'c'))"#,
            r#"{"op":"a_containedBy","args":[{"property":"values"},["a","b","c"]]}"#,
        ),
        (
            r#""value" = ((((-1 * "foo") * 2.0) + ("bar" / 6.1234)) - ("x" ^ 2.0))"#,
            r#"{"op":"=","args":[{"property":"value"},{"op":"-","args":[{"op":"+","args":[{"op":"*","args":[{"op":"*","args":[-1,{"property":"foo"}]},2.0]},{"op":"/","args":[{"property":"bar"},6.1234]}]},{"op":"^","args":[{"property":"x"},2.0]}]}]}"#,
        ),
    ];
    for (text, json) in pairs {
        assert_eq!(json_of(text), serde_json::from_str::<Value>(json).unwrap(), "{text}");
    }
}

#[test]
fn operators_are_read_by_their_precedence() {
    let same = [
        ("a = 1 OR b = 2 AND NOT c = 3", "a = 1 OR (b = 2 AND (NOT (c = 3)))"),
        ("NOT a = 1 AND b = 2", "(NOT a = 1) AND b = 2"),
        ("a BETWEEN 1 AND 2 AND b = 3", "(a BETWEEN 1 AND 2) AND (b = 3)"),
        ("a = b + c * d - e", "a = ((b + (c * d)) - e)"),
        ("a = b ^ c ^ d / e div f", "a = (((b ^ (c ^ d)) / e) div f)"),
        ("a=-b+1", "a = (-1 * b) + 1"),
        ("a is not null or b not in ('x')", "NOT (a IS NULL) OR (NOT b IN ('x'))"),
        ("a = 1e3 or a = +.5", "a = 1000.0 OR a = 0.5"),
    ];
    for (text, explicit) in same {
        assert_eq!(json_of(text), json_of(explicit), "{text}");
    }
    assert_ne!(json_of("(a = 1 OR b = 2) AND c = 3"), json_of("a = 1 OR b = 2 AND c = 3"));
}

#[test]
fn names_and_texts_are_read_with_their_quotes() {
    let args = |text: &str| json_of(text)["args"].clone();
    assert_eq!(args(r#""up42-order:id" = 'it''s'"#), json!([{"property": "up42-order:id"}, "it's"]));
    assert_eq!(args(r#""a ""b""" = 'it\'s'"#), json!([{"property": "a \"b\""}, "it's"]));
    assert_eq!(args("date > 5"), json!([{"property": "date"}, 5]), "not a function");
    assert_eq!(args("point.z = 'AND (' "), json!([{"property": "point.z"}, "AND ("]));
    assert_eq!(args("A_CONTAINS(x, ('a'))"), json!([{"property": "x"}, ["a"]]));
}

#[test]
fn json_is_sent_as_it_is() {
    let json =
        json!({"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": "2020-01-01T00:00:00Z"}]});
    for filter in [Cql2::new(json.clone()).unwrap(), Cql2::new(format!("\n {json}")).unwrap()] {
        assert_eq!((filter.json(), filter.text()), (&json, None));
        assert_eq!(filter.to_string(), json.to_string());
    }
    let text = Cql2::new(" gsd < 1 ").unwrap();
    assert_eq!((text.text(), text.to_string()), (Some("gsd < 1"), "gsd < 1".to_owned()));
}

#[test]
fn an_invalid_filter_is_an_error() {
    let cases = [
        ("", "filter ``: the filter is empty"),
        ("gsd < ", "filter `gsd <`: an operand is missing at the end"),
        ("name = 'it", "filter `name = 'it`: the quotes of `'it` are not closed"),
        ("(gsd < 1 OR a = 2", "filter `(gsd < 1 OR a = 2`: `)` is missing at the end"),
        ("gsd < 1)", "filter `gsd < 1)`: unexpected `)`"),
        ("gsd < 1 AN a = 2", "filter `gsd < 1 AN a = 2`: unexpected `AN a = 2`"),
        ("gsd != 1", "filter `gsd != 1`: unexpected `!= 1`"),
        ("0 < gsd < 1", "filter `0 < gsd < 1`: unexpected `< 1`"),
        ("gsd AND a = 2", "filter `gsd AND a = 2`: `AND` needs conditions, such as `gsd < 1`"),
        ("gsd IN ()", "filter `gsd IN ()`: `IN` needs values: the list is empty"),
        ("gsd < 1.2.3", "filter `gsd < 1.2.3`: `1.2.3` is not a number"),
        ("gsd BETWEEN 1, 2", "filter `gsd BETWEEN 1, 2`: `AND` is missing before `, 2`"),
        ("T_AFTER(a, DATE(b))", "filter `T_AFTER(a, DATE(b))`: `DATE` needs a day, such as '2020-12-31'"),
        (
            "S_WITHIN(a, POINT(1))",
            "filter `S_WITHIN(a, POINT(1))`: a position before `))` needs 2 or 3 numbers",
        ),
        (
            "up42-order:id = 'a'",
            "filter `up42-order:id = 'a'`: a difference is compared with text: write a name that contains `-` in double quotes",
        ),
        ("platform", "filter `platform`: this is not a condition, such as `gsd < 1`"),
        ("gsd + 1", "filter `gsd + 1`: this is not a condition, such as `gsd < 1`"),
        (
            r#"{"op": "<","#,
            r#"filter `{"op": "<",`: this is not JSON: EOF while parsing a value at line 1 column 11"#,
        ),
    ];
    for (text, message) in cases {
        assert_eq!(error_of(text), message);
    }
    assert_eq!(error_of(json!([1])), "filter `[1]`: this is not a condition, such as `gsd < 1`");
    let deep = format!("{}gsd < 1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(error_of(deep).ends_with("the filter is nested more than 50 deep"));
    assert!(error_of("gsd < 1".to_owned() + &" + 1".repeat(5000)).ends_with("50 deep"));
    assert!(error_of("NOT ".repeat(5000)).ends_with("50 deep"));
    Cql2::new(vec!["gsd < 1"; 5000].join(" OR ")).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_filter_or_an_error(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "(", ")", ",", "'", "\"", "\\", "=", "<", "-", "+", "^", "AND", "OR", "NOT", "IN", "IS", "NULL",
                "BETWEEN", "LIKE", "TRUE", "a", "eo:b", "1", "2.5", "'x'", "POINT", "POLYGON", "Z",
                "GEOMETRYCOLLECTION", "BBOX", "DATE", "INTERVAL", "A_CONTAINS", "é", "\u{0}", "{",
            ]),
            0..30,
        ),
        is_apart in any::<bool>(),
    ) {
        let text = parts.join(if is_apart { " " } else { "" });
        if let Ok(filter) = Cql2::new(text) {
            let again = Cql2::new(filter.json().to_string()).unwrap();
            prop_assert_eq!(again.json(), filter.json());
        }
    }
}
