//! Smooth random values in the plane, from tables, since a picture needs millions.

use super::seeded_rng::SeededRng;

/// Value noise on a lattice with a period of 256.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    shuffled: [u8; 256],
    values: [f32; 256],
}

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = SeededRng::of(&[seed, 0x6e_6f69_7365]);
        let mut shuffled = [0; 256];
        let mut values = [0.0; 256];
        for place in 0..256 {
            shuffled[place] = place as u8;
            values[place] = rng.between(-1.0, 1.0) as f32;
            shuffled.swap(place, rng.next() as usize % (place + 1));
        }
        Self { shuffled, values }
    }

    /// Returns a value between -1 and 1; features are about one unit wide.
    pub(super) fn at(&self, x: f64, y: f64) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (column, row) = (left as i64 as u8, top as i64 as u8);
        let (u, v) = ((x - left) as f32, (y - top) as f32);
        let (u, v) = (u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v));
        let west = self.shuffled[column as usize];
        let east = self.shuffled[column.wrapping_add(1) as usize];
        let below = row.wrapping_add(1);
        let value =
            |column: u8, row: u8| self.values[self.shuffled[column.wrapping_add(row) as usize] as usize];
        let upper = value(west, row) + (value(east, row) - value(west, row)) * u;
        let lower = value(west, below) + (value(east, below) - value(west, below)) * u;
        upper + (lower - upper) * v
    }

    /// Returns the sum of several octaves, each with twice the frequency of the one before.
    pub(super) fn fractal(&self, x: f64, y: f64, octaves: u32) -> f32 {
        let (mut sum, mut amplitude, mut scale) = (0.0, 0.5, 1.0);
        for octave in 0..octaves {
            // Rotated and shifted, so that the lattices do not coincide.
            let shift = f64::from(octave) * 37.3;
            let (turned_x, turned_y) = (0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y);
            sum += amplitude * self.at(turned_x * scale + shift, turned_y * scale - shift);
            amplitude *= 0.5;
            scale *= 2.03;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_little_and_far_points_much() {
        let noise = Noise::new(1);
        let near = (noise.at(3.20, 4.10) - noise.at(3.21, 4.10)).abs();
        assert!(near < 0.06, "{near}");
        let values: Vec<f32> = (0..100).map(|n| noise.at(f64::from(n) * 1.7, 0.3)).collect();
        assert!(values.iter().any(|v| *v > 0.4) && values.iter().any(|v| *v < -0.4));
    }
}
