//! Tests of scenes in GeoParquet files, read back here and by other tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use polars::prelude::*;
use serde_json::{Map, Value};
use up42::catalog::{Scene, Scenes};
use up42::polars;

use crate::scenes::{FILES, items};

/// Returns the fields of a scene that must stay the same: numbers and instants by value, nulls by
/// absence.
fn fields(scene: &Scene) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {} {}",
        scene.id,
        scene.collection,
        scene.provider,
        scene.constellation,
        scene.datetime,
        scene.cloud_cover,
        scene.resolution,
        scene.incidence_angle,
        scene.delivery_time,
        scene.footprint,
        scene.aoi_coverage,
        scene.note,
        scene.has_quicklook(),
        members(&scene.properties),
        members(&scene.assets()),
    )
}

fn members(members: &Map<String, Value>) -> String {
    let known = members.iter().filter(|(_, value)| !value.is_null());
    let mut members: Vec<_> = known.map(|(name, value)| format!("{name}: {}", spelled(value))).collect();
    members.sort();
    members.join("\n")
}

fn spelled(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().unwrap().to_string(),
        Value::String(text) => match text.parse::<up42::jiff::Timestamp>() {
            Ok(at) => at.to_string(),
            Err(_) => text.clone(),
        },
        Value::Array(values) => values.iter().map(spelled).collect::<Vec<_>>().join(","),
        Value::Object(found) => members(found),
        other => other.to_string(),
    }
}

fn same(written: &Scenes, read: &Scenes) {
    assert_eq!(written.len(), read.len());
    for (one, other) in written.iter().zip(read) {
        assert_eq!(fields(one), fields(other));
    }
}

/// Returns an interpreter with the packages of a list; `None`, with a message, without a network.
fn python(name: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/environment.py");
    let made =
        Command::new("python3").args([script, name]).output().ok().filter(|made| made.status.success());
    let Some(made) = made else {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`python3 {script} {name}` failed");
        eprintln!("skipped: `python3 {script} {name}` failed");
        return None;
    };
    Some(PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
}

fn odd() -> Scenes {
    Scenes::from_geojson(
        r#"{"features": [
        {"id": "a", "collection": "c", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
         "properties": {"datetime": "2020-01-01T12:00:00.123456Z", "note": "mine", "bbox": [1], "n": 1, "mixed": 1, "id": "a", "west": 5,
            "nested": {"a": [1, {"b": null}]}, "text": "x", "properties.x": true}},
        {"id": "b", "geometry": null, "properties": {"datetime": null, "start_datetime": "2020-01-01", "n": 2.5, "mixed": "x", "platform": "p"}},
        {"id": "c", "geometry": {"type": "Sphere"}, "properties": {"constellation": "x", "platform": "y"},
         "assets": {"thumbnail": {"href": "https://h/t.jpg?sig=hunter2"}}},
        {"properties": null},
        {"id": "d", "properties": {"providerName": "oneatlas", "id": "d", "collection": "e", "resolution": 0.5, "deliveryTime": "HOURS"},
         "geometry": {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [179.5, 2]}]}}
    ]}"#,
    )
    .unwrap()
}

#[test]
fn written_scenes_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenes.parquet");
    let real = FILES.into_iter().filter_map(|(name, _)| Some(Scenes::read(items(name)?).unwrap()));
    for scenes in real.chain([odd(), Scenes::default()]) {
        scenes.to_geoparquet(&file).unwrap();
        if scenes.iter().all(|scene| !format!("{:?}", scene.assets()).contains("hunter2")) {
            same(&scenes, &Scenes::read_geoparquet(&file).unwrap());
        }
        same(&Scenes::read_geoparquet(&file).unwrap(), &Scenes::read(&file).unwrap());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn keys_in_links_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenes.parquet");
    odd().to_geoparquet(&file).unwrap();
    let read = Scenes::read_geoparquet(&file).unwrap();
    assert_eq!(read.get("c").unwrap().assets()["thumbnail"]["href"], "https://h/t.jpg");
    assert!(read.get("c").unwrap().has_quicklook());

    let properties =
        r#"{"page": "https://h/a?sig=hunter2", "more": {"href": "https://h/b?x=1&token=hunter2"}}"#;
    let item = format!(r#"{{"id": "a", "properties": {properties}}}"#);
    Scenes::from_geojson(&item).unwrap().to_geoparquet(&file).unwrap();
    let read = Scenes::read_geoparquet(&file).unwrap();
    let scene = read.get("a").unwrap();
    assert_eq!(
        (&scene.properties["page"], &scene.properties["more"]["href"]),
        (&"https://h/a".into(), &"https://h/b".into())
    );
}

/// Checks a file as rustac writes it: a geometry in its own coordinate system is a WKB column.
#[test]
fn geometries_among_the_properties_are_read() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/cases"));
    if !folder.exists() {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
        return eprintln!("skipped: `{}` is missing", folder.display());
    }
    let items = Scenes::read(folder.join("c18_items.json")).unwrap();
    let file = folder.join("c18_rustac.parquet");
    let scenes = Scenes::read(&file).unwrap();
    assert_eq!((scenes.len(), items.len()), (3, 3));
    for (scene, item) in scenes.iter().zip(&items) {
        assert!(scene.id.starts_with("tile/") && scene.id.ends_with(" ü"), "{}", scene.id);
        assert_eq!(scene.properties["proj:geometry"]["type"], "Polygon");
        assert_eq!(members(&scene.properties), members(&item.properties));
        assert_eq!((&scene.id, &scene.footprint, scene.has_quicklook()), (&item.id, &item.footprint, true));
    }
    // The same through a file of ours.
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ours.parquet");
    scenes.to_geoparquet(&ours).unwrap();
    same(&scenes, &Scenes::read(&ours).unwrap());
}

