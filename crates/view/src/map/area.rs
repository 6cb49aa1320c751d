//! Outlines of areas on the map.

use geo::{CoordsIter, MultiPolygon, Simplify};
use up42_core::geo::{Bbox, continuous_near};

use crate::Aoi;

/// Largest number of positions of an outline that is not simplified. Each takes about 20 bytes of
/// the page.
const MOST_POSITIONS: usize = 20_000;

/// Divisor of the extent of a larger outline; the quotient is the tolerance of simplification.
const DETAIL: f64 = 5_000.0;

/// Returns the outline of an area for a map: continuous across the antimeridian, and simplified if
/// it would take too much of the page.
pub fn outline(aoi: &Aoi, near: Option<f64>) -> MultiPolygon {
    let whole = joined(continuous_near(aoi.geometry(), near));
    let extent = match Bbox::around(&whole) {
        Some(bbox) if whole.coords_count() > MOST_POSITIONS => {
            (bbox.east - bbox.west).max(bbox.north - bbox.south)
        }
        _ => return whole,
    };
    whole.simplify(extent / DETAIL)
}

/// Merges the parts of a shape that is cut along the antimeridian.
pub fn joined(shape: MultiPolygon) -> MultiPolygon {
    let is_on_cut = |point: geo::Coord| point.x.abs() == 180.0;
    let is_cut = |polygon: &geo::Polygon| {
        polygon.exterior().lines().any(|line| is_on_cut(line.start) && is_on_cut(line.end))
    };
    if shape.iter().filter(|polygon| is_cut(polygon)).count() < 2 {
        return shape;
    }
    geo::unary_union(&shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_along_the_antimeridian_is_not_drawn() {
        let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap();
        assert_eq!((fiji.geometry().0.len(), outline(&fiji, Some(178.0)).0.len()), (2, 1));
        let crosses = |line: geo::Line| line.start.x == 180.0 && line.end.x == 180.0;
        assert!(!outline(&fiji, Some(178.0)).0[0].exterior().lines().any(crosses));
    }

    #[test]
    fn a_large_outline_is_simplified() {
        let circle = Aoi::around([0.0, 0.0], 100_000.0).unwrap();
        assert_eq!(outline(&circle, None), *circle.geometry());
        let ring: Vec<_> = (0..50_000).map(|i| f64::from(i) / 50_000.0 * std::f64::consts::TAU).collect();
        let ring: Vec<_> = ring.into_iter().map(|angle| (angle.cos(), angle.sin())).collect();
        let fine = Aoi::from_geometry(geo::Polygon::new(ring.into(), vec![])).unwrap();
        let shown = outline(&fine, None);
        assert!((20..2_000).contains(&shown.coords_count()), "{}", shown.coords_count());
    }
}
