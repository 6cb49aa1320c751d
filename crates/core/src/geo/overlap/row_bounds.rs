//! Latitudes that separate rows.

use geo::{BoundingRect, Line, MultiPolygon};

use super::{edges, lines};

/// Largest number of edges for which all crossings with each other are computed.
const EXACT: usize = 400;
/// Number of rows if there are more edges, and largest number of the area's corners that then
/// separate rows.
const THIN: usize = 1024;
/// Largest number of the geometries' edges along a parallel, or nearly so, whose ends then separate
/// rows: a row with such an edge inside would count fully or not at all.
const FLAT: usize = 2048;
/// Smallest number of rows: within a tall row the length of a degree changes.
const LEAST: usize = 128;

/// Returns the latitudes that separate the rows of an area, from the south.
pub fn row_bounds(area: &MultiPolygon, shapes: &[MultiPolygon]) -> Vec<f64> {
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

/// Returns the ranges of latitude in which the area has parts, from the south: they may be small
/// and far apart.
fn bands(area: &MultiPolygon) -> Vec<(f64, f64)> {
    let mut parts: Vec<(f64, f64)> = area
        .iter()
        .filter_map(|part| part.bounding_rect())
        .map(|around| (around.min().y, around.max().y))
        .collect();
    parts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut bands: Vec<(f64, f64)> = Vec::new();
    for (low, high) in parts {
        // If there are more ranges than rows, the last one contains the rest.
        let is_full = bands.len() == LEAST;
        match bands.last_mut() {
            Some(last) if is_full || low <= last.1 => last.1 = last.1.max(high),
            _ => bands.push((low, high)),
        }
    }
    bands
}

/// Returns the latitude where two edges cross.
fn crossing(a: &Line, b: &Line) -> Option<f64> {
    let (p, q) = (a.delta(), b.delta());
    let turn = p.x * q.y - p.y * q.x;
    let from = b.start - a.start;
    let (s, t) = ((from.x * q.y - from.y * q.x) / turn, (from.x * p.y - from.y * p.x) / turn);
    let is_on = |share: f64| (0.0..=1.0).contains(&share);
    (is_on(s) && is_on(t)).then_some(a.start.y + s * p.y)
}
