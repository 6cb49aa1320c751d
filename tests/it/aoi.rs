//! Tests of vector files written by other programs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use geo_types::Polygon;
use proptest::prelude::*;
use up42::Aoi;
use up42::aoi::ReadLimits;

/// Returns the folder of the files; `None` if it is missing and not required.
fn files() -> Option<PathBuf> {
    data("aoi")
}

pub fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
    eprintln!("skipped: `{}` is missing", folder.display());
    None
}

/// Expected outcome of reading a file.
enum Outcome {
    /// Number of features with an area, area in km², and first name.
    Read(usize, f64, Option<&'static str>),
    /// End of the error message, after the file's name.
    Refused(&'static str),
}

use Outcome::{Read, Refused};

const PART: &str = "it is a part of a Shapefile: read the `.shp` file beside it";
const NO_POLYGON: &str = "there is no polygon: an AOI needs a Polygon or a MultiPolygon";
const NO_FEATURE: &str = "there is no feature: an AOI needs at least one polygon";

/// Expected outcome of each file. The areas were computed with geopandas 1.2.0, shapely 2.2.0 and
/// pyproj 3.7.2 (PROJ 9.5.1): shapes united, edges cut into pieces of 0.02° (before a reprojection:
/// of a 5,000th of the extent), then `pyproj.Geod(ellps="WGS84").polygon_area_perimeter`.
const FILES: [(&str, Outcome); 23] = [
    ("aoi_berlin.geojson", Read(1, 0.027_865, None)),
    ("aoi_berlin.kml", Read(1, 0.027_865, None)),
    ("aoi_berlin.wkt", Read(1, 0.027_865, None)),
    ("aoi_washington.geojson", Read(1, 0.127_758, None)),
    // A CurvePolygon, but its only ring is straight.
    ("curvepolygon.gpkg", Read(1, 102_336.377_158, None)),
    // Two more rows are null and empty.
    ("data-polygon-encoding_wkb.parquet", Read(2, 8_551_805.102_117, None)),
    ("empty.fgb", Refused(NO_FEATURE)),
    ("example.parquet", Read(5, 20_596_344.201_312, Some("Fiji"))),
    ("feature.geojson", Read(1, 8.559_575, Some("f2cca2a3-288b-4518-8a3e-a4492bb60b08"))),
    ("multipolygon.geojson", Read(1, 52.455_554, None)),
    ("naturalearth_lowres.cpg", Refused(PART)),
    ("naturalearth_lowres.dbf", Refused(PART)),
    ("naturalearth_lowres.prj", Refused(PART)),
    ("naturalearth_lowres.shp", Read(177, 147_363_030.979_836, Some("Fiji"))),
    ("naturalearth_lowres.shx", Refused(PART)),
    ("norway_nonconvex_hull.wkt", Refused(NO_POLYGON)),
    ("null_geom.geojson", Refused(NO_POLYGON)),
    ("nybb_16a.zip", Read(5, 783.167_606, None)),
    // The British grid, 4,000 km north of Britain: there PROJ omits the datum shift unless it is
    // given explicitly (+proj=helmert with the seven parameters), as was done.
    ("poly00.fgb", Read(10, 3.896_892, None)),
    ("poly1.wkt", Refused(NO_POLYGON)),
    ("s1_map-overlay.kml", Read(1, 181_875.472_962, Some("Sentinel-1 Image Overlay"))),
    ("test_data_v1.0.0.parquet", Read(2, 36_877.969_231, None)),
    ("test_gpkg_nulls.gpkg", Refused(NO_POLYGON)),
];

#[test]
fn each_file_is_read_or_refused_with_its_name() {
    let Some(folder) = files() else { return };
    for (name, expected) in &FILES {
        let path = folder.join(name);
        match (Aoi::read(&path), expected) {
            (Ok(aoi), Read(count, km2, first)) => {
                assert_eq!(aoi.features().len(), *count, "{name}");
                let off = aoi.area_km2() / km2 - 1.0;
                assert!(off.abs() < 1e-5, "{name}: {} km², not {km2}", aoi.area_km2());
                assert_eq!(aoi.features()[0].name.as_deref(), *first, "{name}");
            }
            (Err(error), Refused(why)) => {
                assert_eq!(error.to_string(), format!("read AOI `{}`: {why}", path.display()));
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
    let known: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
    let mut there: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, known, "each file has its outcome here");
}

/// Files that were once read wrongly: area in km², and names of the features. From pyogrio 0.13.0
/// (GDAL 3.12.4) and shapely 2.2.0 (`make_valid`), areas as above.
const CASES: [(&str, f64, &[Option<&str>]); 11] = [
    // Commas between positions.
    ("c02_commas.kml", 113.224_849, &[Some("field B")]),
    // One GeoJSON text per line, with both kinds of line endings, and RFC 8142.
    ("c04_lines.geojson", 226.449_692, &PLOTS),
    ("c04_lines.geojsonl", 226.449_692, &PLOTS),
    ("c04_seq.geojsons", 226.449_692, &PLOTS),
    // Code pages given by the `.cpg`.
    ("c05_cp1251.shp", 150.966_461, &[Some("Участок 1"), Some("Поле")]),
    ("c05_cp1252.shp", 150.966_461, &[Some("Œuvre – “Nord”"), Some("Straße €")]),
    // The record between them is marked as deleted.
    ("c06_deleted.shp", 150.966_461, &[Some("keep 1"), Some("keep 2")]),
    ("c07_bowtie_even.geojson", 6_154.270_049, &[None]),
    ("c07_bowtie_odd.geojson", 46_146.634_689, &[None]),
    // ISO-8859-1, given by the XML declaration.
    ("c20_latin1.kml", 75.483_231, &[Some("Gärten")]),
    ("c22_latlonbox.kml", 75.483_231, &[Some("browse")]),
];

const PLOTS: [Option<&str>; 3] = [Some("plot 0"), Some("plot 1"), Some("plot 2")];

#[test]
fn each_case_is_read_as_other_programs_do() {
    let Some(folder) = data("cases") else { return };
    for (name, km2, names) in CASES {
        let aoi = Aoi::read(folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
        let found: Vec<_> = aoi.features().iter().map(|feature| feature.name.as_deref()).collect();
        assert_eq!(found, names, "{name}");
        assert!((aoi.area_km2() / km2 - 1.0).abs() < 1e-5, "{name}: {} km², not {km2}", aoi.area_km2());
        let parts: f64 = aoi.iter().map(|one| one.area_km2()).sum();
        assert!((parts / km2 - 1.0).abs() < 1e-5, "{name}: {parts} km² in its features");
        assert_eq!(aoi.note().is_some(), name.starts_with("c07_"), "{name}: {:?}", aoi.note());
    }
    let overlay = Aoi::read(folder.join("c22_latlonbox.kml")).unwrap();
    assert_eq!(overlay.bbox().to_array(), [13.3, 52.5, 13.4, 52.6]);
}

#[test]
fn a_code_page_file_in_an_archive_is_applied() {
    let Some(folder) = data("cases") else { return };
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("fields.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for extension in ["shp", "shx", "dbf", "cpg"] {
        let name = format!("c05_cp1251.{extension}");
        archive.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut std::fs::File::open(folder.join(&name)).unwrap(), &mut archive).unwrap();
    }
    archive.finish().unwrap();
    assert_eq!(Aoi::read(&path).unwrap().features()[0].name.as_deref(), Some("Участок 1"));
}

#[test]
fn utf_16_texts_are_read() {
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("field.txt");
    let geojson = r#"{"type":"Feature","properties":{"name":"Gärten"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}"#;
    for text in [geojson, "POLYGON((0 0,1 0,1 1,0 0))"] {
        let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Aoi::read(&path).unwrap().bbox().to_array(), [0.0, 0.0, 1.0, 1.0]);
    }
}

/// Checks that sizes stated by a file are limited in each format, and that the error names the
/// limit.
#[test]
fn the_limits_apply_to_each_format() {
    let (Some(folder), Some(cases)) = (files(), data("cases")) else { return };
    for path in [
        folder.join("example.parquet"),
        folder.join("poly00.fgb"),
        folder.join("naturalearth_lowres.shp"),
        folder.join("nybb_16a.zip"),
        folder.join("test_gpkg_nulls.gpkg"),
        cases.join("c04_lines.geojsonl"),
        cases.join("c06_deleted.shp"),
    ] {
        let message = |limits: ReadLimits| Aoi::read_within(&path, limits).unwrap_err().to_string();
        let name = path.display();
        assert!(message(ReadLimits::default().count(1)).ends_with("or raise `ReadLimits::count`"), "{name}");
        assert!(
            message(ReadLimits::default().time(Duration::ZERO)).ends_with("or raise `ReadLimits::time`"),
            "{name}"
        );
    }
    for name in [
        "aoi_berlin.geojson",
        "aoi_berlin.kml",
        "aoi_berlin.wkt",
        "curvepolygon.gpkg",
        "poly00.fgb",
        "example.parquet",
    ] {
        let message =
            |limits: ReadLimits| Aoi::read_within(folder.join(name), limits).unwrap_err().to_string();
        let message = [message(ReadLimits::default().positions(3)), message(ReadLimits::default().bytes(60))];
        assert!(message[0].ends_with("or raise `ReadLimits::positions`"), "{message:?}");
        assert!(message[1].ends_with("or raise `ReadLimits::bytes`"), "{message:?}");
    }
    // Corners added along edges that the coordinate system bends count too.
    let bent = "SRID=3035;POLYGON((3000000 2000000,5000000 2000000,5000000 4000000,3000000 2000000))";
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("bent.wkt");
    std::fs::write(&path, bent).unwrap();
    let message = Aoi::read_within(&path, ReadLimits::default().positions(50)).unwrap_err().to_string();
    assert!(message.ends_with("or raise `ReadLimits::positions`"), "{message}");
}

#[test]
fn formats_are_detected_from_the_content_of_files() {
    let Some(folder) = files() else { return };
    let there = tempfile::tempdir().unwrap();
    for name in [
        "aoi_berlin.kml",
        "aoi_berlin.wkt",
        "nybb_16a.zip",
        "poly00.fgb",
        "example.parquet",
        "curvepolygon.gpkg",
    ] {
        let path = there.path().join("no-extension");
        std::fs::copy(folder.join(name), &path).unwrap();
        let found = Aoi::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.geometry(), Aoi::read(folder.join(name)).unwrap().geometry(), "{name}");
        assert_eq!(found.name(), Some("no-extension"));
        std::fs::remove_file(&path).ok();
    }
    assert_eq!(std::fs::read_dir(there.path()).unwrap().count(), 0, "reading leaves nothing behind");
}

#[test]
fn a_shapefile_without_sidecar_files_is_wgs84() {
    let Some(folder) = files() else { return };
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("world.shp");
    std::fs::copy(folder.join("naturalearth_lowres.shp"), &path).unwrap();
    let world = Aoi::read(&path).unwrap();
    assert_eq!((world.features().len(), world.features()[0].name.clone()), (177, None));
    std::fs::write(there.path().join("world.prj"), "LOCAL_CS[\"site grid\"]").unwrap();
    let message = Aoi::read(&path).unwrap_err().to_string();
    let message = message.split_once("`: ").unwrap().1;
    insta::assert_snapshot!(message, @"coordinate system `site grid`: a `LOCAL_CS` cannot be used: reproject to WGS 84 (EPSG:4326) first");
}

#[test]
fn files_without_areas_are_refused_with_their_name() {
    let there = tempfile::tempdir().unwrap();
    let message = |name: &str, bytes: &[u8]| {
        let path = there.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let message = Aoi::read(&path).unwrap_err().to_string();
        let (start, why) = message.split_once("`: ").unwrap();
        assert!(start.starts_with("read AOI `") && start.ends_with(name), "{message}");
        why.to_owned()
    };
    insta::assert_snapshot!(message("a.csv", b"id,name\n"), @"it is none of the formats that can be read: GeoJSON, KML, KMZ, WKT (text in UTF-8 or UTF-16), Shapefile (`.shp`, or zipped), GeoPackage, GeoParquet, FlatGeobuf");
    insta::assert_snapshot!(message("a.bin", &[0xff, 0xfe, 0, 1]), @"it is none of the formats that can be read: GeoJSON, KML, KMZ, WKT (text in UTF-8 or UTF-16), Shapefile (`.shp`, or zipped), GeoPackage, GeoParquet, FlatGeobuf");
    insta::assert_snapshot!(message("a.geojson", b""), @"the file is empty");
    insta::assert_snapshot!(message("a.geojson", b"[1]"), @"not GeoJSON: a text begins with `[`, not with `{`");
    insta::assert_snapshot!(message("a.gpkg", b"SQLite format 3\0 and no more"), @"not a GeoPackage: file is not a database");
    insta::assert_snapshot!(message("a.parquet", b"PAR1 and no more"), @"not a Parquet file that can be read: it has no footer: was it cut off?");
    insta::assert_snapshot!(message("a.fgb", b"fgb\x03fgb\x00 and no more"), @"not FlatGeobuf: the file ends early");
    insta::assert_snapshot!(message("a.shp", &[0, 0, 0x27, 0x0a, 0, 0]), @"not a Shapefile: failed to fill whole buffer");
    let crs = br#"{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:4267"}},"features":[
        {"type":"Feature","properties":{"Name":"x"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}"#;
    insta::assert_snapshot!(message("a.geojson", crs), @"coordinate system `EPSG:4267`: its datum needs a grid of shifts: reproject to WGS 84 (EPSG:4326) first");
}

/// EPSG code, easting, northing, longitude, latitude, and tolerance in metres:
/// `pyproj.Transformer.from_crs(code, 4326, always_xy=True)`, versions as above.
const CORNERS: [(u32, f64, f64, f64, f64, f64); 23] = [
    (27700, 530000.0, 180000.0, -0.1283539, 51.5039908, 1.0),
    (31370, 150000.0, 170000.0, 4.3687521, 50.8404113, 1.0),
    (28992, 120000.0, 480000.0, 4.8740156, 52.3068521, 1.0),
    (2056, 2600000.0, 1200000.0, 7.4386324, 46.9510828, 1.0),
    (21781, 600000.0, 200000.0, 7.4386324, 46.9510828, 1.0),
    (3857, -1950000.0, 1650000.0, -17.5171480, 14.6595894, 1.0),
    (2154, 650000.0, 6860000.0, 2.3187906, 48.8381101, 1.0),
    (25832, 690000.0, 5330000.0, 11.5518448, 48.0949174, 1.0),
    (31467, 3500000.0, 5700000.0, 8.9989480, 51.4346340, 1.0),
    (3035, 4321000.0, 3210000.0, 10.0000000, 52.0000000, 1.0),
    (5070, 1600000.0, 1900000.0, -77.3067443, 38.7075296, 1.0),
    (3995, 1500000.0, -1500000.0, 45.0000000, 70.6545677, 1.0),
    (3031, 1500000.0, -1500000.0, 135.0000000, -70.6545677, 1.0),
    (32628, 240000.0, 1620000.0, -17.4138278, 14.6409589, 1.0),
    (2193, 1750000.0, 5920000.0, 174.6825669, -36.8540223, 1.0),
    (3067, 385000.0, 6672000.0, 24.9274577, 60.1686660, 1.0),
    (3577, 1550000.0, -3950000.0, 149.1129321, -35.2150054, 1.0),
    (3006, 670000.0, 6580000.0, 17.9877794, 59.3245024, 1.0),
    (32760, 600000.0, 7900000.0, 177.9500289, -18.9900834, 1.0),
    (26918, 580000.0, 4500000.0, -74.0538058, 40.6469799, 1.0),
    (2100, 470000.0, 4200000.0, 23.6602415, 37.9496942, 1.0),
    (3763, -90000.0, -105000.0, -9.1679435, 38.7178964, 1.0),
    (2048, -50000.0, 3700000.0, 19.5376155, -33.4248804, 1.0),
];

/// Checks the same box in coordinate systems of the world against PROJ's corners.
#[test]
fn coordinates_are_converted_as_by_proj() {
    for (code, x, y, lon, lat, metres) in CORNERS {
        let (east, north) = (x + 10_000.0, y + 10_000.0);
        let text = format!("SRID={code};POLYGON(({x} {y},{east} {y},{east} {north},{x} {north},{x} {y}))");
        let aoi = Aoi::from_wkt(&text).unwrap_or_else(|error| panic!("EPSG:{code}: {error}"));
        let near = |shape: &Polygon| {
            let corners = shape.exterior().coords();
            let off =
                corners.map(|at| ((at.x - lon) * f64::to_radians(lat).cos()).hypot(at.y - lat) * 111_320.0);
            off.fold(f64::INFINITY, f64::min)
        };
        let off = aoi.geometry().iter().map(near).fold(f64::INFINITY, f64::min);
        assert!(off < metres, "EPSG:{code}: {off} m");
    }
}

#[test]
fn long_edges_keep_their_course_after_conversion() {
    // A box of 2,000 km in Europe's equal-area grid keeps its area.
    let aoi = Aoi::from_wkt(
        "SRID=3035;POLYGON((3000000 2000000,5000000 2000000,5000000 4000000,3000000 4000000,3000000 2000000))",
    );
    assert!((aoi.unwrap().area_km2() / 4e6 - 1.0).abs() < 1e-6);
    // A square around the South Pole contains the pole.
    let pole = Aoi::from_wkt("SRID=3031;POLYGON((-1e6 -1e6,1e6 -1e6,1e6 1e6,-1e6 1e6,-1e6 -1e6))").unwrap();
    assert_eq!(pole.bbox().south, -90.0);
    assert!((3.9e6..4.3e6).contains(&pole.area_km2()), "{}", pole.area_km2());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_file_with_wrong_bytes_is_read_or_refused(
        which in 0_usize..9,
        changes in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<u32>()),
    ) {
        const NAMES: [&str; 9] = [
            "aoi_berlin.kml", "aoi_washington.geojson", "poly00.fgb", "test_data_v1.0.0.parquet",
            "data-polygon-encoding_wkb.parquet", "curvepolygon.gpkg", "aoi_berlin.wkt", "example.parquet",
            "naturalearth_lowres.shp",
        ];
        let Some(folder) = files() else { return Ok(()) };
        let mut bytes = std::fs::read(folder.join(NAMES[which])).unwrap();
        let size = bytes.len();
        for (at, byte) in changes {
            bytes[at as usize % size] = byte;
        }
        bytes.truncate(cut.map_or(size, |cut| cut as usize % size));
        let there = tempfile::tempdir().unwrap();
        let path = there.path().join(NAMES[which]);
        std::fs::write(&path, &bytes).unwrap();
        if let Err(error) = Aoi::read(&path) {
            prop_assert!(error.to_string().starts_with("read AOI `"), "{error}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}", wkt in "[A-Z]{4,12} ?[(),. 0-9-]{0,60}") {
        let _ = (Aoi::from_geojson(&text), Aoi::from_kml(&text), Aoi::from_wkt(&text), Aoi::from_wkt(&wkt));
    }
}
