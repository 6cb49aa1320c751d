//! Union of polygons.

use std::time::Duration;

use geo::{LineString, MultiPolygon, Polygon, unary_union};

use super::antimeridian::{cut_edges, split};
use super::coverage::area_km2;
use super::validity::repaired;
use crate::limits::{ReadBudget, ReadLimits};

/// Parts overlap if the sum of their areas exceeds that of their union by more than this share;
/// less is rounding.
const ROUNDING: f64 = 1e-6;

/// Time limit for one footprint.
const LONGEST: Duration = Duration::from_secs(5);

/// Returns the union of polygons; like them, it is split at the antimeridian.
pub fn united<'a>(polygons: impl IntoIterator<Item = &'a Polygon>) -> MultiPolygon {
    let polygons: Vec<Polygon> = polygons.into_iter().map(oriented).collect();
    // A union joins edges that lie on one line, and so undoes their division.
    cut_edges(&unary_union(&polygons))
}

/// Returns the geometry, or the union of its parts if they overlap: with even-odd filling, the
/// overlap of two parts would be a hole.
pub fn without_overlaps(shape: MultiPolygon) -> MultiPolygon {
    if shape.0.len() < 2 {
        return shape;
    }
    let (apart, union) = (area_km2(&shape), united(&shape));
    if apart - area_km2(&union) > ROUNDING * apart { union } else { shape }
}

/// Returns the area that a footprint encloses, [`split`] at the antimeridian. If there are several
/// parts, those that cross themselves are repaired before the union, which would otherwise drop a
/// part of them; a single one is filled even-odd when it is intersected.
pub fn ground(footprint: &MultiPolygon) -> MultiPolygon {
    if footprint.0.len() < 2 {
        return split(footprint);
    }
    let budget = ReadBudget::new(ReadLimits::default().time(LONGEST));
    match repaired(footprint, &budget) {
        Ok(whole) => without_overlaps(split(whole.as_ref().unwrap_or(footprint))),
        // Too many crossings: the union would take as long.
        Err(_) => split(footprint),
    }
}

/// Returns a polygon with an anticlockwise outer ring and clockwise holes, as a union needs it. The
/// orientation is that of the signed area: a single corner, as `geo` uses, may be the tip of a line
/// back and forth.
pub fn oriented(polygon: &Polygon) -> Polygon {
    let turned = |ring: &LineString, anticlockwise: bool| {
        let twice: f64 = ring.lines().map(|edge| edge.determinant()).sum();
        let mut ring = ring.clone();
        if (twice > 0.0) != anticlockwise {
            ring.0.reverse();
        }
        ring
    };
    let holes = polygon.interiors().iter().map(|ring| turned(ring, false)).collect();
    Polygon::new(turned(polygon.exterior(), true), holes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Bbox, covered_percent};

    fn band(west: f64, east: f64) -> MultiPolygon {
        Bbox::new(west, 0.0, east, 1.0).unwrap().to_polygon()
    }

    #[test]
    fn overlapping_parts_count_once() {
        let both = MultiPolygon::new([band(0.0, 2.0).0, band(1.0, 3.0).0].concat());
        let united = without_overlaps(both.clone());
        assert!((area_km2(&united) / area_km2(&band(0.0, 3.0)) - 1.0).abs() < 1e-6, "{united:?}");
        assert_eq!(united.0.len(), 1);
        assert!((covered_percent(&band(0.0, 4.0), &both.into()).unwrap() - 75.0).abs() < 1e-4);
    }

    #[test]
    fn parts_that_do_not_overlap_are_unchanged() {
        let apart = MultiPolygon::new([band(0.0, 1.0).0, band(1.0, 3.0).0, band(-9.0, -8.0).0].concat());
        assert_eq!(without_overlaps(apart.clone()), apart);
    }
}
