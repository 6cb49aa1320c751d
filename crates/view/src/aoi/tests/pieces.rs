use crate::Aoi;
use geo::{Area, BooleanOps};
use proptest::prelude::*;

fn check(aoi: &Aoi, max_km2: f64) {
    let pieces = aoi.split(max_km2).unwrap();
    let areas: Vec<f64> = pieces.iter().map(|piece| piece.area_km2()).collect();
    let sum: f64 = areas.iter().sum();
    let whole = aoi.area_km2();
    assert!((sum / whole - 1.0).abs() < 1e-6, "{sum} of {whole}");
    assert!(areas.iter().all(|area| *area <= max_km2), "{areas:?} of {max_km2}");
    assert!(areas.len() as f64 <= whole / max_km2 * 1.000_01 + 1.0, "{} pieces", areas.len());
    for (index, piece) in pieces.features().iter().enumerate() {
        let outside = piece.geometry.difference(aoi.geometry()).unsigned_area();
        assert!(outside < 1e-6 * piece.geometry.unsigned_area(), "{outside}");
        for other in &pieces.features()[..index] {
            let shared = piece.geometry.intersection(&other.geometry).unsigned_area();
            assert!(shared < 1e-6 * piece.geometry.unsigned_area(), "{shared}");
        }
    }
}

#[test]
fn pieces_are_as_few_as_possible_and_have_names() {
    let dakar = Aoi::example("Dakar").unwrap();
    let pieces = dakar.split(dakar.area_km2() / 3.0 * 1.001).unwrap();
    let names: Vec<_> = pieces.iter().map(|piece| piece.name().unwrap().to_owned()).collect();
    assert_eq!(names, ["Dakar 1", "Dakar 2", "Dakar 3"]);
    assert_eq!((pieces.name(), pieces.area_km2()), (Some("Dakar"), dakar.area_km2()));
    assert_eq!(dakar.split(1000.0).unwrap().features().len(), 1);
}

#[test]
fn split_preserves_holes_gaps_poles_and_the_antimeridian() {
    let ring = "POLYGON ((0 0, 9 0, 9 5, 0 5, 0 0), (1 1, 1 4, 8 4, 8 1, 1 1))";
    for aoi in
        [Aoi::from_wkt(ring), Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]), Aoi::around([30.0, 88.0], 5e5)]
    {
        let aoi = aoi.unwrap();
        for parts in [1.5, 7.3] {
            check(&aoi, aoi.area_km2() / parts);
        }
    }
}

#[test]
fn an_invalid_size_of_pieces_is_refused() {
    let dakar = Aoi::example("Dakar").unwrap();
    let message = |max| dakar.split(max).unwrap_err().to_string();
    insta::assert_snapshot!(message(0.0), @"split `Dakar`: pieces of `0` km²: give a positive number");
    insta::assert_snapshot!(message(f64::NAN), @"split `Dakar`: pieces of `NaN` km²: give a positive number");
    insta::assert_snapshot!(message(0.001), @"split `Dakar`: pieces of at most 0.001 km² would be 157294: give a limit that makes at most 10000");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_star_is_cut_into_its_pieces(
        west in -180.0..180.0_f64, south in -80.0..70.0_f64, size in 0.01..8.0_f64, parts in 1.0..12.0_f64,
        arms in proptest::collection::vec(0.2..1.0_f64, 3..12),
    ) {
        let corner = |(index, arm): (usize, &f64)| {
            let (sine, cosine) = (index as f64 / arms.len() as f64 * std::f64::consts::TAU).sin_cos();
            let lon = west + size * arm * cosine;
            let lon = if lon > 180.0 { lon - 360.0 } else if lon < -180.0 { lon + 360.0 } else { lon };
            (lon, south + size * arm * sine)
        };
        let ring: Vec<_> = arms.iter().enumerate().map(corner).collect();
        let aoi = Aoi::from_geometry(geo::Polygon::new(ring.into(), vec![])).unwrap();
        check(&aoi, aoi.area_km2() / parts);
    }
}
