//! Validity of polygons by OGC 06-103r4 (6.1.11.1): rings do not cross or touch themselves or each
//! other along a line, and holes lie inside their ring and outside of each other.
//!
//! Edges are sorted by longitude and compared with those nearby only, and the time is checked: a
//! union cannot be interrupted, and its time and memory grow with the crossings.

use std::cmp::Ordering;

use geo::bool_ops::{FillRule, OpType};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Area, BooleanOps, Line, MultiPolygon, Polygon};

use super::antimeridian::{continuous_polygon, cut_edges};
use super::union::oriented;
use crate::error::{Error, Result};
use crate::limits::ReadBudget;

/// Largest number of crossings of a geometry that is repaired or united; each takes some hundred
/// bytes.
const MOST_CROSSINGS: usize = 1_000_000;

/// Number of pairs of edges that are compared between two checks of the time.
const PAIRS: usize = 100_000;

/// Share of a polygon's area below which a difference is rounding of a union.
const ROUNDING: f64 = 1e-9;

/// Repairs the polygons of a geometry that are not valid; `None` if all are valid. Repaired ones
/// are not [`split`](super::split).
///
/// A point is inside if a line from there to the outside crosses an odd number of edges: both lobes
/// of a figure of eight are inside. `make_valid` of PostGIS and shapely does the same, but counts
/// edges that lie on each other once.
pub fn repaired(shape: &MultiPolygon, budget: &ReadBudget) -> Result<Option<MultiPolygon>> {
    let mut parts = Vec::with_capacity(shape.0.len());
    let mut is_repaired = false;
    for polygon in shape {
        let whole = continuous_polygon(polygon);
        if is_valid(&whole, budget)? {
            parts.push(polygon.clone());
        } else {
            is_repaired = true;
            parts.extend(cut_edges(&whole.union(&nothing())).0);
        }
    }
    Ok(is_repaired.then(|| MultiPolygon::new(parts)))
}

/// Refuses geometries whose edges cross too often for a union.
pub fn check_crossings<'a>(
    polygons: impl IntoIterator<Item = &'a Polygon>,
    budget: &ReadBudget,
) -> Result<()> {
    let edges = polygons.into_iter().enumerate().flat_map(|(at, polygon)| edges(polygon, at)).collect();
    let mut crossings = 0;
    intersections(edges, budget, |one, other, _| {
        // A shared corner, as that of adjacent edges, is not a crossing for a union.
        let (one, other) = (one.line, other.line);
        let is_corner = [one.start, one.end].iter().any(|at| [other.start, other.end].contains(at));
        crossings += usize::from(!is_corner);
        if crossings > MOST_CROSSINGS { Err(too_many_crossings()) } else { Ok(()) }
    })
}

fn is_valid(polygon: &Polygon, budget: &ReadBudget) -> Result<bool> {
    let (mut is_valid, mut crossings) = (true, 0);
    intersections(edges(polygon, 0).collect(), budget, |one, other, intersection| {
        let is_along = matches!(intersection, LineIntersection::Collinear { .. });
        let is_crossing = matches!(intersection, LineIntersection::SinglePoint { is_proper: true, .. });
        let is_wrong = match one.ring == other.ring {
            // Adjacent edges share a corner; if they lie on each other, they form a spike.
            true => is_along || !one.is_beside(other),
            false => is_along || is_crossing,
        };
        is_valid &= !is_wrong;
        crossings += usize::from(is_wrong);
        if crossings > MOST_CROSSINGS { Err(too_many_crossings()) } else { Ok(()) }
    })?;
    if !is_valid || polygon.interiors().is_empty() {
        return Ok(is_valid);
    }
    // If no rings cross, misplaced holes are the areas with a negative winding number.
    let misplaced =
        oriented(polygon).boolean_op_with_fill_rule(&nothing(), OpType::Union, FillRule::Negative);
    Ok(misplaced.unsigned_area() <= ROUNDING * polygon.unsigned_area())
}

/// Edge with its index in its ring.
#[derive(Clone, Copy)]
struct Edge {
    line: Line,
    /// Indices of the polygon and of the ring.
    ring: (usize, usize),
    at: usize,
    /// Number of edges of the ring.
    count: usize,
}

impl Edge {
    fn is_beside(&self, other: &Self) -> bool {
        let apart = self.at.abs_diff(other.at);
        apart == 1 || apart + 1 == self.count
    }

    fn west(&self) -> f64 {
        self.line.start.x.min(self.line.end.x)
    }

    fn east(&self) -> f64 {
        self.line.start.x.max(self.line.end.x)
    }

    fn is_above_or_below(&self, other: &Self) -> bool {
        let (one, other) = (self.line, other.line);
        one.start.y.min(one.end.y) > other.start.y.max(other.end.y)
            || one.start.y.max(one.end.y) < other.start.y.min(other.end.y)
    }
}

/// Returns the edges of a polygon; repeated positions are skipped.
fn edges(polygon: &Polygon, at: usize) -> impl Iterator<Item = Edge> + '_ {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.enumerate().flat_map(move |(ring, line)| {
        let lines: Vec<Line> = line.lines().filter(|edge| edge.start != edge.end).collect();
        let count = lines.len();
        let edge = move |(index, line)| Edge { line, ring: (at, ring), at: index, count };
        lines.into_iter().enumerate().map(edge)
    })
}

