//! Tests of the smallest, clearest, cheapest set of scenes, compared with all possible sets.

use geo::{BooleanOps, MultiPolygon};
use proptest::prelude::*;
use serde_json::Value;
use up42::catalog::{Mosaic, MosaicOptions};
use up42::geo_types::{LineString, Polygon};
use up42::{Aoi, ErrorKind};

use crate::test_catalog::{TestCatalog, item, slanted};

/// Scene in the test's own representation.
#[derive(Clone, Debug)]
struct Shot {
    ring: Vec<[f64; 2]>,
    day: u32,
    cloud: Option<f64>,
    price: Option<f64>,
}

fn area() -> Aoi {
    Aoi::from_bbox([10.0, 45.0, 10.4, 45.3]).unwrap()
}

fn shot() -> impl Strategy<Value = Shot> {
    let place = (0.0..0.4_f64, 0.0..0.3_f64, 0.05..0.25_f64, 0.05..0.25_f64, 0.0..3.2_f64);
    let facts = (0..28_u32, prop::option::weighted(0.9, 0.0..100.0_f64), prop::option::of(10.0..500.0_f64));
    (place, facts).prop_map(|((x, y, wide, high, turn), (day, cloud, price))| Shot {
        ring: slanted([10.0 + x, 45.0 + y], [wide, high], turn),
        day,
        cloud,
        price,
    })
}

fn items(shots: &[Shot]) -> Vec<Value> {
    let one = |(nth, shot): (usize, &Shot)| {
        item(&nth.to_string(), &shot.ring, &format!("2020-02-{:02}", shot.day + 1), shot.cloud)
    };
    shots.iter().enumerate().map(one).collect()
}

/// Returns the pieces into which the outlines cut the area, by cutting polygons: the scenes over
/// each, as bits, and its size in km².
fn pieces(shots: &[Shot]) -> Vec<(u32, f64)> {
    let mut pieces = vec![(0, area().geometry().clone())];
    for (nth, shot) in shots.iter().enumerate() {
        let shape = MultiPolygon::from(Polygon::new(LineString::from(shot.ring.clone()), vec![]));
        let cut = |(over, piece): (u32, MultiPolygon)| {
            [(over | 1 << nth, piece.intersection(&shape)), (over, piece.difference(&shape))]
        };
        pieces = pieces.into_iter().flat_map(cut).filter(|(_, piece)| !piece.0.is_empty()).collect();
    }
    let km2 = |piece: MultiPolygon| Aoi::from_geometry(piece).map_or(0.0, |aoi| aoi.area_km2());
    pieces.into_iter().filter(|(over, _)| *over != 0).map(|(over, piece)| (over, km2(piece))).collect()
}

/// Returns the stated objective for a set of scenes: km² covered, and cost.
fn judged(chosen: u32, shots: &[Shot], pieces: &[(u32, f64)], with_prices: bool) -> (f64, f64) {
    let picked = || shots.iter().enumerate().filter(|(nth, _)| chosen >> nth & 1 == 1).map(|(_, shot)| shot);
    let cloud = |shot: &Shot| shot.cloud.unwrap_or(50.0);
    let (mut covered, mut cloudy) = (0.0, 0.0);
    for (over, km2) in pieces.iter().filter(|(over, _)| over & chosen != 0) {
        let here = shots.iter().enumerate().filter(|(nth, _)| over & chosen & 1 << nth != 0);
        covered += km2;
        cloudy += km2 * here.map(|(_, shot)| cloud(shot)).fold(100.0, f64::min);
    }
    let days = || picked().map(|shot| f64::from(shot.day));
    let span = (days().fold(f64::MIN, f64::max) - days().fold(f64::MAX, f64::min)).max(0.0);
    let mut cost = f64::from(chosen.count_ones()) + 0.1 * cloudy / area().area_km2() + 0.01 * span;
    let known: Vec<f64> = shots.iter().filter_map(|shot| shot.price).collect();
    if with_prices && !known.is_empty() {
        let average = known.iter().sum::<f64>() / known.len() as f64;
        cost += picked().map(|shot| shot.price.unwrap_or(average) / average).sum::<f64>();
    }
    (covered, cost)
}

