//! The latitudes that rows end at.

use geo::{BoundingRect, Line, MultiPolygon};

use super::{edges, lines};

/// Edges whose crossings with each other are looked for.
const EXACT: usize = 400;
/// Rows of what has more edges, and the corners of the area that are kept then.
const THIN: usize = 1024;
/// Edges of shapes along a parallel, or nearly so, that the rows end at then: a row that
/// one of them runs through would count as a whole or not at all.
const FLAT: usize = 2048;
/// Rows at least: along a tall one the length of a degree changes.
const LEAST: usize = 128;

/// The latitudes that the rows of an area end at, from the south.
pub fn ends(area: &MultiPolygon, shapes: &[MultiPolygon]) -> Vec<f64> {
    let Some(around) = area.bounding_rect() else { return Vec::new() };
    let (south, north) = (around.min().y, around.max().y);
    let edges: Vec<Line> = edges(area).chain(shapes.iter().flat_map(edges)).collect();
    let even = if edges.len() <= EXACT { LEAST } else { THIN };
    let bands = bands(area);
    let step = bands.iter().map(|(low, high)| high - low).sum::<f64>() / even as f64;
    let cut = |&(low, high): &(f64, f64)| {
        let count = ((high - low) / step).round().max(1.0) as usize;
        (0..=count).map(move |i| low + (high - low) * i as f64 / count as f64)
    };
    let mut ends: Vec<f64> = bands.iter().flat_map(cut).collect();
    if edges.len() <= EXACT {
        ends.extend(edges.iter().map(|edge| edge.start.y));
        for (nth, a) in edges.iter().enumerate() {
            ends.extend(edges[..nth].iter().filter_map(|b| crossing(a, b)));
        }
    } else {
        ends.extend(super::edges(area).take(THIN).map(|edge| edge.start.y));
        let is_flat = |edge: &Line| edge.dy().abs() <= step;
        let flat = shapes.iter().flat_map(lines).filter(is_flat).take(FLAT);
        ends.extend(flat.flat_map(|edge| [edge.start.y, edge.end.y]));
    }
    ends.retain(|lat| (south..=north).contains(lat));
    ends.sort_unstable_by(f64::total_cmp);
    ends.dedup();
    ends
}

/// The latitudes that the area has ground at, from the south: its parts may be small and
/// far apart.
fn bands(area: &MultiPolygon) -> Vec<(f64, f64)> {
    let mut parts: Vec<(f64, f64)> = area
        .iter()
        .filter_map(|part| part.bounding_rect())
        .map(|around| (around.min().y, around.max().y))
        .collect();
    parts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut bands: Vec<(f64, f64)> = Vec::new();
    for (low, high) in parts {
        // Of more bands than rows, the last one takes all that are left.
        let is_full = bands.len() == LEAST;
        match bands.last_mut() {
            Some(last) if is_full || low <= last.1 => last.1 = last.1.max(high),
            _ => bands.push((low, high)),
        }
    }
    bands
}

/// The latitude where two edges cross.
fn crossing(a: &Line, b: &Line) -> Option<f64> {
    let (p, q) = (a.delta(), b.delta());
    let turn = p.x * q.y - p.y * q.x;
    let from = b.start - a.start;
    let (s, t) = ((from.x * q.y - from.y * q.x) / turn, (from.x * p.y - from.y * p.x) / turn);
    let is_on = |share: f64| (0.0..=1.0).contains(&share);
    (is_on(s) && is_on(t)).then_some(a.start.y + s * p.y)
}