/// Calls `found` for each pair of edges that meet, until the first error.
fn intersections(
    mut edges: Vec<Edge>,
    budget: &ReadBudget,
    mut found: impl FnMut(&Edge, &Edge, LineIntersection<f64>) -> Result<()>,
) -> Result<()> {
    edges.sort_unstable_by(|a, b| a.west().partial_cmp(&b.west()).unwrap_or(Ordering::Equal));
    let mut pairs = 0;
    for (index, one) in edges.iter().enumerate() {
        let east = one.east();
        for other in edges[index + 1..].iter().take_while(|other| other.west() <= east) {
            pairs += 1;
            if pairs % PAIRS == 0 {
                budget.check_time()?;
            }
            if one.is_above_or_below(other) {
                continue;
            }
            if let Some(intersection) = line_intersection(one.line, other.line) {
                found(one, other, intersection)?;
            }
        }
    }
    Ok(())
}

fn nothing() -> MultiPolygon {
    MultiPolygon::new(Vec::new())
}

fn too_many_crossings() -> Error {
    Error::invalid(format!(
        "its edges cross each other more than {MOST_CROSSINGS} times: such a shape is not an outline, draw it anew"
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use geo::{LineString, wkt};

    use super::*;
    use crate::limits::ReadLimits;

    fn area(shape: &MultiPolygon) -> Option<f64> {
        repaired(shape, &ReadBudget::default()).unwrap().map(|shape| shape.unsigned_area())
    }

    #[test]
    fn valid_polygons_are_unchanged() {
        let touching = wkt!(MULTIPOLYGON(
            ((0. 0., 4. 1., 4. 4., 0. 4., 0. 0.), (0. 2., 2. 1., 3. 2., 2. 3., 0. 2.)),
            ((10. 0., 14. 0., 14. 4., 10. 4., 10. 0.), (11. 2., 12. 1., 13. 2., 12. 3., 11. 2.), (13. 2., 13.5 1., 13.7 2., 13. 2.)),
            ((0. 0., 1. 0., 1. 0., 1. -1., 0. 0.))
        ));
        assert_eq!(area(&touching), None);
    }

    /// Compares areas with those of shapely 2.2.0, `make_valid`.
    #[test]
    fn invalid_polygons_are_repaired_as_by_shapely() {
        let bow_tie = wkt!(POLYGON((0. 0., 3. 3., 3. 0., 0. 1., 0. 0.)));
        let star = wkt!(POLYGON((0. 3., 2. -3., -3. 1., 3. 1., -2. -3., 0. 3.)));
        let spike = wkt!(POLYGON((0. 0., 4. 0., 4. 4., 2. 4., 2. 6., 2. 4., 0. 4., 0. 0.)));
        let touched = wkt!(POLYGON((0. 0., 4. 0., 2. 2., 4. 4., 0. 4., 2. 2., 0. 0.)));
        let hole_outside = wkt!(POLYGON((0. 0., 2. 0., 2. 2., 0. 2., 0. 0.), (5. 5., 6. 5., 6. 6., 5. 5.)));
        let hole_across =
            wkt!(POLYGON((0. 0., 2. 0., 2. 2., 0. 2., 0. 0.), (1. 1., 3. 1., 3. 1.5, 1. 1.5, 1. 1.)));
        let hole_in_hole = wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.), (1. 1., 8. 1., 8. 8., 1. 8., 1. 1.), (2. 2., 3. 2., 3. 3., 2. 2.)));
        let expected = [
            (bow_tie, 3.75),
            (star, 8.477_192_982),
            (spike, 16.0),
            (touched, 8.0),
            (hole_outside, 4.5),
            (hole_across, 4.0),
            (hole_in_hole, 32.5),
        ];
        for (polygon, expected) in expected {
            let found = area(&polygon.clone().into()).unwrap();
            assert!((found - expected).abs() < 1e-6, "{polygon:?}: {found}");
        }
    }

    /// Returns a ring of 3,000 corners, each of whose edges crosses most others.
    fn scribble() -> MultiPolygon {
        let corner = |at: u32| (f64::from(at * 1499 % 3001) * std::f64::consts::TAU / 3001.0).sin_cos();
        Polygon::new((0..3001).map(corner).collect(), Vec::new()).into()
    }

    #[test]
    fn too_many_crossings_are_refused_early() {
        let message = |budget: &ReadBudget| repaired(&scribble(), budget).unwrap_err().to_string();
        insta::assert_snapshot!(message(&ReadBudget::default()), @"its edges cross each other more than 1000000 times: such a shape is not an outline, draw it anew");
        let late = ReadBudget::new(ReadLimits::default().time(Duration::ZERO));
        assert!(message(&late).ends_with("raise `ReadLimits::time`"));
        let parts: Vec<Polygon> = scribble().0[0]
            .exterior()
            .0
            .windows(2)
            .map(|edge| Polygon::new(LineString(vec![edge[0], edge[1], (0.0, 0.0).into()]), Vec::new()))
            .collect();
        assert!(check_crossings(&parts, &ReadBudget::default()).is_err());
    }
}
