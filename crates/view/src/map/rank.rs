//! Ranking of pictures by importance, for maps that cannot embed all of them.

use std::cmp::Reverse;

use geo::MultiPolygon;

use super::mercator::View;
use crate::picture::scanline::spans;

/// Grid on which the visible cells of each scene are counted.
const COLUMNS: usize = 240;
const ROWS: usize = 150;

/// Returns the indexes of scenes by importance. `scenes` holds outline and cloud cover in %, the
/// uppermost first. First are the scenes visible when the map opens, by their visible size, with
/// those over the areas before others; then the hidden ones, those with less cloud first and the
/// upper before the lower.
pub fn ranked(scenes: &[(&MultiPolygon, Option<f64>)], areas: &[MultiPolygon], bbox: [f64; 4]) -> Vec<usize> {
    let view = View::around(bbox, COLUMNS, ROWS, 0.0);
    let mut over = vec![0_usize; COLUMNS * ROWS];
    for area in areas {
        cells(area, &view, |cell| over[cell] = COLUMNS * ROWS);
    }
    let mut covered = vec![false; COLUMNS * ROWS];
    let mut seen = Vec::with_capacity(scenes.len());
    for (outline, _) in scenes {
        let mut sum = 0;
        cells(outline, &view, |cell| {
            if !std::mem::replace(&mut covered[cell], true) {
                sum += 1 + over[cell];
            }
        });
        seen.push(sum);
    }
    let mut order: Vec<usize> = (0..scenes.len()).collect();
    let clouds = |i: usize| scenes[i].1.map_or(u64::MAX, |percent| (percent.max(0.0) * 1e6) as u64);
    order.sort_by_key(|&i| (Reverse(seen[i]), clouds(i), i));
    order
}

/// Calls `found` for each cell whose centre lies in a shape.
fn cells(shape: &MultiPolygon, view: &View, mut found: impl FnMut(usize)) {
    let ring = |polygon: &geo::Polygon| -> Vec<_> {
        polygon.exterior().coords().map(|point| view.pixel([point.x, point.y])).collect()
    };
    let rings: Vec<_> = shape.iter().map(ring).collect();
    for (row, line) in spans(&rings, ROWS).iter().enumerate() {
        for pair in line.chunks_exact(2) {
            let [from, to] = [pair[0], pair[1]].map(|x| (x - 0.5).ceil().clamp(0.0, COLUMNS as f64) as usize);
            (from..to).for_each(|column| found(row * COLUMNS + column));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use up42_core::geo::Bbox;

    #[test]
    fn visible_scenes_come_first_then_clear_ones() {
        let shape = |[w, s, e, n]: [f64; 4]| Bbox::new(w, s, e, n).unwrap().to_polygon();
        let shapes = [
            shape([0.0, 0.0, 1.0, 1.0]),
            shape([0.1, 0.1, 0.9, 0.9]), // all below the first
            shape([0.1, 0.1, 0.9, 0.9]),
            shape([2.0, 0.0, 4.0, 1.0]),
            shape([0.5, 0.0, 1.8, 1.0]), // a part below the first
        ];
        let clouds = [Some(90.0), None, Some(3.0), Some(50.0), Some(0.0)];
        let scenes: Vec<_> = shapes.iter().zip(clouds).collect();
        assert_eq!(ranked(&scenes, &[], [0.0, 0.0, 4.0, 1.0]), [3, 0, 4, 2, 1]);
        let area = shape([0.0, 0.0, 0.2, 0.2]);
        assert_eq!(ranked(&scenes, &[area], [0.0, 0.0, 4.0, 1.0]), [0, 3, 4, 2, 1]);
    }
}
