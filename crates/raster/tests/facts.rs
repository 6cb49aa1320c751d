//! Real files, compared with what rasterio (GDAL) says of them in `../shared/data/rasters`.

use std::path::PathBuf;

use serde_json::Value;
use up42_raster::{Codec, Color, Crs, Level, Photometric, Raster};

/// Returns whether the enabled features suffice to read the pixels of a file.
fn is_read(facts: &Value) -> bool {
    let is_lerc = facts["compression"].as_str().is_some_and(|codec| codec.starts_with("LERC"));
    let is_jp2 = facts["driver"] == "JP2OpenJPEG";
    (!is_lerc || cfg!(feature = "lerc")) && !is_jp2
}

/// Returns the folder with data of other people; `None` with a message if it is missing.
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
    eprintln!("skipped: `{}` is missing", folder.display());
    None
}

/// Returns each file of `rasters` with its facts.
fn files() -> Vec<(PathBuf, Value)> {
    let Some(data) = data() else { return Vec::new() };
    let text = std::fs::read_to_string(data.join("rasters/facts.json")).unwrap();
    let facts: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    facts.into_iter().map(|(name, facts)| (data.join("rasters").join(name), facts)).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Asserts that numbers are equal to a millionth, or to a tolerance.
#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64, what: &str) {
    let most = tolerance.max(expected.abs() * 1e-6);
    assert!((found - expected).abs() <= most, "{what}: {found}, not {expected}");
}

#[test]
fn headers_match_those_of_gdal() {
    for (path, facts) in files() {
        if facts["driver"] != "GTiff" {
            continue;
        }
        let raster = Raster::open(&path).unwrap();
        let name = raster.name();
        assert_eq!(
            (raster.width() as u64, raster.height() as u64),
            (facts["width"].as_u64().unwrap(), facts["height"].as_u64().unwrap())
        );
        assert_eq!(raster.bands().len() as u64, facts["bands"].as_u64().unwrap(), "{name}");
        assert_eq!(raster.is_point(), facts["area_or_point"] == "Point", "{name}");
        assert_eq!(raster.gcps().len() as u64, facts["gcps"].as_u64().unwrap(), "{name}");
        assert_eq!(raster.has_rpcs(), facts["rpcs"], "{name}");
        assert_eq!(raster.palette().len() as u64, facts["colormap_entries"].as_u64().unwrap(), "{name}");
        let overviews: Vec<_> = raster.overviews().into_iter().map(|factor| factor as f64).collect();
        assert_eq!(overviews, numbers(&facts["overviews"]), "{name}");
        // GDAL divides uncompressed images in one strip into smaller parts.
        if !name.contains("BigTIFFMotorola") {
            let block = (raster.block_size().0 as f64, raster.block_size().1 as f64);
            assert_eq!(vec![block.0, block.1], numbers(&facts["block"]), "{name}");
        }
        let codec = facts["compression"].as_str().unwrap_or("none").replace("YCbCr ", "");
        assert_eq!(raster.codec().to_string(), codec, "{name}");
        assert_eq!(raster.photometric() == Photometric::YCbCr, facts["photometric"] == "ycbcr", "{name}");
        for (band, expected) in raster.bands().iter().zip(facts["band_stats"].as_array().unwrap()) {
            assert_eq!(band.data_type.to_string(), facts["dtype"].as_str().unwrap(), "{name}");
            assert_eq!(band.nodata, facts["nodata"].as_f64(), "{name}");
            assert_eq!((band.scale, band.offset), (1.0, 0.0), "{name}");
            assert_eq!(format!("{:?}", band.color).to_lowercase(), expected["color"], "{name}");
        }
        let epsg = match raster.crs() {
            Some(Crs::Wgs84) => Some(4326),
            Some(Crs::Epsg(code)) => Some(u64::from(*code)),
            // Parameters without a code, which GDAL recognizes.
            Some(Crs::Text(_)) if name == "rasterstats__slope.tif" => Some(9674),
            _ => None,
        };
        if raster.gcps().is_empty() {
            assert_eq!(epsg, facts["epsg"].as_u64(), "{name}");
        } else {
            assert_eq!(facts["gcp_crs"], format!("EPSG:{}", epsg.unwrap()), "{name}");
        }
        for (gcp, expected) in raster.gcps().iter().zip(facts["first_gcps"].as_array().unwrap()) {
            for (found, expected) in
                [gcp.row, gcp.column, gcp.x, gcp.y, gcp.z].into_iter().zip(numbers(expected))
            {
                assert_near(found, expected, 1e-9, name);
            }
        }
        // GDAL has the identity for files without a georeference.
        let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let [x, a, b, y, d, e] =
            raster.transform().map_or([0.0, 1.0, 0.0, 0.0, 0.0, 1.0], |transform| transform.0);
        let expected = numbers(&facts["geotransform_abcdef"]);
        assert_eq!(raster.transform().is_none(), expected == identity, "{name}");
        for (found, expected) in [a, b, x, d, e, y].into_iter().zip(expected) {
            assert_near(found, expected, expected.abs() * 1e-9, name);
        }
    }
}