/// Returns more scenes than a row group holds, all over the Earth.
fn many(count: usize) -> Scenes {
    let item = |index: usize| {
        let at = |step: f64| (index as f64 * step).fract();
        let (x, y) = (at(0.618034) * 358.0 - 179.0, at(0.414214) * 178.0 - 89.0);
        format!(
            r#"{{"id": "s{index}", "geometry": {{"type": "Polygon", "coordinates": [[[{x}, {y}], [{}, {y}], [{}, {}], [{x}, {y}]]]}},
            "properties": {{"datetime": "2020-01-01T00:00:00Z", "eo:cloud_cover": {}}}}}"#,
            x + 0.5,
            x + 0.5,
            y + 0.5,
            index % 100
        )
    };
    Scenes::from_geojson(&(0..count).map(item).collect::<Vec<_>>().join("\n")).unwrap()
}

#[test]
fn a_scan_and_a_frame_have_the_same_rows_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.parquet");
    let scenes = many(25_000);
    scenes.to_geoparquet(&file).unwrap();
    same(&scenes, &Scenes::read_geoparquet(&file).unwrap());
    let filter = col("west")
        .lt(lit(10.0))
        .and(col("east").gt(lit(-5.0)))
        .and(col("north").gt(lit(40)))
        .and(col("cloud_cover").lt(lit(10.0)));
    let query = |frame: LazyFrame| {
        let frame = frame.filter(filter.clone()).select([col("id"), col("cloud_cover"), col("geometry")]);
        frame.sort(["id"], Default::default()).collect().unwrap()
    };
    let expected = query(scenes.to_dataframe().unwrap().lazy());
    assert!(expected.height() > 20, "{expected:?}");
    assert!(query(up42::catalog::scan_geoparquet(&file).unwrap()).equals_missing(&expected));
    let count = up42::catalog::scan_geoparquet(&file).unwrap().select([len()]).collect().unwrap();
    assert_eq!(count.column("len").unwrap().u32().unwrap().get(0), Some(25_000));
    let few = up42::catalog::scan_geoparquet(&file).unwrap().limit(7).collect().unwrap();
    assert_eq!((few.height(), few.get_column_names()[0].as_str()), (7, "id"));
    let none =
        up42::catalog::scan_geoparquet(&file).unwrap().filter(col("west").gt(lit(500.0))).collect().unwrap();
    assert_eq!((none.height(), none.width()), (0, few.width()));
}

