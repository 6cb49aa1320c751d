//! Geometries across the antimeridian: split there, as in GeoJSON (RFC 7946, 3.1.9), or made
//! continuous, as a map draws them.
//!
//! A ring with a jump of more than 180° of longitude crosses the antimeridian: its edge is the
//! short way round.

use geo::{BooleanOps, BoundingRect, Coord, LineString, MapCoords, MultiPolygon, Polygon};

use super::Bbox;

/// Longest edge in the result of [`cut_edges`], in degrees of longitude.
const LONGEST_EDGE: f64 = 90.0;

/// Returns the geometry with longitudes of -180 to 180, cut where it crosses the antimeridian.
pub fn split(shape: &MultiPolygon) -> MultiPolygon {
    let parts = shape.iter().flat_map(|polygon| {
        let whole = MultiPolygon::from(continuous_polygon(polygon));
        let Some(bbox) = Bbox::around(&whole) else { return Vec::new() };
        let turns = -((bbox.west + 180.0) / 360.0).floor() * 360.0;
        let whole = moved(&whole, turns);
        if bbox.east + turns <= 180.0 {
            return whole.0;
        }
        let half = |west: f64| {
            let here = Bbox { west, south: -90.0, east: west + 360.0, north: 90.0 };
            let part = moved(&whole.intersection(&MultiPolygon::from(here.to_rect())), -180.0 - west);
            // Rounding errors of the cut.
            part.map_coords(|point| Coord { x: point.x.clamp(-180.0, 180.0), ..point })
        };
        [half(-180.0).0, half(180.0).0].concat()
    });
    MultiPolygon::new(parts.collect())
}

/// Returns the geometry with continuous polygons, each moved by multiples of 360° to be closest to
/// `near`, or else to the first polygon: a footprint at -179.9° is then next to one at 179.9°.
pub fn continuous_near(shape: &MultiPolygon, near: Option<f64>) -> MultiPolygon {
    let mut near = near;
    let parts = shape.iter().map(|polygon| {
        let polygon = continuous_polygon(polygon);
        let middle = middle(polygon.exterior());
        let turns = turns(middle, near.unwrap_or(middle));
        near.get_or_insert(middle + turns);
        polygon.map_coords(|point| Coord { x: point.x + turns, ..point })
    });
    MultiPolygon::new(parts.collect())
}

/// Divides long edges into short ones, so that none is interpreted as one across the antimeridian.
pub fn cut_edges(shape: &MultiPolygon) -> MultiPolygon {
    let cut = |ring: &LineString| {
        let Some(first) = ring.coords().next() else { return ring.clone() };
        let pieces = ring.lines().flat_map(|edge| {
            let count = (edge.dx().abs() / LONGEST_EDGE).ceil().max(1.0) as usize;
            (1..count)
                .map(move |piece| edge.start + edge.delta() * (piece as f64 / count as f64))
                .chain([edge.end])
        });
        std::iter::once(*first).chain(pieces).collect()
    };
    let parts = shape
        .iter()
        .map(|polygon| Polygon::new(cut(polygon.exterior()), polygon.interiors().iter().map(cut).collect()));
    MultiPolygon::new(parts.collect())
}

/// Returns a polygon without jumps of more than 180°; its longitudes may be outside -180 to 180.
pub fn continuous_polygon(polygon: &Polygon) -> Polygon {
    let exterior = continuous(polygon.exterior());
    let near = middle(&exterior);
    let hole = |ring: &LineString| {
        let ring = continuous(ring);
        let turns = turns(middle(&ring), near);
        ring.map_coords(|point| Coord { x: point.x + turns, ..point })
    };
    let holes = polygon.interiors().iter().map(hole).collect();
    Polygon::new(exterior, holes)
}

