//! Areas on the ellipsoid, and coverage of one geometry by another.

use geo::{BooleanOps, Geometry, Intersects, LineString, MultiPolygon};

use super::{ground, split};

/// Returns the area in km² on the WGS 84 ellipsoid. Edges are straight in longitude and latitude,
/// as in GeoJSON (RFC 7946, 3.1.1), so the sides of a box follow its parallels.
pub fn area_km2(shape: &MultiPolygon) -> f64 {
    let ring = |ring: &LineString| ring_km2(ring).abs();
    let polygon =
        |part: &geo::Polygon| ring(part.exterior()) - part.interiors().iter().map(ring).sum::<f64>();
    shape.iter().map(polygon).sum()
}

/// Returns the signed area of a ring in km²: the sum of the areas between its edges and the
/// equator.
fn ring_km2(ring: &LineString) -> f64 {
    let edge = |edge: geo::Line| {
        // A parallel needs one piece; any other edge needs several, so that the mean is exact.
        let pieces = (edge.dy().abs() / 5.0).ceil().max(1.0) as usize;
        let step = edge.dy() / pieces as f64;
        let mean = (0..pieces).map(|piece| mean(edge.start.y + piece as f64 * step, step)).sum::<f64>();
        edge.dx().to_radians() * mean / pieces as f64
    };
    ring.lines().map(edge).sum()
}

/// Returns the mean of [`to_equator`] over latitudes, by Gauss-Legendre quadrature with three
/// points.
fn mean(from: f64, step: f64) -> f64 {
    let at = |share: f64| to_equator((from + share * step).to_radians());
    let off = 0.15_f64.sqrt();
    (5.0 * at(0.5 - off) + 8.0 * at(0.5) + 5.0 * at(0.5 + off)) / 18.0
}

/// Returns the area of one degree of longitude between two parallels, in km².
pub fn km2_per_degree(south: f64, north: f64) -> f64 {
    (to_equator(north.to_radians()) - to_equator(south.to_radians())) * 1f64.to_radians()
}

/// Returns the area from the equator to a latitude, in km² per radian of longitude (Snyder, "Map
/// Projections: A Working Manual" (1987), formula 3-12 for the authalic latitude).
fn to_equator(lat: f64) -> f64 {
    const EQUATOR: f64 = 6378.137;
    const FLATTENING: f64 = 1.0 / 298.257_223_563;
    let polar = EQUATOR * (1.0 - FLATTENING);
    let e = (FLATTENING * (2.0 - FLATTENING)).sqrt();
    let sine = lat.sin();
    polar * polar / 2.0 * (sine / (1.0 - (e * sine).powi(2)) + (e * sine).atanh() / e)
}

/// Returns whether a footprint, which may cross the antimeridian, intersects an area that is
/// [`split`] there.
pub fn touches(area: &MultiPolygon, footprint: &Geometry) -> bool {
    match polygons(footprint) {
        Some(footprint) => split(&footprint).intersects(area),
        None => footprint.intersects(area),
    }
}

/// Returns the share of `area` that the footprint covers, in % (0 to 100); `None` if the footprint
/// has no area. `area` is [`split`] at the antimeridian.
pub fn covered_percent(area: &MultiPolygon, footprint: &Geometry) -> Option<f64> {
    let footprint = ground(&polygons(footprint)?);
    let whole = area_km2(area);
    (whole > 0.0).then(|| (100.0 * area_km2(&area.intersection(&footprint)) / whole).clamp(0.0, 100.0))
}

/// Returns the polygons of a geometry; `None` if it has none.
pub fn polygons(shape: &Geometry) -> Option<MultiPolygon> {
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
    use geo::Orient;
    use geo::algorithm::orient::Direction;

    fn shape(sides: [f64; 4]) -> MultiPolygon {
        let [west, south, east, north] = sides;
        Bbox::new(west, south, east, north).unwrap().to_polygon()
    }

    #[test]
    fn area_does_not_depend_on_the_direction_of_the_ring() {
        // One degree at the equator, between parallels, is 12,308.46 km².
        let square = shape([0.0, 0.0, 1.0, 1.0]);
        let clockwise = square.orient(Direction::Reversed);
        assert!((area_km2(&square) - 12_308.46).abs() < 0.01, "{}", area_km2(&square));
        assert_eq!(area_km2(&square), area_km2(&clockwise));
    }

    #[test]
    fn edges_of_wide_areas_follow_parallels() {
        // The area of the ellipsoid (NGA.STND.0036, table 3.5: 510,065,621.7 km²).
        assert!((area_km2(&shape([-180.0, -90.0, 180.0, 90.0])) - 510_065_621.7).abs() < 1.0);
        assert!((area_km2(&shape([0.0, 0.0, 90.0, 60.0])) - 55_154_240.1).abs() < 1.0);
    }

    #[test]
    fn coverage_is_the_share_of_the_area() {
        let area = shape([0.0, 0.0, 2.0, 1.0]);
        let half = shape([1.0, -1.0, 5.0, 5.0]).into();
        assert!((covered_percent(&area, &half).unwrap() - 50.0).abs() < 0.01);
        assert_eq!(covered_percent(&area, &Geometry::Point((0.0, 0.0).into())), None);
    }

    #[test]
    fn a_footprint_across_the_antimeridian_covers_both_sides() {
        let unsplit = |west: f64, east: f64| -> Geometry {
            let ring = vec![(west, 0.0), (east, 0.0), (east, 1.0), (west, 1.0)];
            geo::Polygon::new(ring.into(), vec![]).into()
        };
        let fiji = shape([178.0, 0.0, -178.0, 1.0]);
        for footprint in [unsplit(179.0, -179.0), unsplit(179.0, 181.0)] {
            assert!((covered_percent(&fiji, &footprint).unwrap() - 50.0).abs() < 0.01);
            assert!(touches(&shape([179.5, 0.0, 179.8, 1.0]), &footprint));
            assert!(touches(&shape([-179.8, 0.0, -179.5, 1.0]), &footprint));
            assert!(!touches(&shape([0.0, 0.0, 1.0, 1.0]), &footprint));
        }
    }
}