#[test]
fn queries_of_a_scan_and_of_a_frame_have_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.parquet");
    let scenes = many(25_000);
    scenes.to_geoparquet(&file).unwrap();
    type Query = fn(LazyFrame) -> LazyFrame;
    let queries: [(&str, Query); 7] = [
        ("sort, head", |frame| frame.sort(["cloud_cover", "id"], Default::default()).limit(7)),
        ("max", |frame| frame.filter(col("cloud_cover").eq(col("cloud_cover").max()))),
        ("mean", |frame| frame.filter(col("west").gt(col("west").mean()))),
        ("filter, sort, head", |frame| {
            frame.filter(col("cloud_cover").lt(lit(3))).sort(["id"], Default::default()).limit(7)
        }),
        ("len", |frame| frame.filter(len().gt(lit(12_000)))),
        ("filters", |frame| {
            frame.filter(col("west").gt(lit(3))).filter(col("cloud_cover").eq(col("cloud_cover").min()))
        }),
        ("window", |frame| {
            frame.filter(col("west").eq(col("west").max().over([col("cloud_cover")]).unwrap()))
        }),
    ];
    for (name, query) in queries {
        let rows = |frame: LazyFrame| {
            query(frame).select([col("id")]).sort(["id"], Default::default()).collect().unwrap()
        };
        let expected = rows(scenes.to_dataframe().unwrap().lazy());
        assert_eq!(rows(up42::catalog::scan_geoparquet(&file).unwrap()), expected, "{name}");
    }
    let first =
        |frame: LazyFrame| frame.filter(col("cloud_cover").lt(lit(3))).limit(700).collect().unwrap().height();
    assert_eq!(first(up42::catalog::scan_geoparquet(&file).unwrap()), 700);
    let slice = up42::catalog::scan_geoparquet(&file).unwrap().slice(9_990, 20).collect().unwrap();
    assert_eq!(slice.height(), 20);
    let then =
        up42::catalog::scan_geoparquet(&file).unwrap().limit(100).filter(col("cloud_cover").lt(lit(3)));
    assert!(then.collect().unwrap().height() <= 100);
}

#[test]
fn written_files_pass_the_validator() {
    let Some(python) = python("geoparquet") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(String, Scenes)> =
        vec![("odd".into(), odd()), ("many".into(), many(12_000)), ("none".into(), Scenes::default())];
    for (name, _) in FILES {
        files.extend(items(name).map(|file| (name.to_owned(), Scenes::read(file).unwrap())));
    }
    for (name, scenes) in files {
        let file = folder.path().join(format!("{name}.parquet"));
        scenes.to_geoparquet(&file).unwrap();
        let main = "import geoparquet_validator as it, sys; sys.exit(it.main())";
        let checked = Command::new(&python).args(["-c", main, "check"]).arg(&file).output().unwrap();
        let output = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{name}: {output}\n{}", String::from_utf8_lossy(&checked.stderr));
    }
}

#[test]
fn files_without_items_are_refused_with_their_name() {
    let message = |path: &Path| Scenes::read_geoparquet(path).unwrap_err().to_string();
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.parquet");
    std::fs::write(&text, "PAR1 not really").unwrap();
    let error = message(&text);
    assert!(error.contains("text.parquet`: not a Parquet file that can be read: "), "{error}");
    assert!(message(&folder.path().join("none.parquet")).starts_with("read scenes `"), "missing");
    let areas =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/aoi/test_data_v1.0.0.parquet"));
    if areas.exists() {
        // The second file has geometries of Parquet's own type.
        for areas in [areas, &areas.with_file_name("example.parquet")] {
            let error = message(areas);
            assert!(
                error.ends_with(
                    "there is no column `id`: items of STAC-GeoParquet have one; `Aoi::read` reads areas"
                ),
                "{error}"
            );
        }
    }
}

#[test]
fn a_broken_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.parquet");
    odd().to_geoparquet(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        std::fs::write(&file, bytes).unwrap();
        refused += usize::from(Scenes::read_geoparquet(&file).is_err());
        let _ = up42::catalog::scan_geoparquet(&file).map(LazyFrame::collect);
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn files_are_exchanged_with_other_software() {
    let (Some(python), Some(lines)) = (python("geoparquet"), items("sentinel-2-l2a.ndjson")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs, native, text] =
        ["ours", "theirs", "native", "text"].map(|name| folder.path().join(format!("{name}.parquet")));
    let scenes = Scenes::read(&lines).unwrap();
    scenes.to_geoparquet(&ours).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/geoparquet.py");
    let done =
        Command::new(python).arg(script).args([&ours, &lines, &theirs, &native, &text]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    insta::assert_snapshot!(String::from_utf8_lossy(&done.stdout).trim(), @r#"{"rows": 120, "crs": "OGC:CRS84", "same_boxes": true, "part": true, "datetime": "datetime64[us, UTC]", "duckdb": [120, 120, 120]}"#);

    for file in [theirs, native, text] {
        same(&scenes, &Scenes::read_geoparquet(&file).unwrap());
        let frame = up42::catalog::scan_geoparquet(&file).unwrap().filter(col("cloud_cover").lt(lit(20.0)));
        let frame = frame.select([col("id"), col("west"), col("north"), col("geometry")]).collect().unwrap();
        let clear = scenes.iter().filter(|scene| scene.cloud_cover < Some(20.0)).count();
        assert_eq!((frame.height(), frame.column("west").unwrap().null_count()), (clear, 0));
        assert_eq!(frame.column("geometry").unwrap().dtype(), &DataType::Binary);
    }
}
