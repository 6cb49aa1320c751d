//! Circles on the ellipsoid.

use geo::{Coord, Destination, Geodesic, LineString, Point, Polygon};

use super::bbox::check_position;
use super::crs::refined;
use crate::error::{Context, Error, Result};

/// Radii that make sense, in metres. A circle that is larger may hold both poles, and
/// is no area of interest.
const RADII: std::ops::RangeInclusive<f64> = 0.1..=5_000_000.0;

/// Corners of a circle: the polygon in it has 0.005 % less area.
const CORNERS: usize = 360;

/// A circle around a longitude and a latitude, with the radius in metres. Its corners
/// lie on the circle; near a pole there are more of them.
pub(super) fn circle([lon, lat]: [f64; 2], metres: f64) -> Result<Polygon> {
    check_position(lon, lat).context("the point of a circle")?;
    if !RADII.contains(&metres) {
        return Err(Error::invalid(format!("radius `{metres}`: give 0.1 to 5,000,000 metres")));
    }
    let at =
        |bearing: f64| -> Result<Coord> { Ok(Geodesic.destination(Point::new(lon, lat), bearing, metres).0) };
    let step = 360.0 / CORNERS as f64;
    let mut corners = vec![at(0.0)?];
    for corner in 0..CORNERS {
        // Anticlockwise, as GeoJSON has outer rings.
        let bearing = |share: f64| -(corner as f64 + share) * step;
        let (start, end) = (at(bearing(0.0))?, at(bearing(1.0))?);
        refined(start, end, &|share| at(bearing(share)), &mut corners)?;
    }
    Ok(Polygon::new(LineString::new(corners), vec![]))
}

#[cfg(test)]
mod tests {
    use crate::Aoi;
    use geo::{Distance, Geodesic, Intersects, Point};

    /// A circle's area on the ellipsoid, near enough: on the sphere of the same area.
    fn cap_km2(metres: f64) -> f64 {
        const RADIUS: f64 = 6_371.007_2;
        std::f64::consts::TAU * RADIUS * RADIUS * (1.0 - (metres / 1000.0 / RADIUS).cos())
    }

    #[test]
    fn a_circle_is_round_wherever_it_lies() {
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
    fn corners_lie_on_the_circle() {
        let centre = Point::new(-17.45, 14.7);
        let aoi = Aoi::around([-17.45, 14.7], 5_000.0).unwrap();
        let ring = aoi.geometry().0[0].exterior();
        assert!(ring.points().all(|corner| (Geodesic.distance(centre, corner) - 5_000.0).abs() < 0.01));
        assert_eq!(aoi.centroid().map(|degrees| (degrees * 1e4).round() / 1e4), [-17.45, 14.7]);
    }

    #[test]
    fn what_is_no_circle_is_refused() {
        let message = |point, metres| Aoi::around(point, metres).unwrap_err().to_string();
        insta::assert_snapshot!(message([0.0, 0.0], 0.0), @"radius `0`: give 0.1 to 5,000,000 metres");
        insta::assert_snapshot!(message([0.0, 0.0], f64::NAN), @"radius `NaN`: give 0.1 to 5,000,000 metres");
        insta::assert_snapshot!(message([14.7, 103.0], 5.0), @"the point of a circle: latitude 103 is outside -90 to 90: are the axes swapped? longitude comes first");
    }
}
