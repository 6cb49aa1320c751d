//! Polygons as OGC 06-103r4 (6.1.11.1) asks: rings that do not cross or touch themselves or
//! each other along a line, and holes that lie inside their ring and outside of each other.
//!
//! Edges are compared with those beside them only, in order of longitude, and the clock is
//! looked at: a union cannot be interrupted, and takes time and memory by the crossings.

use std::cmp::Ordering;

use geo::bool_ops::{FillRule, OpType};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Area, BooleanOps, Line, MultiPolygon, Polygon};

use super::antimeridian::{continuous_polygon, cut_edges};
use super::union::oriented;
use crate::error::{Error, Result};
use crate::limits::ReadBudget;

/// The most crossings of a shape that is repaired or united; each takes some hundred bytes.
const MOST_CROSSINGS: usize = 1_000_000;

/// Pairs of edges that are compared between two looks at the clock.
const PAIRS: usize = 100_000;

/// Less than this share of a polygon's area is what a union rounds.
const ROUNDING: f64 = 1e-9;

/// A shape with the polygons repaired that are not valid; `None` where all are. Repaired
/// ones are not [`split`](super::split).
///
/// A place is inside if a line from there to the outside crosses an odd number of edges:
/// both lobes of a figure of eight are. So do PostGIS' and shapely's `make_valid`, but that
/// edges that lie on each other count once there.
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

/// Refuses shapes whose edges cross too often for a union.
pub fn check_crossings<'a>(
    polygons: impl IntoIterator<Item = &'a Polygon>,
    budget: &ReadBudget,
) -> Result<()> {
    let edges = polygons.into_iter().enumerate().flat_map(|(at, polygon)| edges(polygon, at)).collect();
    let mut crossings = 0;
    meetings(edges, budget, |one, other, _| {
        // Neighbours share corners, and a union takes these as they are.
        let (one, other) = (one.line, other.line);
        let is_corner = [one.start, one.end].iter().any(|at| [other.start, other.end].contains(at));
        crossings += usize::from(!is_corner);
        if crossings > MOST_CROSSINGS { Err(too_many_crossings()) } else { Ok(()) }
    })
}

fn is_valid(polygon: &Polygon, budget: &ReadBudget) -> Result<bool> {
    let (mut is_valid, mut crossings) = (true, 0);
    meetings(edges(polygon, 0).collect(), budget, |one, other, meeting| {
        let is_along = matches!(meeting, LineIntersection::Collinear { .. });
        let is_crossing = matches!(meeting, LineIntersection::SinglePoint { is_proper: true, .. });
        let is_wrong = match one.ring == other.ring {
            // Neighbours meet in a corner; those that lie on each other are a spike.
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
    // Where no ring crosses another, a hole in the wrong place is what is wound the wrong way.
    let misplaced =
        oriented(polygon).boolean_op_with_fill_rule(&nothing(), OpType::Union, FillRule::Negative);
    Ok(misplaced.unsigned_area() <= ROUNDING * polygon.unsigned_area())
}

/// An edge, and its place in its ring.
#[derive(Clone, Copy)]
struct Edge {
    line: Line,
    /// The polygon and the ring.
    ring: (usize, usize),
    at: usize,
    /// Edges of the ring.
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

/// The edges of a polygon; repeated positions make none.
fn edges(polygon: &Polygon, at: usize) -> impl Iterator<Item = Edge> + '_ {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.enumerate().flat_map(move |(ring, line)| {
        let lines: Vec<Line> = line.lines().filter(|edge| edge.start != edge.end).collect();
        let count = lines.len();
        let edge = move |(index, line)| Edge { line, ring: (at, ring), at: index, count };
        lines.into_iter().enumerate().map(edge)
    })
}

/// Hands over each pair of edges that meet, until the first error.
fn meetings(
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
            if let Some(meeting) = line_intersection(one.line, other.line) {
                found(one, other, meeting)?;
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
    fn valid_polygons_stay_as_they_are() {
        let touching = wkt!(MULTIPOLYGON(
            ((0. 0., 4. 1., 4. 4., 0. 4., 0. 0.), (0. 2., 2. 1., 3. 2., 2. 3., 0. 2.)),
            ((10. 0., 14. 0., 14. 4., 10. 4., 10. 0.), (11. 2., 12. 1., 13. 2., 12. 3., 11. 2.), (13. 2., 13.5 1., 13.7 2., 13. 2.)),
            ((0. 0., 1. 0., 1. 0., 1. -1., 0. 0.))
        ));
        assert_eq!(area(&touching), None);
    }

    /// The areas are those of shapely 2.2.0, `make_valid`.
    #[test]
    fn what_is_wrong_is_repaired_as_shapely_does() {
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

    /// A ring of 3,000 corners of which each edge crosses most others.
    fn scribble() -> MultiPolygon {
        let corner = |at: u32| (f64::from(at * 1499 % 3001) * std::f64::consts::TAU / 3001.0).sin_cos();
        Polygon::new((0..3001).map(corner).collect(), Vec::new()).into()
    }

    #[test]
    fn a_scribble_is_refused_before_it_takes_memory_or_time() {
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
