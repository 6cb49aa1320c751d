//! Overlap of geometries inside an area: the pieces of the area, with the geometries that cover
//! each and its size, without computing polygons.
//!
//! The area is divided into rows along parallels, and each row has the longitudes where outlines
//! cross its middle. Between two crossings the same geometries cover the ground. If rows end at
//! every corner and at every crossing of outlines, the pieces between are trapezoids and their
//! areas exact. With many outlines rows are only thin: the error of a piece that begins or ends
//! within a row is less than that row's share. No step can fail: a ring that crosses itself is
//! filled even-odd, as in intersections of polygons.

mod row_bounds;

use std::collections::HashMap;

use geo::{BoundingRect, Line, MultiPolygon};

use self::row_bounds::row_bounds;
use super::coverage::km2_per_degree;

/// Index of the area itself among the geometries.
const AREA: u32 = u32::MAX;

/// Area in rows, with the geometries that cover it.
#[derive(Clone, Debug)]
pub struct OverlapRows {
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    /// Area of one degree of longitude.
    km2: f64,
    /// Longitudes where the outline of a geometry crosses the middle of the row, from west to east,
    /// with the geometry's index.
    crossings: Vec<(f64, u32)>,
}

/// Section of a row with the same geometries over it.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    pub row: usize,
    pub west: f64,
    pub east: f64,
    pub km2: f64,
    /// Indices of the geometries, ascending.
    pub over: &'a [u32],
}

impl OverlapRows {
    /// Divides an area. The longitudes of area and geometries must be in the same range of 360°.
    pub fn new(area: &MultiPolygon, shapes: &[MultiPolygon]) -> Self {
        let ends = row_bounds(area, shapes);
        let row = |pair: &[f64]| ((pair[0] + pair[1]) / 2.0, km2_per_degree(pair[0], pair[1]));
        Self::through(ends.windows(2).map(row), area, shapes)
    }

    /// Divides an area into rows through the middles of the pixels of a picture, from the north;
    /// their pieces have an area of 0.
    pub fn of_picture(rows: usize, area: &MultiPolygon, shapes: &[MultiPolygon]) -> Self {
        let Some(around) = area.bounding_rect() else { return Self { rows: Vec::new() } };
        let step = around.height() / rows as f64;
        let mut all = Self::through(
            (0..rows).map(|row| (around.min().y + (row as f64 + 0.5) * step, 0.0)),
            area,
            shapes,
        );
        all.rows.reverse();
        all
    }

    fn through(
        middles: impl Iterator<Item = (f64, f64)>,
        area: &MultiPolygon,
        shapes: &[MultiPolygon],
    ) -> Self {
        let (middles, sizes): (Vec<f64>, Vec<f64>) = middles.unzip();
        let mut rows: Vec<Row> = sizes.into_iter().map(|km2| Row { km2, crossings: Vec::new() }).collect();
        let mut add = |shape: &MultiPolygon, index: u32| {
            for edge in edges(shape) {
                let (low, high) = (edge.start.y.min(edge.end.y), edge.start.y.max(edge.end.y));
                let first = middles.partition_point(|lat| *lat < low);
                let last = middles.partition_point(|lat| *lat < high);
                let slope = edge.dx() / edge.dy();
                for nth in first..last {
                    let lon = edge.start.x + (middles[nth] - edge.start.y) * slope;
                    rows[nth].crossings.push((lon, index));
                }
            }
        };
        add(area, AREA);
        shapes.iter().zip(0..).for_each(|(shape, index)| add(shape, index));
        let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        rows.iter_mut().for_each(|row| row.crossings.sort_unstable_by(order));
        Self { rows }
    }

    /// Calls `visit` with every piece of the area, row by row.
    pub fn each(&self, mut visit: impl FnMut(Piece<'_>)) {
        let mut over: Vec<u32> = Vec::new();
        for (row, Row { km2, crossings }) in self.rows.iter().enumerate() {
            over.clear();
            let (mut inside, mut west) = (false, f64::NEG_INFINITY);
            for &(east, shape) in crossings {
                if inside && east > west {
                    visit(Piece { row, west, east, km2: (east - west) * km2, over: &over });
                }
                west = east;
                match over.binary_search(&shape) {
                    _ if shape == AREA => inside = !inside,
                    Ok(at) => {
                        over.remove(at);
                    }
                    Err(at) => over.insert(at, shape),
                }
            }
        }
    }

    /// Returns the area in km² that each set of geometries covers; `None` if there are more than
    /// `most` sets.
    pub fn sets(&self, most: usize) -> Option<Vec<(Vec<u32>, f64)>> {
        let mut sets: HashMap<Vec<u32>, f64> = HashMap::new();
        self.each(|piece| {
            if let Some(km2) = sets.get_mut(piece.over) {
                *km2 += piece.km2;
            } else if sets.len() <= most {
                sets.insert(piece.over.to_vec(), piece.km2);
            }
        });
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        (sets.len() <= most).then_some(sets)
    }
}

/// Returns the edges except those along a parallel, which no row crosses.
fn edges(shape: &MultiPolygon) -> impl Iterator<Item = Line> + '_ {
    lines(shape).filter(|edge| edge.start.y != edge.end.y)
}

