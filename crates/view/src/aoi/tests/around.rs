use crate::Aoi;
use geo::{Distance, Geodesic, Intersects, Point};

/// Returns the approximate area of a circle on the ellipsoid: its area on the sphere with the
/// surface area of the ellipsoid.
fn cap_km2(metres: f64) -> f64 {
    const RADIUS: f64 = 6_371.007_2;
    std::f64::consts::TAU * RADIUS * RADIUS * (1.0 - (metres / 1000.0 / RADIUS).cos())
}

#[test]
fn a_circle_is_round_at_every_latitude() {
    for (point, metres) in [
        ([-17.45, 14.7], 1_000.0),
        ([179.9, -16.5], 100_000.0),
        ([0.0, 90.0], 250_000.0),
        ([25.0, 89.0], 200_000.0),
        ([100.0, -80.0], 1_500_000.0),
        ([13.4, 52.5], 3_000_000.0),
        ([-60.0, 0.0], 5_000_000.0),
    ] {
        let aoi = Aoi::around(point, metres).unwrap();
        let off = aoi.area_km2() / cap_km2(metres) - 1.0;
        assert!(off.abs() < 0.01, "{point:?}, {metres} m: {off}");
        assert!(aoi.geometry().intersects(&Point::from(point)));
    }
}

#[test]
fn a_circle_around_a_pole_is_valid() {
    let aoi = Aoi::around([179.9, 89.0], 200_000.0).unwrap();
    assert_eq!(Aoi::from_geojson(&aoi.to_geojson().to_string()).unwrap().note(), None);
}

#[test]
fn corners_lie_on_the_circle() {
    let centre = Point::new(-17.45, 14.7);
    let aoi = Aoi::around([-17.45, 14.7], 5_000.0).unwrap();
    let ring = aoi.geometry().0[0].exterior();
    assert!(ring.points().all(|corner| (Geodesic.distance(centre, corner) - 5_000.0).abs() < 0.01));
    assert_eq!(aoi.centroid().map(|degrees| (degrees * 1e4).round() / 1e4), [-17.45, 14.7]);
}

#[test]
fn an_invalid_circle_is_refused() {
    let message = |point, metres| Aoi::around(point, metres).unwrap_err().to_string();
    insta::assert_snapshot!(message([0.0, 0.0], 0.0), @"radius `0`: give 0.1 to 5,000,000 metres");
    insta::assert_snapshot!(message([0.0, 0.0], f64::NAN), @"radius `NaN`: give 0.1 to 5,000,000 metres");
    insta::assert_snapshot!(message([14.7, 103.0], 5.0), @"the point of a circle: latitude 103 is outside -90 to 90: are the axes swapped? longitude comes first");
}
