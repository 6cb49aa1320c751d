//! Row order in which neighbours on Earth are neighbours in the file.

use geo::BoundingRect;

use crate::catalog::Scene;

/// Bits of a longitude or a latitude on the curve: steps of 0.09° and 0.04°.
const BITS: u32 = 12;

/// Returns the position of a scene's centre on a Hilbert curve over the Earth; scenes without a
/// footprint come last.
pub(super) fn place(scene: &Scene) -> u32 {
    let Some(rect) = scene.footprint.as_ref().and_then(BoundingRect::bounding_rect) else { return u32::MAX };
    let middle = rect.center();
    let step = |share: f64| (share.clamp(0.0, 1.0) * f64::from((1 << BITS) - 1)) as u32;
    hilbert(step((middle.x + 180.0) / 360.0), step((middle.y + 90.0) / 180.0))
}

/// Returns the distance along the curve (J. Skilling, "Programming the Hilbert curve", 2004, in two
/// dimensions).
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let mut distance = 0;
    for bit in (0..BITS).rev() {
        let (right, upper) = ((x >> bit) & 1, (y >> bit) & 1);
        distance = (distance << 2) | ((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                let last = (1 << BITS) - 1;
                (x, y) = (last - x, last - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_on_the_curve_are_neighbours_on_earth() {
        let corner = 16;
        let mut places: Vec<_> =
            (0..corner).flat_map(|x| (0..corner).map(move |y| (hilbert(x, y), x, y))).collect();
        places.sort_unstable();
        for pair in places.windows(2) {
            let [(d, x, y), (e, u, v)] = [pair[0], pair[1]];
            assert_eq!((e - d, x.abs_diff(u) + y.abs_diff(v)), (1, 1), "{x}, {y} to {u}, {v}");
        }
    }
}