fn lines(shape: &MultiPolygon) -> impl Iterator<Item = Line> + '_ {
    let rings = |polygon: &'_ geo::Polygon| {
        let all = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        all.flat_map(|ring| ring.lines().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    shape.iter().flat_map(rings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Bbox, area_km2};
    use geo::{BooleanOps, LineString, Polygon};

    fn ring(points: &[[f64; 2]]) -> MultiPolygon {
        Polygon::new(LineString::from(points.to_vec()), vec![]).into()
    }

    fn shape(sides: [f64; 4]) -> MultiPolygon {
        let [west, south, east, north] = sides;
        Bbox::new(west, south, east, north).unwrap().to_polygon()
    }

    #[test]
    fn pieces_have_the_areas_of_intersections() {
        let area = shape([10.0, 50.0, 11.0, 51.0]);
        let kite = ring(&[[10.5, 50.1], [10.95, 50.45], [10.6, 50.97], [10.1, 50.6]]);
        let slanted = ring(&[[10.2, 49.5], [10.9, 49.6], [10.7, 51.2], [10.0, 51.1]]);
        let sets = OverlapRows::new(&area, &[kite.clone(), slanted.clone()]).sets(100).unwrap();
        let km2 = |over: &[u32]| sets.iter().find(|set| set.0 == over).map_or(0.0, |set| set.1);
        let both = kite.intersection(&slanted).intersection(&area);
        let close = |found: f64, truth: f64| assert!((found / truth - 1.0).abs() < 1e-6, "{found} {truth}");
        close(km2(&[0, 1]), area_km2(&both));
        close(km2(&[0]), area_km2(&kite.difference(&slanted)));
        close(km2(&[1]), area_km2(&slanted.intersection(&area).difference(&kite)));
        close(sets.iter().map(|set| set.1).sum(), area_km2(&area));
    }

    #[test]
    fn shapes_of_very_many_edges_are_approximated_closely() {
        let area = shape([-1.0, 60.0, 3.0, 62.0]);
        let circle = |lon: f64, lat: f64| {
            let at = |i: i32| (f64::from(i) / 300.0 * std::f64::consts::TAU).sin_cos();
            let points: Vec<_> = (0..300).map(at).map(|(s, c)| [lon + c * 0.7, lat + s * 0.4]).collect();
            ring(&points)
        };
        let (a, b) = (circle(0.0, 61.0), circle(0.5, 61.2));
        let sets = OverlapRows::new(&area, &[a.clone(), b.clone()]).sets(100).unwrap();
        let both = sets.iter().find(|set| set.0 == [0, 1]).unwrap().1;
        assert!((both / area_km2(&a.intersection(&b)) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn boxes_of_many_scenes_keep_their_borders() {
        let area = shape([0.0, 0.0, 1.0, 1.0]);
        // Each a little higher than a row of the area.
        let bands: Vec<_> =
            (0..220).map(|i| f64::from(i) / 221.0).map(|low| shape([0.0, low, 1.0, low + 0.00147])).collect();
        let sets = OverlapRows::new(&area, &bands).sets(1000).unwrap();
        let covered: f64 = sets.iter().filter(|set| !set.0.is_empty()).map(|set| set.1).sum();
        let truth: f64 = bands.iter().map(area_km2).sum();
        assert!((covered / truth - 1.0).abs() < 1e-9, "{covered} {truth}");
    }

    #[test]
    fn small_parts_far_apart_have_the_same_resolution() {
        let parts = [shape([0.0, -40.0, 0.1, -39.9]).0, shape([90.0, 50.0, 90.1, 50.1]).0];
        let area = MultiPolygon::new(parts.concat());
        let kite = |lon: f64, lat: f64| {
            let at = |i: i32| (f64::from(i) / 200.0 * std::f64::consts::TAU).sin_cos();
            ring(&(0..200).map(at).map(|(s, c)| [lon + c * 0.03, lat + s * 0.04]).collect::<Vec<_>>())
        };
        let shapes = [kite(0.05, -39.95), kite(0.09, -39.95), kite(90.02, 50.06)];
        let sets = OverlapRows::new(&area, &shapes).sets(100).unwrap();
        for (nth, shape) in shapes.iter().enumerate() {
            let here = sets.iter().filter(|set| set.0.contains(&(nth as u32))).map(|set| set.1).sum::<f64>();
            assert!((here / area_km2(&shape.intersection(&area)) - 1.0).abs() < 1e-4, "{nth}: {here}");
        }
    }

    #[test]
    fn empty_flat_and_self_crossing_shapes_are_accepted() {
        let area = shape([0.0, 0.0, 1.0, 1.0]);
        let bow_tie = ring(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
        let flat = ring(&[[0.0, 0.5], [1.0, 0.5], [0.5, 0.5]]);
        let rows = OverlapRows::new(&area, &[bow_tie, flat, MultiPolygon::new(vec![])]);
        let half: f64 = rows.sets(9).unwrap().iter().filter(|set| set.0 == [0]).map(|set| set.1).sum();
        assert!((half / area_km2(&area) - 0.5).abs() < 1e-4, "{half}");
        assert_eq!(rows.sets(1), None, "more sets than are wanted");
        assert!(OverlapRows::new(&MultiPolygon::new(vec![]), &[]).sets(9).unwrap().is_empty());
    }
}
