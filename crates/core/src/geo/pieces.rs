//! Division of an area into pieces of equal size.
//!
//! Cuts follow meridians and parallels, along which the edges of geometries are straight, so that
//! the pieces together are exactly the area.

use geo::{BooleanOps, Coord, LineString, MultiPolygon};

use super::Bbox;
use super::antimeridian::{continuous_near, cut_edges, split};
use super::coverage::area_km2;
use crate::error::{Error, Result};

/// Largest number of pieces: each may become a job.
const MOST: f64 = 10_000.0;

/// Share by which a piece is smaller than the limit, for rounding errors of the cuts.
const MARGIN: f64 = 1e-6;

/// Tolerance of a cut, as a share of the area, and largest number of steps to find it.
const EXACT: f64 = 1e-9;
const SEARCH: usize = 60;

/// Returns the pieces of a geometry that is [`split`] at the antimeridian.
pub fn cut(shape: &MultiPolygon, max_km2: f64) -> Result<Vec<MultiPolygon>> {
    if !(max_km2 > 0.0 && max_km2.is_finite()) {
        return Err(Error::invalid(format!("pieces of `{max_km2}` km²: give a positive number")));
    }
    let count = (area_km2(shape) / max_km2 * (1.0 + MARGIN)).ceil().max(1.0);
    if count > MOST {
        return Err(Error::invalid(format!(
            "pieces of at most {max_km2} km² would be {count}: give a limit that makes at most {MOST}"
        )));
    }
    let mut open = vec![(continuous_near(shape, None), count as usize)];
    let mut pieces = Vec::with_capacity(count as usize);
    while let Some((shape, count)) = open.pop() {
        match halves(&shape, count) {
            Some([first, second]) => {
                open.push((second, count - count / 2));
                open.push((first, count / 2));
            }
            None => pieces.push(cut_edges(&split(&shape))),
        }
    }
    Ok(pieces)
}

/// Cuts a geometry that is to become `count` pieces in two, the western or southern part first;
/// `None` if `count` is 1.
fn halves(shape: &MultiPolygon, count: usize) -> Option<[MultiPolygon; 2]> {
    let bbox = Bbox::around(shape).filter(|_| count > 1)?;
    let narrowing = ((bbox.south + bbox.north) / 2.0).to_radians().cos();
    let is_wide = (bbox.east - bbox.west) * narrowing > bbox.north - bbox.south;
    let whole = area_km2(shape);
    let wanted = whole * (count / 2) as f64 / count as f64;
    let (from, to) = if is_wide { (bbox.west, bbox.east) } else { (bbox.south, bbox.north) };
    // Regula falsi (Illinois): a few steps where bisection takes thirty. Each end has the
    // difference between the area below it and the wanted area.
    let (mut low, mut high) = ((from, -wanted), (to, whole - wanted));
    let mut at = from;
    let mut was_low = None;
    for _ in 0..SEARCH {
        at = low.0 - low.1 * (high.0 - low.0) / (high.1 - low.1);
        let off = area_below(shape, is_wide, at) - wanted;
        if off.abs() <= EXACT * whole {
            break;
        }
        let is_low = off < 0.0;
        let (end, other) = if is_low { (&mut low, &mut high) } else { (&mut high, &mut low) };
        *end = (at, off);
        if was_low == Some(is_low) {
            other.1 /= 2.0;
        }
        was_low = Some(is_low);
    }
    let (first, second) = match is_wide {
        true => (Bbox { east: at, ..bbox }, Bbox { west: at, ..bbox }),
        false => (Bbox { north: at, ..bbox }, Bbox { south: at, ..bbox }),
    };
    Some([first, second].map(|side| shape.intersection(&MultiPolygon::from(side.to_rect()))))
}

/// Returns the area west of a meridian, or south of a parallel. Rings are clipped one by one
/// (Sutherland-Hodgman): edges back and forth along the cut add no area.
fn area_below(shape: &MultiPolygon, is_wide: bool, at: f64) -> f64 {
    let side = |point: &Coord| if is_wide { point.x } else { point.y };
    let below = |ring: &LineString| {
        let mut kept = Vec::with_capacity(ring.0.len() + 2);
        for edge in ring.lines() {
            let (start, end) = (side(&edge.start), side(&edge.end));
            if start <= at {
                kept.push(edge.start);
            }
            if (start <= at) != (end <= at) {
                let mut crossing = edge.start + edge.delta() * ((at - start) / (end - start));
                *(if is_wide { &mut crossing.x } else { &mut crossing.y }) = at;
                kept.push(crossing);
            }
        }
        LineString::new(kept)
    };
    let polygon = |polygon: &geo::Polygon| {
        let holes = polygon.interiors().iter().map(below).collect();
        geo::Polygon::new(below(polygon.exterior()), holes)
    };
    area_km2(&MultiPolygon::new(shape.iter().map(polygon).collect()))
}
