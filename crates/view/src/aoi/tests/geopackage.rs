use std::time::Duration;

use rusqlite::Connection;
use up42_core::geo::wkb;

use crate::{Aoi, ReadLimits};

/// Makes a file with one layer `fields`, which the SQL in `schema` creates.
fn package(schema: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = Connection::open(folder.path().join("a.gpkg")).unwrap();
    let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap().geometry().clone();
    let blob = [&b"GP\0\x01"[..], &4326_u32.to_le_bytes(), &wkb::write(&square.into())].concat();
    let hex: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
    file.execute_batch(
        "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
         INSERT INTO gpkg_contents VALUES ('fields', 'features');
         INSERT INTO gpkg_geometry_columns VALUES ('fields', 'geom', 0);",
    )
    .unwrap();
    file.execute_batch(&schema.replace("SQUARE", &format!("x'{hex}'"))).unwrap();
    folder
}

fn found(schema: &str, limits: ReadLimits) -> Result<Aoi, String> {
    let folder = package(schema);
    let read = Aoi::read_within(folder.path().join("a.gpkg"), limits);
    read.map_err(|error| error.to_string().split_once("`: ").unwrap().1.to_owned())
}

/// View that computes rows forever and returns none of them.
const ENDLESS: &str = "CREATE VIEW fields AS WITH RECURSIVE n(x) AS (SELECT 1 UNION SELECT x + 1 FROM n) \
                       SELECT SQUARE AS geom FROM n WHERE x < 0";

#[test]
fn views_and_computed_columns_are_refused_unless_allowed() {
    let error = |schema| found(schema, ReadLimits::default()).unwrap_err();
    insta::assert_snapshot!(error(ENDLESS), @"`fields` is a view or virtual: its query comes with the file and may run for ever: save it as a table (ogr2ogr), or allow `ReadLimits::views`");
    insta::assert_snapshot!(error("CREATE TABLE fields (id INTEGER, geom BLOB AS (SQUARE)); INSERT INTO fields VALUES (1)"), @"the column `geom` of `fields` is missing or computed: save it as a table (ogr2ogr), or allow `ReadLimits::views`");
    insta::assert_snapshot!(error("DROP TABLE gpkg_contents; CREATE VIEW gpkg_contents AS SELECT 'fields' AS table_name, 'features' AS data_type"), @"`gpkg_contents` is a view or virtual: its query comes with the file and may run for ever: save it as a table (ogr2ogr), or allow `ReadLimits::views`");
    insta::assert_snapshot!(error("DROP TABLE gpkg_contents"), @"not a GeoPackage: there is no table `gpkg_contents`");
    let allowed = ReadLimits::default().views(true);
    let aoi = found("CREATE VIEW Fields AS SELECT SQUARE AS geom, 'north' AS name", allowed).unwrap();
    assert_eq!(aoi.features()[0].name.as_deref(), Some("north"));
    let plain =
        found("CREATE TABLE FIELDS (Geom BLOB); INSERT INTO fields VALUES (SQUARE)", ReadLimits::default());
    assert_eq!(plain.unwrap().features().len(), 1);
}

#[test]
fn a_query_ends_with_the_time_or_the_memory() {
    let limits = || ReadLimits::default().views(true).bytes(1_000_000).time(Duration::from_millis(100));
    insta::assert_snapshot!(found(ENDLESS, limits()).unwrap_err(), @"reading it takes more than 100ms: simplify it, cut it into parts, or raise `ReadLimits::time`");
    let large = "CREATE VIEW fields AS SELECT zeroblob(1000000000) AS geom";
    insta::assert_snapshot!(found(large, limits()).unwrap_err(), @"it is larger than 1 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
}
