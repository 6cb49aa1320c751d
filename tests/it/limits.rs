//! Tests that files from other sources keep to the limits of time, memory and count, and that an
//! error names the limit.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use up42::Aoi;
use up42::aoi::ReadLimits;
use up42::catalog::{Scenes, scan_geoparquet_within};

/// Returns the reason why a file is refused, without its path.
fn reason<T: std::fmt::Debug>(read: up42::Result<T>) -> String {
    let reason = read.unwrap_err().to_string();
    reason.split_once("`: ").map_or(reason.clone(), |(_, reason)| reason.to_owned())
}

fn ring(west: usize) -> String {
    let east = west + 1;
    format!("[[[{west},0],[{east},0],[{east},1],[{west},1],[{west},0]]]")
}

/// Returns two STAC items of five positions each.
fn items() -> [String; 2] {
    [0, 1].map(|west| {
        format!(
            r#"{{"type":"Feature","id":"{west}","geometry":{{"type":"Polygon","coordinates":{}}},"properties":{{"datetime":"2020-01-01T00:00:00Z"}}}}"#,
            ring(west)
        )
    })
}

fn written(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn scenes_are_read_within_limits_in_each_form() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = items();
    let collection = written(
        folder.path(),
        "collection.json",
        format!(r#"{{"type":"FeatureCollection","features":[{a},{b}]}}"#),
    );
    let parquet = folder.path().join("scenes.parquet");
    Scenes::read(&collection).unwrap().to_geoparquet(&parquet).unwrap();
    for path in [
        collection,
        written(folder.path(), "list.json", format!("[{a},{b}]")),
        written(folder.path(), "lines.ndjson", format!("{a}\n{b}\n")),
        parquet,
    ] {
        let read = |limits: ReadLimits| Scenes::read_within(&path, limits);
        let few = ReadLimits::default;
        let within = few().count(2).positions(10).time(Duration::from_secs(30));
        assert_eq!(read(within).unwrap().len(), 2, "{}", path.display());
        assert_eq!(
            reason(read(few().count(1))),
            "it has more than 1 scenes: simplify it, cut it into parts, or raise `ReadLimits::count`"
        );
        assert_eq!(
            reason(read(few().positions(9))),
            "it has more than 9 positions: simplify it, cut it into parts, or raise `ReadLimits::positions`"
        );
        assert_eq!(
            reason(read(few().time(Duration::ZERO))),
            "reading it takes more than 0ns: simplify it, cut it into parts, or raise `ReadLimits::time`"
        );
        let large = reason(read(few().bytes(100)));
        assert!(large.ends_with("or raise `ReadLimits::bytes`"), "{large}");
    }
}

#[test]
fn values_of_scenes_count_in_addition_to_their_text() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = "1,".repeat(1_000);
    let item = |member: &str| format!(r#"{{"id":"a","{member}":{{"x":[{numbers}1]}}}}"#);
    for member in ["properties", "assets"] {
        let path = written(folder.path(), "item.json", item(member));
        let read = |bytes: u64| Scenes::read_within(&path, ReadLimits::default().bytes(bytes));
        assert_eq!(
            reason(read(10_000)),
            "its values take more than 0.02 MB of memory: simplify it, cut it into parts, or raise `ReadLimits::bytes`"
        );
        assert_eq!(read(100_000).unwrap().len(), 1);
    }
}

#[test]
fn the_limits_apply_to_each_row_group_of_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenes.parquet");
    Scenes::from_geojson(&items().join("\n")).unwrap().to_geoparquet(&path).unwrap();
    let scan = |limits: ReadLimits| scan_geoparquet_within(&path, limits).unwrap().collect();
    // Rows are not counted: their number is not limited.
    assert_eq!(scan(ReadLimits::default().count(1)).unwrap().height(), 2);
    let footer = 32 * 100_000;
    let reason = scan(ReadLimits::default().time(Duration::ZERO).bytes(footer)).unwrap_err().to_string();
    assert!(reason.contains("raise `ReadLimits::time`"), "{reason}");
    let reason = scan_geoparquet_within(&path, ReadLimits::default().bytes(1_000)).err().unwrap().to_string();
    assert!(reason.ends_with("its footer: it is larger than 0.001 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`"), "{reason}");
}

