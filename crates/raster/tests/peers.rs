//! Zonal statistics and spectral indices, compared with other programs in a Python environment
//! (`tests/python/zonal.txt`).

use std::path::{Path, PathBuf};
use std::process::Command;

use geo_types::{LineString, MultiPolygon, Polygon};
use serde_json::Value;
use up42_raster::{Index, Raster, Stack, Statistic, Zonal, band};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Returns the output of a script; `None`, with a message, without a network.
fn python(script: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let tests = Path::new(ROOT).join("tests/python");
    let made = Command::new("python3").arg(tests.join("environment.py")).arg("zonal").output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "the Python environment `zonal` is missing");
        eprintln!("skipped: the Python environment `zonal` is missing");
        return None;
    };
    let python = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    let run = Command::new(python).arg(tests.join(script)).args(arguments).output().unwrap();
    assert!(run.status.success(), "{script}: {}", String::from_utf8_lossy(&run.stderr));
    Some(run.stdout)
}

fn ring(corners: &Value) -> LineString {
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    corners.as_array().unwrap().iter().map(|corner| (number(&corner[0]), number(&corner[1]))).collect()
}

fn polygon(rings: &Value) -> Polygon {
    let mut rings = rings.as_array().unwrap().iter().map(ring);
    Polygon::new(rings.next().unwrap(), rings.collect())
}

fn geometry(json: &Value) -> MultiPolygon {
    let coordinates = &json["coordinates"];
    match json["type"].as_str() {
        Some("Polygon") => polygon(coordinates).into(),
        _ => coordinates.as_array().unwrap().iter().map(polygon).collect(),
    }
}

#[test]
fn zonal_statistics_match_those_of_exactextract_and_shapely() {
    use Statistic::{Count, Majority, Max, Mean, Median, Min, Minority, Percentile, Std, Sum, Variety};
    let folder = tempfile::tempdir().unwrap();
    let rasters = 40;
    let arguments = [folder.path().to_str().unwrap(), "1", &rasters.to_string()];
    if python("zonal.py", &arguments).is_none() {
        return;
    }
    let statistics = [Count, Sum, Mean, Std, Min, Max, Median, Percentile(90), Majority, Minority, Variety];
    let zonal = Zonal::new([band(1)], statistics);
    let mut compared = 0;
    for number in 0..rasters {
        let path = |extension: &str| folder.path().join(format!("{number}.{extension}"));
        let cases: Value = serde_json::from_slice(&std::fs::read(path("json")).unwrap()).unwrap();
        let cases = cases.as_array().unwrap();
        let polygons: Vec<MultiPolygon> = cases.iter().map(|case| geometry(&case["geometry"])).collect();
        let stack = Stack::new([Raster::open(path("tif")).unwrap()]).unwrap();
        for row in zonal.compute(&stack, &polygons).unwrap() {
            let case = &cases[row.polygon];
            let count = case["exactextract"]["count"].as_f64().unwrap();
            if count == 0.0 {
                assert!(
                    row.values.iter().all(|value| value.unwrap_or(0.0) == 0.0),
                    "{case} {:?}",
                    row.values
                );
                continue;
            }
            let values = statistics.iter().zip(row.values);
            for (name, found) in values.map(|(statistic, value)| (statistic.to_string(), value.unwrap())) {
                // Shares of exactextract are 32-bit floats.
                for (peer, tolerance) in [("exactextract", 2e-6), ("shapely", 1e-9)] {
                    let Some(expected) = case[peer][&name].as_f64() else { continue };
                    let most = tolerance * f64::max(expected.abs(), 1.0);
                    let apart = (found - expected).abs();
                    assert!(apart <= most, "raster {number}, {name}: {found}, {expected} by {peer}: {case}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 15_000, "{compared}");
}

#[test]
fn spectral_indices_match_those_of_spyndex() {
    let count = 200;
    let Some(output) = python("indices.py", &[&count.to_string()]) else { return };
    let expected: Value = serde_json::from_slice(&output).unwrap();
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
    };
    // Letters of the table with the common names of STAC.
    let letters = [
        ("A", "coastal"),
        ("B", "blue"),
        ("G", "green"),
        ("R", "red"),
        ("RE1", "rededge071"),
        ("RE2", "rededge075"),
        ("RE3", "rededge078"),
        ("N", "nir"),
        ("N2", "nir08"),
        ("S1", "swir16"),
        ("S2", "swir22"),
        ("T1", "lwir11"),
    ];
    let bands: Vec<Vec<f64>> =
        letters.iter().map(|(letter, _)| numbers(&expected["bands"][letter])).collect();
    let bands: Vec<&[f64]> = bands.iter().map(Vec::as_slice).collect();
    for index in Index::all() {
        let compiled = index.expression().compile(&letters.map(|(_, name)| name)).unwrap();
        let mut found = vec![0.0; count];
        compiled.evaluate(&bands, &mut found);
        let expected = numbers(&expected["indices"][index.name()]);
        for (found, expected) in found.into_iter().zip(expected) {
            let is_near = (found - expected).abs() <= 1e-9 * f64::max(expected.abs(), 1.0);
            assert!(is_near || found.is_nan() && expected.is_nan(), "{index}: {found}, not {expected}");
        }
    }
}
