//! Files of drawn parameters, and real ones, read as rasterio (GDAL) reads them: type × codec ×
//! predictor × planes × tiles × byte order × overviews × masks.

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use up42_raster::{Level, Photometric, Raster, Rect};

/// Number of files that are drawn.
const COUNT: &str = "300";

/// Returns an interpreter with rasterio; `None`, with a message, without a network.
fn python() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/python/environment.py");
    let made = Command::new("python3").args([script, "rasterio"]).output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`python3 {script} rasterio` failed");
        eprintln!("skipped: `python3 {script} rasterio` failed");
        return None;
    };
    Some(PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
}

/// Returns real GeoTIFFs that GDAL reads without an error.
fn real_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/geotiff");
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| !path.ends_with("rasterio__corrupt.tif")).collect()
}

#[test]
fn files_are_read_as_gdal_reads_them() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/drawn_rasters.py");
    // The seed is part of each message, to draw the same files again.
    let seed = std::env::var("UP42_SEED").unwrap_or_else(|_| std::process::id().to_string());
    let mut command = Command::new(python);
    command.arg(script).arg(folder.path()).args([&seed, COUNT]).args(real_files());
    assert!(command.status().unwrap().success());
    let files = std::fs::read_to_string(folder.path().join("files.json")).unwrap();
    for (number, facts) in serde_json::from_str::<Vec<Value>>(&files).unwrap().iter().enumerate() {
        let what = format!("seed {seed}, file {number}: {}", facts["what"]);
        let raster = Raster::open(facts["path"].as_str().unwrap()).expect(&what);
        compare_header(&raster, facts, &what);
        let sizes = facts["sizes"].as_array().unwrap();
        assert_eq!(raster.level_count(), sizes.len(), "{what}");
        // Decoders of JPEG round differently, and libjpeg 9, libjpeg-turbo and this library interpolate
        // colours of half the resolution differently: libjpeg 9 within blocks only.
        let tolerance = match (facts["is_lossy"] == true, raster.photometric()) {
            (false, _) => 0.0,
            (true, Photometric::YCbCr) => 4.0,
            (true, _) => 2.0,
        };
        for (index, size) in sizes.iter().enumerate() {
            let level = raster.level(index);
            assert_eq!(
                (level.height() as u64, level.width() as u64),
                (integer(&size[0]), integer(&size[1])),
                "{what}"
            );
            let bytes = std::fs::read(folder.path().join(format!("{number}.{index}.f64"))).unwrap();
            let (values, _) = bytes.as_chunks();
            let values: Vec<_> = values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
            compare_windows(&level, &values, tolerance, &format!("{what}, level {index}"));
        }
    }
}

fn integer(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn compare_header(raster: &Raster, facts: &Value, what: &str) {
    for (index, band) in raster.bands().iter().enumerate() {
        assert_eq!(band.description.as_deref(), facts["descriptions"][index].as_str(), "{what}");
        assert_eq!(Some(band.scale), facts["scales"][index].as_f64(), "{what}");
        assert_eq!(Some(band.offset), facts["offsets"][index].as_f64(), "{what}");
        assert_eq!(band.data_type.to_string(), facts["dtype"].as_str().unwrap(), "{what}");
        let color = format!("{:?}", band.color).to_lowercase();
        assert_eq!(color, facts["colors"][index].as_str().unwrap(), "{what}");
        // Text of numbers is parsed to the last digit but one.
        let nodata = facts["nodata"].as_f64();
        assert_eq!(band.nodata.is_some(), nodata.is_some(), "{what}");
        let (found, expected) = (band.nodata.unwrap_or(0.0), nodata.unwrap_or(0.0));
        assert!((found - expected).abs() <= expected.abs() * 1e-12, "{what}: {found}, not {expected}");
    }
    assert_eq!(raster.transform().is_some(), facts["has_transform"], "{what}");
    if let Some(transform) = raster.transform() {
        let [x, a, b, y, d, e] = transform.0;
        for (found, expected) in [a, b, x, d, e, y].iter().zip(facts["transform"].as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                "{what}: {found}, not {expected}"
            );
        }
    }
    if let Some(corners) = facts["corners"].as_array() {
        let locator = raster.locator().expect(what);
        let found = raster.corners().expect(what);
        for ((lon, lat), expected) in found.into_iter().zip(corners) {
            let (column, row) = locator.to_pixel(lon, lat).unwrap();
            let [lon, lat] = [0, 1].map(|index| expected[index].as_f64().unwrap());
            let expected = locator.to_pixel(lon, lat).unwrap();
            assert!((column - expected.0).hypot(row - expected.1) < 0.5, "{what}: {lon} {lat}");
        }
    }
}

/// Compares the whole level, and drawn windows with drawn bands.
fn compare_windows(level: &Level, values: &[f64], tolerance: f64, what: &str) {
    let (width, height, count) = (level.width(), level.height(), level.raster().bands().len());
    let compare = |rect: Rect, bands: &[usize]| {
        let window = level.read(rect, bands).expect(what);
        let mut off = 0.0;
        for (found, band) in window.bands.iter().zip(bands) {
            for (index, found) in found.iter().enumerate() {
                let (column, row) = (rect.x + index % rect.width, rect.y + index / rect.width);
                let expected = values[(band * height + row) * width + column];
                let is_same = found.is_nan() && expected.is_nan()
                    || (found - expected).abs() <= tolerance.max(expected.abs() * 1e-12);
                assert!(is_same, "{what}: {found}, not {expected}, in band {band} at {column}, {row}");
                off += if found.is_nan() { 0.0 } else { (found - expected).abs() };
            }
        }
        let mean = off / (rect.pixels() * bands.len()) as f64;
        assert!(rect.pixels() < 1000 || mean <= 2.0 || tolerance == 0.0, "{what}: {mean} off on average");
    };
    let all: Vec<_> = (0..count).collect();
    compare(level.rect(), &all);
    let drawn = (0..width, 0..height, 1..=width, 1..=height, prop::collection::vec(0..count, 1..3));
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() });
    let run = runner.run(&drawn, |(x, y, right, bottom, bands)| {
        let rect =
            Rect { x, y, width: right.saturating_sub(x).max(1), height: bottom.saturating_sub(y).max(1) };
        compare(rect, &bands);
        Ok(())
    });
    run.unwrap();
    let blocks: Vec<_> = level.blocks().collect();
    assert_eq!(blocks.iter().map(Rect::pixels).sum::<usize>(), width * height, "{what}");
}