fn bits(mosaic: &Mosaic) -> u32 {
    mosaic.parts().iter().map(|part| 1 << part.scene.id.parse::<u32>().unwrap()).sum()
}

/// Returns the area that a greedy choice of scenes covers.
fn greedy(count: usize, pieces: &[(u32, f64)]) -> f64 {
    let covered =
        |chosen: u32| pieces.iter().filter(|(over, _)| over & chosen != 0).map(|piece| piece.1).sum::<f64>();
    let mut chosen = 0;
    for _ in 0..count {
        let next = (0..count).map(|nth| chosen | 1 << nth);
        chosen = next.max_by(|a, b| covered(*a).total_cmp(&covered(*b))).unwrap();
    }
    covered(chosen)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_mosaic_is_the_optimum_over_all_sets_of_scenes(
        shots in prop::collection::vec(shot(), 2..=12),
        least in prop_oneof![Just(100.0), 40.0..95.0_f64],
        most in prop::option::of(1..4_usize),
        with_prices: bool,
    ) {
        let pieces = pieces(&shots);
        let reach: f64 = pieces.iter().map(|piece| piece.1).sum();
        let whole = area().area_km2();
        prop_assume!(reach > 0.01 * whole);
        let mut options = MosaicOptions::new().min_coverage(least);
        options.max_scenes = most;
        if with_prices {
            let prices = shots.iter().enumerate().filter_map(|(nth, shot)| Some((nth.to_string(), shot.price?)));
            options = options.prices(prices);
        }
        let scenes = TestCatalog::new().scenes(&area(), items(&shots));
        let mosaic = scenes.mosaic_with(&area(), &options).unwrap();
        prop_assert!(mosaic.is_proven());

        let tolerance = 1e-4 * whole;
        let need = reach.min(least / 100.0 * whole) - tolerance;
        let (covered, cost) = judged(bits(&mosaic), &shots, &pieces, with_prices);
        let reported = mosaic.percent() / 100.0 * whole;
        prop_assert!((covered - reported).abs() < 1e-5 * whole, "{covered} km², reported {reported}");
        prop_assert!((cost - mosaic.cost().total()).abs() < 1e-4, "{cost}, reported {:?}", mosaic.cost());
        let rest = mosaic.uncovered().map_or(0.0, |rest| rest.area_km2());
        prop_assert!((whole - covered - rest).abs() < 1e-4 * whole);

        let sets = 1..1u32 << shots.len();
        let sets = sets.filter(|set| set.count_ones() as usize <= most.unwrap_or(99));
        let all: Vec<(f64, f64)> = sets.map(|set| judged(set, &shots, &pieces, with_prices)).collect();
        // Slivers, which may be a tenth of the tolerance, and two ways to measure decide about sets
        // at the limit: the best cost must not exceed that of sets inside, nor be below that of
        // sets just outside.
        let cheapest = |edge: f64| {
            all.iter().filter(|(covered, _)| *covered >= edge).map(|(_, cost)| *cost).fold(f64::MAX, f64::min)
        };
        if cheapest(need + 0.11 * tolerance) < f64::MAX {
            prop_assert!(covered >= need - 0.01 * tolerance);
            prop_assert!(cost <= cheapest(need + 0.11 * tolerance) + 2e-4);
            prop_assert!(cost >= cheapest(need - 0.01 * tolerance) - 2e-4);
        } else {
            let best = all.iter().map(|(covered, _)| *covered).fold(0.0, f64::max);
            prop_assert!(covered >= best - 2.0 * tolerance, "{covered} km² of {best}");
        }
        if most.is_none() && least == 100.0 {
            prop_assert!(covered >= greedy(shots.len(), &pieces) - 1.11 * tolerance);
            let exact = scenes.mosaic_with(&area(), options.tolerance(0.0)).unwrap();
            let (covered, _) = judged(bits(&exact), &shots, &pieces, with_prices);
            prop_assert!(covered >= greedy(shots.len(), &pieces) - 1e-6 * whole);
        }
    }
}

