//! Tests of the coverage: how many scenes lie over which part of an area.

use proptest::prelude::*;
use serde_json::json;
use up42::Aoi;
use up42::catalog::{Coverage, Scenes};

use crate::aoi::data;
use crate::test_catalog::{TestCatalog, is_inside, item, slanted};

/// Number of raster points in each direction. An outline of at most 8 shapes with 4 edges crosses
/// at most 32 × 700 of its 490,000 cells. A crossed cell is off by 0.29 of its size on average, at
/// random, so a count is off by some 0.29 × √22,400 = 43 cells, or 0.009 % of the area: a tenth of
/// the tolerance.
const STEPS: usize = 700;

/// Returns the share of the area, in %, by number of scenes over it, counted on the raster.
fn counted(aoi: &[[f64; 2]], shapes: &[Vec<[f64; 2]>]) -> Vec<f64> {
    let side = |axis: usize| {
        let all = || aoi.iter().map(move |point| point[axis]);
        (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max))
    };
    let ((west, east), (south, north)) = (side(0), side(1));
    let mut sizes = vec![0.0; shapes.len() + 1];
    for row in 0..STEPS {
        let y = south + (north - south) * (row as f64 + 0.5) / STEPS as f64;
        // Size of a degree by a degree on the ellipsoid, up to a constant factor.
        let squared = 0.006_694_379_990_14;
        let size = y.to_radians().cos() / (1.0 - squared * y.to_radians().sin().powi(2)).powi(2);
        for column in 0..STEPS {
            let x = west + (east - west) * (column as f64 + 0.5) / STEPS as f64;
            if is_inside(aoi, [x, y]) {
                sizes[shapes.iter().filter(|shape| is_inside(shape, [x, y])).count()] += size;
            }
        }
    }
    let whole: f64 = sizes.iter().sum();
    sizes.iter().map(|size| 100.0 * size / whole).collect()
}

fn share(coverage: &Coverage, looks: usize) -> f64 {
    coverage.looks().get(looks).map_or(0.0, |part| part.percent)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn coverage_matches_a_fine_raster(
        lat in -65.0..65.0_f64,
        corners in prop::array::uniform5(0.5..1.0_f64),
        scenes in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64, 0.2..0.9_f64, 0.2..0.9_f64, 0.0..3.2_f64), 1..8),
    ) {
        let ring: Vec<[f64; 2]> = corners.iter().zip(0..).map(|(far, nth)| {
            let (sin, cos) = (f64::from(nth) * 1.2566).sin_cos();
            [20.0 + far * cos, lat + far * sin]
        }).collect();
        let json = json!({"type": "Polygon", "coordinates": [[ring[0], ring[1], ring[2], ring[3], ring[4], ring[0]]]});
        let aoi = Aoi::from_geojson(&json.to_string()).unwrap();
        let shapes: Vec<_> = scenes.iter()
            .map(|&(x, y, wide, high, turn)| slanted([20.0 + x, lat + y], [wide, high], turn))
            .collect();
        let items = shapes.iter().enumerate().map(|(nth, ring)| item(&nth.to_string(), ring, "2020-01-01", None));
        let coverage = TestCatalog::new().scenes(&aoi, items.collect()).coverage(&aoi);
        for (looks, truth) in counted(&ring, &shapes).into_iter().enumerate() {
            let found = share(&coverage, looks);
            prop_assert!((found - truth).abs() < 0.1, "{looks} looks: {found} % is {truth} %");
        }
        let rest = coverage.uncovered().map_or(0.0, |rest| rest.area_km2());
        prop_assert!((rest - coverage.looks()[0].km2).abs() < 1e-4 * aoi.area_km2());
    }

    #[test]
    fn uncovered_parts_at_the_antimeridian_and_the_pole_are_counted(
        west in 170.0..179.99_f64, east in -179.99..-170.0_f64, north in prop_oneof![Just(90.0), 80.0..89.9_f64],
        middle in 175.0..185.0_f64, size in prop::array::uniform2(0.2..3.0_f64), turn in 0.0..3.2_f64,
    ) {
        let aoi = Aoi::from_bbox([west, 70.0, east, north]).unwrap();
        let ring = slanted([middle, 80.0], size, turn);
        let items = json!({"features": [item("a", &ring, "2020-01-01", None)]});
        let coverage = Scenes::from_geojson(&items.to_string()).unwrap().coverage(&aoi);
        let rest = coverage.uncovered().map_or(0.0, |rest| rest.area_km2());
        prop_assert!((rest - coverage.looks()[0].km2).abs() < 1e-4 * aoi.area_km2(), "{rest} {coverage:?}");
    }
}

