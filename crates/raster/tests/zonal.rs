//! Zonal statistics of a real file, compared with those of exactextract in `../shared/data/rasters`.

use std::path::PathBuf;

use geo_types::MultiPolygon;
use serde_json::Value;
use up42_raster::{Raster, Stack, Statistic, Zonal, band};

/// Returns the folder with data of other people; `None` with a message if it is missing.
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rasters");
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
    eprintln!("skipped: `{}` is missing", folder.display());
    None
}

#[test]
fn statistics_match_those_of_exactextract() {
    use Statistic::{Count, Max, Mean, Median, Min, Std, Sum, Variety};
    let Some(data) = data() else { return };
    let text = std::fs::read_to_string(data.join("zonal.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let expected = &expected["exactextract_0.3.0_coverage_weighted"];
    let shapes = shapefile::read_shapes_as::<_, shapefile::Polygon>(data.join("polygons.shp")).unwrap();
    let polygons: Vec<MultiPolygon> = shapes.into_iter().map(|shape| shape.try_into().unwrap()).collect();
    let stack = Stack::new([Raster::open(data.join("rasterstats__slope.tif")).unwrap()]).unwrap();
    let statistics = [
        (Count, "count"),
        (Sum, "sum"),
        (Mean, "mean"),
        (Std, "stdev"),
        (Min, "min"),
        (Max, "max"),
        (Median, "median"),
        (Variety, "variety"),
    ];
    let zonal = Zonal::new([band(1)], statistics.map(|(statistic, _)| statistic));
    let rows = zonal.compute(&stack, &polygons).unwrap();
    assert_eq!(rows.len(), expected.as_array().unwrap().len());
    for row in rows {
        for ((statistic, name), found) in statistics.iter().zip(row.values) {
            let expected = expected[row.polygon][name].as_f64().unwrap();
            let found = found.unwrap();
            // Its shares are 32-bit floats.
            let is_near = (found - expected).abs() <= expected.abs() * 1e-6;
            assert!(is_near, "polygon {}, {statistic}: {found}, not {expected}", row.polygon);
        }
    }
}