#[test]
fn each_part_comes_from_the_clearest_scene() {
    let ring = |west: f64, east: f64| vec![[west, 45.3], [east, 45.3], [east, 45.0], [west, 45.0]];
    let shots = [
        item("cloudy", &ring(10.0, 10.3), "2020-01-01", Some(80.0)),
        item("clear", &ring(10.1, 10.2), "2020-01-02", Some(0.0)),
        item("far", &ring(10.0, 10.3), "2019-01-01", Some(79.0)),
    ];
    let mosaic = TestCatalog::new().scenes(&area(), shots.to_vec()).mosaic(&area()).unwrap();
    let parts: Vec<_> =
        mosaic.parts().iter().map(|part| (part.scene.id.as_str(), part.percent.round())).collect();
    assert_eq!(parts, [("clear", 25.0), ("cloudy", 50.0)]);
    assert!((mosaic.cloud_cover() - 80.0 * 2.0 / 3.0).abs() < 1e-3, "{mosaic:?}");
    let rest = mosaic.uncovered().unwrap();
    assert_eq!(rest.bbox().to_array().map(|side| (side * 1e6).round() / 1e6), [10.3, 45.0, 10.4, 45.3]);
    assert_eq!(mosaic.price(), None);
    assert_eq!(mosaic.to_dataframe().unwrap().height(), 2);
    insta::assert_snapshot!(format!("{mosaic:?}"), @"2 of 3 scenes cover 75.0 %, 53.3 % of it under cloud: the best choice");
}

#[test]
fn a_mosaic_may_lie_across_the_antimeridian() {
    let fiji = Aoi::from_bbox([179.0, -18.0, -179.0, -17.0]).unwrap();
    let ring = |west: f64, east: f64| [[west, -16.0], [east, -16.0], [east, -19.0], [west, -19.0]];
    let shots = [
        item("west", &ring(178.0, 179.6), "2020-01-01", Some(30.0)),
        item("across", &ring(179.5, -179.5), "2020-01-02", Some(5.0)),
    ];
    let mosaic = TestCatalog::new().scenes(&fiji, shots.to_vec()).mosaic(&fiji).unwrap();
    let parts: Vec<_> =
        mosaic.parts().iter().map(|part| (part.scene.id.as_str(), part.percent.round())).collect();
    assert_eq!(parts, [("across", 50.0), ("west", 25.0)]);
    let page = mosaic.to_map(None).to_html();
    assert!(page.contains("hatched: ") && !page.contains("could not be read"));
}

#[test]
fn of_equal_scenes_with_and_without_a_date_one_is_used() {
    let ring = [[10.0, 45.3], [10.4, 45.3], [10.4, 45.0], [10.0, 45.0]];
    let mut undated = item("undated", &ring, "2020-01-01", Some(10.0));
    undated["properties"]["datetime"] = Value::Null;
    let shots = vec![item("dated", &ring, "2020-01-01", Some(10.0)), undated];
    let scenes = TestCatalog::new().scenes(&area(), shots);
    for day_cost in [0.0, 0.01] {
        let mosaic =
            scenes.mosaic_with(&area(), MosaicOptions::new().costs(1.0, 0.1, day_cost, 1.0)).unwrap();
        assert_eq!(mosaic.parts().len(), 1, "{mosaic:?}");
    }
}

#[test]
fn a_negative_cloud_cover_is_unknown() {
    let ring = [[10.0, 45.3], [10.4, 45.3], [10.4, 45.0], [10.0, 45.0]];
    let shots = vec![item("odd", &ring, "2020-01-01", Some(-1.0)), item("a", &ring, "2020-01-02", Some(9.0))];
    let mosaic = TestCatalog::new().scenes(&area(), shots).mosaic(&area()).unwrap();
    assert_eq!(mosaic.parts()[0].scene.id, "a", "one without a figure counts as half cloudy");
}