fn continuous(ring: &LineString) -> LineString {
    let mut shift = 0.0;
    let mut before: Option<f64> = None;
    let mut points: Vec<Coord> = Vec::with_capacity(ring.0.len() + 2);
    for point in ring.coords() {
        match before.map(|before| point.x - before) {
            Some(jump) if jump > 180.0 => shift -= 360.0,
            Some(jump) if jump < -180.0 => shift += 360.0,
            _ => {}
        }
        before = Some(point.x);
        points.push(Coord { x: point.x + shift, y: point.y });
    }
    if let [first, .., last] = points[..]
        && (last.x - first.x).abs() > 180.0
    {
        // The ring runs around a pole, which is inside the polygon.
        let pole = 90_f64.copysign(points.iter().map(|point| point.y).sum());
        points.extend([Coord { x: last.x, y: pole }, Coord { x: first.x, y: pole }, first]);
    }
    let width = |ring: &LineString| ring.bounding_rect().map_or(0.0, |bounds| bounds.width());
    let continuous_near = LineString::new(points);
    // A ring from -180 straight to 180 and back is the whole Earth; here it would have no width.
    // Its area is no criterion: that of a figure of eight is zero, too.
    match width(&continuous_near) <= 1e-9 * width(ring) {
        true => ring.clone(),
        false => continuous_near,
    }
}

fn middle(ring: &LineString) -> f64 {
    ring.coords().map(|point| point.x).sum::<f64>() / ring.0.len().max(1) as f64
}

/// Returns the multiple of 360° that brings a longitude closest to another one.
fn turns(lon: f64, near: f64) -> f64 {
    ((near - lon) / 360.0).round() * 360.0
}

fn moved(shape: &MultiPolygon, degrees: f64) -> MultiPolygon {
    shape.map_coords(|point| Coord { x: point.x + degrees, ..point })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, CoordsIter};

    fn ring(points: &[[f64; 2]]) -> MultiPolygon {
        Polygon::new(LineString::from(points.to_vec()), vec![]).into()
    }

    fn band(west: f64, east: f64) -> MultiPolygon {
        ring(&[[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0]])
    }

    fn width(shape: &MultiPolygon) -> f64 {
        let bbox = Bbox::around(shape).unwrap();
        bbox.east - bbox.west
    }

    #[test]
    fn footprints_across_the_antimeridian_become_continuous() {
        assert!((width(&continuous_near(&band(179.5, -179.5), None)) - 1.0).abs() < 1e-9);
        let split = MultiPolygon::new([band(179.5, 180.0).0, band(-180.0, -179.5).0].concat());
        assert!((width(&continuous_near(&split, None)) - 1.0).abs() < 1e-9);
        let beside = continuous_near(&band(-179.9, -179.0), Some(179.0));
        assert!(beside.coords_iter().all(|point| point.x > 180.0));
    }

    #[test]
    fn a_polygon_across_the_antimeridian_is_split_there() {
        for across in [band(177.0, -178.0), band(177.0, 182.0), band(-183.0, -178.0)] {
            let split = split(&across);
            let boxes: Vec<_> =
                split.iter().map(|part| Bbox::around(&part.clone().into()).unwrap().to_array()).collect();
            let expected = [[177.0, 0.0, 180.0, 1.0], [-180.0, 0.0, -178.0, 1.0]];
            for (found, expected) in boxes.iter().flatten().zip(expected.as_flattened()) {
                assert!((found - expected).abs() < 1e-6, "{boxes:?}");
            }
            assert!((split.unsigned_area() - 5.0).abs() < 1e-5);
        }
        assert_eq!(split(&band(10.0, 12.0)), band(10.0, 12.0));
    }

    #[test]
    fn a_ring_around_a_pole_contains_the_pole() {
        let polar = ring(&[[0.0, -80.0], [90.0, -80.0], [180.0, -80.0], [-90.0, -80.0]]);
        assert!((split(&polar).unsigned_area() - 3600.0).abs() < 1e-3, "{:?}", split(&polar));
    }

    #[test]
    fn a_polygon_of_the_whole_earth_is_not_split() {
        let earth = ring(&[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]]);
        assert_eq!(continuous_near(&earth, None), earth);
        let cut = cut_edges(&earth);
        assert_eq!(cut.coords_iter().count(), 11);
        assert_eq!(split(&cut), cut);
    }
}