#[test]
fn split_self_crossing_and_missing_footprints_are_counted() {
    let fiji = Aoi::from_bbox([179.0, -18.0, -179.0, -17.0]).unwrap();
    let west_half = [[179.0, -17.0], [180.0, -17.0], [180.0, -18.0], [179.0, -18.0]];
    let across = [[179.5, -16.0], [-179.5, -16.0], [-179.5, -19.0], [179.5, -19.0]];
    let bow_tie = [[179.0, -18.0], [179.2, -17.0], [179.2, -18.0], [179.0, -17.0]];
    let mut nowhere = item("nowhere", &west_half, "2020-01-01", None);
    nowhere["geometry"] = json!(null);
    let items = vec![
        item("half", &west_half, "2020-01-04", Some(3.0)),
        item("across", &across, "2020-01-03", None),
        item("bow", &bow_tie, "2020-01-02", None),
        nowhere,
    ];
    let coverage = TestCatalog::new().scenes(&fiji, items).coverage(&fiji);
    // Half of the first half is also under `across`, and a tenth, half of it filled, under `bow`.
    for (looks, truth) in [25.0, 45.0, 30.0].into_iter().enumerate() {
        assert!((share(&coverage, looks) - truth).abs() < 0.01, "{coverage:?}");
    }
    let rest = coverage.uncovered().unwrap();
    assert_eq!(rest.bbox().to_array().map(|side| (side * 1e6).round() / 1e6), [-179.5, -18.0, -179.0, -17.0]);
    let frame = coverage.by_scene().unwrap();
    assert_eq!(frame.height(), 4);
    let new: Vec<_> = frame.column("covered_percent").unwrap().f64().unwrap().iter().flatten().collect();
    assert_eq!(new.len(), 4, "{new:?}");
    for (found, truth) in new.iter().zip([50.0, 75.0, 75.0, 75.0]) {
        assert!((found - truth).abs() < 0.01, "{new:?}");
    }
}

/// Checks a footprint of two parts: one crosses itself, and the other lies within one of its lobes.
/// The expected area is that of shapely's `make_valid`.
#[test]
fn both_lobes_of_a_footprint_that_crosses_itself_count() {
    let Some(folder) = data("cases") else { return };
    let aoi = Aoi::from_bbox([0.0, 0.0, 3.0, 3.0]).unwrap();
    let cases = [
        ("c07_bowtie_odd.geojson", 46_146.634_689, [2.5, 1.0, 2.9, 2.0]),
        ("c07_bowtie_even.geojson", 6_154.270_049, [0.8, 0.4, 0.9, 0.6]),
    ];
    for (name, km2, [west, south, east, north]) in cases {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let shape: serde_json::Value = serde_json::from_str(&text).unwrap();
        let within = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
        let mut scene = item("a", &[], "2020-01-01", None);
        for parts in [json!([shape["coordinates"]]), json!([shape["coordinates"], within])] {
            scene["geometry"] = json!({"type": "MultiPolygon", "coordinates": parts});
            let scenes = TestCatalog::new().scenes(&aoi, vec![scene.clone()]);
            let coverage = scenes.coverage(&aoi);
            let covered = aoi.area_km2() - coverage.uncovered().unwrap().area_km2();
            let reported = scenes.iter().next().unwrap().aoi_coverage.unwrap() / 100.0 * aoi.area_km2();
            for found in [coverage.looks()[1].km2, covered, reported] {
                assert!((found / km2 - 1.0).abs() < 1e-4, "{name}: {found} km², not {km2}");
            }
        }
    }
}

#[test]
fn a_thousand_scenes_are_counted() {
    let aoi = Aoi::from_bbox([10.0, 50.0, 11.0, 51.0]).unwrap();
    let place = |nth: u32, prime: u32| f64::from(nth * prime % 1009) / 1009.0;
    let items = (0..1000).map(|nth| {
        let middle = [9.9 + 1.2 * place(nth, 271), 49.9 + 1.2 * place(nth, 619)];
        let ring = slanted(middle, [0.08 + 0.2 * place(nth, 97), 0.15], 0.2 + 0.3 * place(nth, 433));
        item(&nth.to_string(), &ring, "2020-01-01", None)
    });
    let coverage = TestCatalog::new().scenes(&aoi, items.collect()).coverage(&aoi);
    let sum: f64 = coverage.looks().iter().map(|part| part.percent).sum();
    assert!((sum - 100.0).abs() < 1e-9);
    assert!(coverage.percent() > 99.0 && coverage.looks().len() > 50, "{coverage:?}");
    assert!(coverage.uncovered().is_none_or(|rest| rest.area_km2() < 0.01 * aoi.area_km2()));
}
