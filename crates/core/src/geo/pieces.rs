//! An area cut into pieces of the same size.
//!
//! Cuts run along meridians and parallels, where the edges of shapes are straight, so
//! that the pieces together are the whole and nothing else.

use geo::{BooleanOps, Coord, LineString, MultiPolygon};

use super::Bbox;
use super::antimeridian::{cut_edges, split, unrolled};
use super::coverage::area_km2;
use crate::error::{Error, Result};

/// The most pieces: each may become a job.
const MOST: f64 = 10_000.0;

/// How much smaller than the limit a piece is, for the digits that cuts lose.
const MARGIN: f64 = 1e-6;

/// How exactly a cut divides the area, and the most steps that it is looked for in.
const EXACT: f64 = 1e-9;
const SEARCH: usize = 60;

/// The pieces of a shape that is [`split`] at the antimeridian.
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
    let mut open = vec![(unrolled(shape, None), count as usize)];
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

/// The shape on both sides of the cut for so many pieces, west or south first.
fn halves(shape: &MultiPolygon, count: usize) -> Option<[MultiPolygon; 2]> {
    let bbox = Bbox::around(shape).filter(|_| count > 1)?;
    let narrowing = ((bbox.south + bbox.north) / 2.0).to_radians().cos();
    let is_wide = (bbox.east - bbox.west) * narrowing > bbox.north - bbox.south;
    let whole = area_km2(shape);
    let wanted = whole * (count / 2) as f64 / count as f64;
    let (from, to) = if is_wide { (bbox.west, bbox.east) } else { (bbox.south, bbox.north) };
    // Regula falsi (Illinois): a few steps where halving takes thirty. Each end with what
    // lies below it beyond what is wanted.
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

/// The area west of a meridian, or south of a parallel. Rings are cut one by one
/// (Sutherland and Hodgman): what runs back and forth along the cut adds nothing.
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
