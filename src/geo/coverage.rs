//! Areas on the ellipsoid, and how much of one shape another covers.

use geo::algorithm::orient::Direction;
use geo::{BooleanOps, GeodesicArea, Geometry, MultiPolygon, Orient};

/// Geodesic area in km² on the WGS 84 ellipsoid.
pub(crate) fn area_km2(shape: &MultiPolygon) -> f64 {
    // A clockwise ring would be the rest of the Earth.
    shape.orient(Direction::Default).geodesic_area_unsigned() / 1e6
}

/// How much of `area` the footprint covers, in % (0 to 100); `None` where the
/// footprint has no area.
pub(crate) fn covered_percent(area: &MultiPolygon, footprint: &Geometry) -> Option<f64> {
    let footprint = polygons(footprint)?;
    let whole = area_km2(area);
    (whole > 0.0).then(|| (100.0 * area_km2(&area.intersection(&footprint)) / whole).clamp(0.0, 100.0))
}

/// The polygons of a shape; `None` where it has none.
pub(crate) fn polygons(shape: &Geometry) -> Option<MultiPolygon> {
    match shape {
        Geometry::Polygon(polygon) => Some(polygon.clone().into()),
        Geometry::MultiPolygon(polygons) => Some(polygons.clone()),
        Geometry::Rect(rect) => Some(rect.to_polygon().into()),
        Geometry::GeometryCollection(parts) => {
            let parts: Vec<_> = parts.iter().filter_map(polygons).flat_map(|many| many.0).collect();
            (!parts.is_empty()).then(|| MultiPolygon::new(parts))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Bbox;

    #[test]
    fn area_does_not_depend_on_the_direction_of_the_ring() {
        // One degree at the equator is 12,308.8 km² (GeographicLib, WGS 84).
        let square = Bbox::new(0.0, 0.0, 1.0, 1.0).unwrap().to_polygon();
        let clockwise = square.orient(Direction::Reversed);
        assert!((area_km2(&square) - 12_308.8).abs() < 0.1);
        assert!((area_km2(&clockwise) - 12_308.8).abs() < 0.1);
    }

    #[test]
    fn coverage_is_the_share_of_the_area() {
        let area = Bbox::new(0.0, 0.0, 2.0, 1.0).unwrap().to_polygon();
        let half = Bbox::new(1.0, -1.0, 5.0, 5.0).unwrap().to_polygon().into();
        assert!((covered_percent(&area, &half).unwrap() - 50.0).abs() < 0.01);
        assert_eq!(covered_percent(&area, &Geometry::Point((0.0, 0.0).into())), None);
    }
}