#[test]
fn the_mosaic_of_hundreds_of_scenes_covers_the_maximum() {
    let aoi = Aoi::from_bbox([10.0, 45.0, 11.0, 46.0]).unwrap();
    let place = |nth: u32, prime: u32| f64::from(nth * prime % 1009) / 1009.0;
    let items = (0..400).map(|nth| {
        let middle = [9.9 + 1.2 * place(nth, 271), 44.9 + 1.2 * place(nth, 619)];
        let ring = slanted(middle, [0.08 + 0.1 * place(nth, 97), 0.1], 0.2 + 0.3 * place(nth, 433));
        item(&nth.to_string(), &ring, "2020-01-01", Some(100.0 * place(nth, 31)))
    });
    let scenes = TestCatalog::new().scenes(&aoi, items.collect());
    let mosaic = scenes.mosaic(&aoi).unwrap();
    assert!(mosaic.percent() > scenes.coverage(&aoi).percent() - 0.012, "{mosaic:?}");
    assert!(!mosaic.is_proven() && mosaic.parts().len() < 60, "{mosaic:?}");
    let again = scenes.mosaic(&aoi).unwrap();
    assert_eq!(format!("{:?}", again.parts()), format!("{:?}", mosaic.parts()), "the same scenes each time");
}

/// Returns 200 scenes, half of them clear, over each of the places.
fn many(places: &[[f64; 2]]) -> Vec<Value> {
    let share = |nth: u32, prime: u32| f64::from(nth * prime % 1009) / 1009.0;
    let over = |(at, [west, south]): (usize, &[f64; 2])| {
        let (west, south) = (*west, *south);
        (0..200).map(move |nth| {
            let middle = [west + share(nth, 271), south + share(nth, 619)];
            let middle = [(middle[0] + 180.0).rem_euclid(360.0) - 180.0, middle[1]];
            let ring = slanted(middle, [0.2 + 0.1 * share(nth, 97), 0.3], 0.2);
            item(&format!("{at}-{nth}"), &ring, "2020-01-01", Some(f64::from(nth % 2) * 90.0))
        })
    };
    places.iter().enumerate().flat_map(over).collect()
}

#[test]
fn the_quality_of_a_mosaic_does_not_depend_on_the_position() {
    let square = |[west, south]: [f64; 2]| {
        let east = (west + 1.0 + 180.0).rem_euclid(360.0) - 180.0;
        Aoi::from_bbox([west, south, east, south + 1.0]).unwrap()
    };
    let clouds = |aoi: &Aoi, items: Vec<Value>| {
        let mosaic = TestCatalog::new().scenes(aoi, items).mosaic(aoi).unwrap();
        assert!(mosaic.percent() > 99.9, "{mosaic:?}");
        mosaic.cloud_cover()
    };
    let (plain, fiji) = ([10.0, -18.0], [179.5, -18.0]);
    let here = clouds(&square(plain), many(&[plain]));
    let across = clouds(&square(fiji), many(&[fiji]));
    let parts = [plain, [60.0, 20.0]];
    let shapes = parts.map(square).map(|aoi| aoi.geometry().0.clone()).concat();
    let apart = clouds(&Aoi::from_geometry(MultiPolygon::new(shapes)).unwrap(), many(&parts));
    assert!(here < 2.0 && across < 2.0 && apart < 2.0, "{here} {across} {apart}");
}

#[test]
fn impossible_options_are_refused() {
    let ring = [[10.0, 45.3], [10.4, 45.3], [10.4, 45.0], [10.0, 45.0]];
    let scenes = TestCatalog::new().scenes(&area(), vec![item("a", &ring, "2020-01-01", Some(40.0))]);
    let message = |options: MosaicOptions| {
        let error = scenes.mosaic_with(&area(), options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let options = MosaicOptions::new;
    insta::assert_snapshot!(message(options().max_cloud_cover(20.0)), @"mosaic: none of 1 scenes lies over the area and is clear enough: search a longer time, or allow more cloud");
    insta::assert_snapshot!(message(options().min_coverage(101.0)), @"mosaic: min_coverage `101` is not between 0 and 100 %");
    insta::assert_snapshot!(message(options().max_scenes(0)), @"mosaic: max_scenes 0 covers nothing: allow at least 1");
    insta::assert_snapshot!(message(options().costs(1.0, -0.1, 0.0, 0.0)), @"mosaic: cloud_cost `-0.1` is no cost: give 0 or more");
    insta::assert_snapshot!(message(options().prices([("b", 1.0), ("a", f64::NAN)])), @"mosaic: the price `NaN` of `a` is none: give 0 or more");
    let elsewhere = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
    let error = scenes.mosaic(&elsewhere).unwrap_err();
    insta::assert_snapshot!(error, @"mosaic: none of 1 scenes lies over the area: search with this area");
}