#[test]
fn limits_are_checked_while_areas_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let geojson = format!(r#"{{"type":"Polygon","coordinates":{}}}"#, ring(0));
    let lines = format!(r#"{{"type":"LineString","coordinates":[{}[1,1]]}}"#, "[0,0],".repeat(1_000));
    let feature = |geometry: &str| format!(r#"{{"type":"Feature","properties":{{}},"geometry":{geometry}}}"#);
    let many = [feature(&geojson), feature(&lines)].join(",");
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{many}]}}"#);
    let kml = |ring: &str| {
        format!(
            "<kml><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
        )
    };
    let few = ReadLimits::default;
    for (name, content, limits, expected) in [
        (
            "a.wkt",
            "POLYGON((0 0,1 0,1 1,0 0))".to_owned(),
            few().positions(3),
            "it has more than 3 positions",
        ),
        ("a.kml", kml("0,0 1,0 1,1 0,0"), few().positions(3), "it has more than 3 positions"),
        ("b.kml", kml(&"1,1,".repeat(50)), few().positions(30), "it has more than 30 positions"),
        (
            "c.kml",
            format!("<kml><Placemark>{}", "<Polygon/>".repeat(9)),
            few().positions(8),
            "it has more than 8 positions",
        ),
        ("a.geojson", geojson.clone(), few().positions(4), "it has more than 4 positions"),
        ("b.geojson", collection.clone(), few().count(1), "it has more than 1 features"),
        (
            "c.geojson",
            collection.clone(),
            few().bytes(20_000),
            "feature 1: its values take more than 0.04 MB of memory",
        ),
    ] {
        let path = written(folder.path(), name, content);
        let reason = reason(Aoi::read_within(&path, limits));
        assert!(reason.starts_with(expected), "{name}: {reason}");
        assert!(
            reason.contains(": simplify it, cut it into parts, or raise `ReadLimits::"),
            "{name}: {reason}"
        );
    }
    for (name, content, limits) in [
        ("a.wkt", "POLYGON((0 0,1 0,1 1,0 0))".to_owned(), few().positions(4)),
        ("a.kml", kml("0,0 1,0 1,1 0,0"), few().positions(4)),
        ("a.geojson", geojson, few().positions(5)),
        // Features without an area are dropped one by one.
        ("b.geojson", collection, few().count(2).positions(5)),
    ] {
        let path = written(folder.path(), name, content);
        assert_eq!(Aoi::read_within(&path, limits).unwrap().features().len(), 1, "{name}");
    }
    let deep = format!("<kml>{}", "<a>".repeat(1_000_001));
    assert_eq!(reason(Aoi::from_kml(&deep)), "not KML: it is nested more than 1000000 deep");
}

/// Checks a Shapefile whose record states too many parts and points.
#[test]
fn counts_declared_by_a_shapefile_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let shapefile = |parts: u32, points: u32, length: u32| {
        let mut record =
            [&1_u32.to_be_bytes()[..], &length.to_be_bytes(), &5_u32.to_le_bytes(), &[0; 32]].concat();
        record.extend([&parts.to_le_bytes()[..], &points.to_le_bytes(), &0_u32.to_le_bytes()].concat());
        for [x, y] in [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0_f64]] {
            record.extend([x.to_le_bytes(), y.to_le_bytes()].concat());
        }
        let mut file = vec![0; 100];
        file[..4].copy_from_slice(&9994_u32.to_be_bytes());
        file[24..28].copy_from_slice(&((100 + record.len()) as u32 / 2).to_be_bytes());
        file[28..32].copy_from_slice(&1000_u32.to_le_bytes());
        file[32..36].copy_from_slice(&5_u32.to_le_bytes());
        written(folder.path(), "a.shp", [file, record].concat())
    };
    let length = (44 + 4 + 64) / 2;
    let read = |path: PathBuf, positions| Aoi::read_within(path, ReadLimits::default().positions(positions));
    assert_eq!(read(shapefile(1, 4, length), 4).unwrap().features().len(), 1);
    for (parts, points) in [(1, 4), (1, i32::MAX as u32), (i32::MAX as u32, 4)] {
        assert_eq!(
            reason(read(shapefile(parts, points, length), 3)),
            "it has more than 3 positions: simplify it, cut it into parts, or raise `ReadLimits::positions`"
        );
    }
    assert_eq!(reason(read(shapefile(1, 4, u32::MAX), 4)), "not a Shapefile: a record ends early");
}
