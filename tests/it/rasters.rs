//! Tests of rasters: frames of statistics, and zonal time series over results.

use std::path::PathBuf;

use up42::polars::prelude::{ChunkAgg, DataFrame};
use up42::raster::{Raster, Statistic, band};
use up42::view::ToMimeBundle;
use up42::{Aoi, ErrorKind};

use crate::airports;
use crate::batches::{client_in, fast, parameters, workflow};

/// Returns the folder with rasters of other projects; `None` with a message if it is missing.
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/rasters");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
    eprintln!("skipped: `{}` is missing", folder.display());
    None
}

fn sum(frame: &DataFrame, column: &str) -> f64 {
    frame.column(column).unwrap().f64().unwrap().sum().unwrap_or_default()
}

#[test]
fn the_area_of_a_whole_raster_contains_its_valid_pixels() {
    let Some(data) = data() else { return };
    let raster = Raster::open(data.join("rasterstats__slope.tif")).unwrap();
    let corners = raster.corners().unwrap().map(|(lon, lat)| format!("{lon} {lat}"));
    let wkt = format!("POLYGON (({}, {}))", corners.join(", "), corners[0]);
    let area = Aoi::from_wkt(&wkt).unwrap().named("all");
    let frame = raster.zonal(&area, [band(1)], [Statistic::Count, Statistic::Mean]).unwrap();
    let statistics = raster.statistics().unwrap();
    let valid = statistics.column("valid").unwrap().i64().unwrap().get(0).unwrap() as f64;
    assert!((sum(&frame, "count") / valid - 1.0).abs() < 1e-3, "{frame:?} of {valid}");
    assert!((sum(&frame, "mean") - sum(&statistics, "mean")).abs() < 0.05, "{frame:?} {statistics:?}");
    let card = raster.to_mime_bundle();
    assert!(card.text.contains("84 × 78 pixels") && card.text.contains("25.5251 × 25.5251"), "{}", card.text);
    assert!(card.html.contains("data:image/jpeg"), "{:.400}", card.html);
}

#[test]
fn an_area_elsewhere_has_no_values() {
    let Some(data) = data() else { return };
    let raster = Raster::open(data.join("rasterstats__slope.tif")).unwrap();
    let dakar = Aoi::from_bbox([-17.5, 14.6, -17.4, 14.7]).unwrap();
    let frame = raster.zonal(&dakar, [band(1)], [Statistic::Mean]).unwrap();
    assert_eq!((frame.height(), frame.column("mean").unwrap().null_count()), (1, 1), "{frame:?}");
    let error = raster.zonal(&dakar, [band("nir")], [Statistic::Mean]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = raster.names(["red", "nir"]).unwrap_err().to_string();
    assert!(error.contains("2 names for 1 bands"), "{error}");
}

#[test]
fn a_result_that_cannot_be_read_costs_only_its_own_rows() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let jobs = workflow.batch("rasters", parameters(&workflow, 3)).unwrap().quiet().run().unwrap();
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    let broken = results[1].path.clone().unwrap();
    std::fs::write(&broken, b"II*\0broken").unwrap();
    let frame = results.zonal(&airports(), [band(1)], [Statistic::Mean, Statistic::Count]).unwrap();
    let places = airports().features().len();
    assert_eq!(frame.height(), results.len() * places);
    let errors = frame.column("error").unwrap();
    assert_eq!(errors.len() - errors.null_count(), places, "{frame:?}");
    // Each job delivers its own airport.
    assert!(sum(&frame, "count") > 0.0 && sum(&frame, "mean") > 0.0, "{frame:?}");
    let names: Vec<_> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["job", "label", "path", "datetime", "place", "value", "mean", "count", "error"]);
}