#[test]
fn corners_and_points_lie_within_half_a_pixel() {
    let mut refused = Vec::new();
    for (path, facts) in files() {
        if facts["driver"] != "GTiff" {
            continue;
        }
        let raster = Raster::open(&path).unwrap();
        let name = raster.name();
        let Some(corners) = facts["corners_lonlat"].as_array() else {
            refused.push(raster.corners().unwrap_err().to_string());
            continue;
        };
        let locator = raster.locator().unwrap();
        for (found, expected) in raster.corners().unwrap().into_iter().zip(corners) {
            let expected = numbers(expected);
            let found_pixel = locator.to_pixel(found.0, found.1).unwrap();
            let pixel = locator.to_pixel(expected[0], expected[1]).unwrap();
            let off = (pixel.0 - found_pixel.0).hypot(pixel.1 - found_pixel.1);
            assert!(off < 0.5, "{name}: {found:?}, not {expected:?}, off by {off} pixels");
        }
        for point in facts["points"].as_array().unwrap() {
            let lonlat = numbers(&point["lonlat"]);
            let pixel = locator.to_pixel(lonlat[0], lonlat[1]).unwrap();
            let row = point["row"].as_f64().unwrap() + 0.5;
            let column = point["col"].as_f64().unwrap() + 0.5;
            assert!((pixel.0 - column).hypot(pixel.1 - row) < 0.5, "{name}: {pixel:?}, not {column}, {row}");
        }
    }
    if data().is_some() {
        insta::assert_snapshot!(refused.join("\n"), @r"
        read raster `image-tiff__BigTIFFMotorola.tif`: it has no georeference: add one by `gdal_translate -a_srs EPSG:4326 -a_ullr W N E S`
        read raster `image-tiff__predictor-3-rgb-f32.tif`: it has no georeference: add one by `gdal_translate -a_srs EPSG:4326 -a_ullr W N E S`
        read raster `rio-tiler__cog_gcps_ovr.tif`: only ground control points place it: place its pixels by `gdalwarp -tps`
        read raster `rioxarray__cint16.tif`: only ground control points place it: place its pixels by `gdalwarp -tps`
        read raster `rioxarray__test_rpcs.tif`: only rational polynomial coefficients place it: orthorectify it by `gdalwarp -rpc`
        ");
    }
}

#[test]
fn values_of_points_match_those_of_gdal() {
    for (path, facts) in files() {
        if !is_read(&facts) {
            continue;
        }
        let raster = Raster::open(&path).unwrap();
        let name = raster.name();
        let is_lossy = raster.codec() == Codec::Jpeg;
        for point in facts["points"].as_array().unwrap() {
            let (column, row) =
                (point["col"].as_u64().unwrap() as usize, point["row"].as_u64().unwrap() as usize);
            let values = raster.at_pixel(column, row).unwrap();
            let pixel = up42_raster::Rect { x: column, y: row, width: 1, height: 1 };
            let bands: Vec<_> = (0..values.len()).collect();
            let stored = raster.level(0).unmasked().read(pixel, &bands).unwrap().bands;
            for (band, expected) in point["values"].as_array().unwrap().iter().enumerate() {
                let expected = match expected.as_f64() {
                    Some(value) => value,
                    None => numbers(expected).into_iter().fold(0.0, f64::hypot),
                };
                let tolerance = if is_lossy { 2.0 } else { 1e-6 };
                assert_near(stored[band][0], expected, tolerance, name);
                assert_eq!(values[band].is_none(), point["masked"][band], "{name} {column} {row}");
            }
        }
    }
}

#[test]
fn statistics_match_those_of_gdal() {
    for (path, facts) in files() {
        if !is_read(&facts) {
            continue;
        }
        let raster = Raster::open(&path).unwrap();
        let level = raster.level(0);
        compare_statistics(&level, &facts, "valid");
        compare_statistics(&level.unmasked(), &facts, "all");
    }
}

fn compare_statistics(level: &Level, facts: &Value, kind: &str) {
    let raster = level.raster();
    let bands: Vec<_> = (0..raster.bands().len()).collect();
    let found = level.distributions(&bands).unwrap();
    let tolerance = if raster.codec() == Codec::Jpeg { 2.0 } else { 1e-6 };
    for (found, expected) in found.iter().zip(facts["band_stats"].as_array().unwrap()) {
        let (found, expected) = (found.statistics(), &expected[kind]);
        let name = format!("{} {kind} {found:?} {expected}", raster.name());
        assert_eq!(found.valid, expected["count"].as_u64().unwrap(), "{name}");
        for (found, key) in [(found.min, "min"), (found.max, "max"), (found.mean, "mean"), (found.std, "std")]
        {
            assert_eq!(found.is_some(), expected[key].is_number(), "{name}");
            if let (Some(found), Some(expected)) = (found, expected[key].as_f64()) {
                assert_near(found, expected, tolerance, &name);
            }
        }
    }
}

#[test]
fn a_damaged_block_costs_only_its_own_pixels() {
    let Some(data) = data() else { return };
    let raster = Raster::open(data.join("geotiff/rasterio__corrupt.tif")).unwrap();
    let level = raster.level(0);
    assert!(level.read_block(0, 0, &[0]).is_ok());
    insta::assert_snapshot!(level.read_block(1, 1, &[0]).unwrap_err(), @"read raster `rasterio__corrupt.tif`: block 1, 1: the file ends too early: it is damaged or incomplete, download it again");
    assert_eq!(raster.bands()[2].color, Color::Blue);
}
