//! Clouds in pictures, and where their shadows fall.

use super::chance::Chance;
use super::noise::Noise;
use super::quicklook::View;

/// What is over one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cloud {
    /// From 0 (clear) to 1.
    pub opacity: f32,
    /// Brightness, from 0 to 255.
    pub white: f32,
}

impl View {
    /// Clouds over exactly the share of the frame that the metadata tell.
    pub(super) fn clouds(&self, columns: usize, rows: usize) -> Vec<Cloud> {
        let share = (self.cloud_cover / 100.0).clamp(0.0, 1.0);
        if share <= 0.0005 {
            return vec![Cloud::default(); columns * rows];
        }
        let noise = Noise::new(self.key);
        let mut chance = Chance::of(&[self.key, 2]);
        let (width, height) = self.size_km();
        // Fields of small clouds on some days, large sheets on others.
        let size = (chance.between(1.6, 7.0) + 12.0 * share * chance.unit()).min(width.max(height) / 2.2);
        let (shift_x, shift_y) = (chance.between(0.0, 200.0), chance.between(0.0, 200.0));
        let stretch = chance.between(0.6, 1.0);
        let (across, down) = (columns / 3 + 2, rows / 3 + 2);
        let mut nodes = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let x = column as f64 * 3.0 / columns as f64 * width / size * stretch + shift_x;
                let y = row as f64 * 3.0 / rows as f64 * height / size + shift_y;
                // Bent by itself: clouds are torn, not round.
                let bend = f64::from(noise.at(x * 0.7 + 9.0, y * 0.7)) * 0.9;
                nodes.push(noise.fractal(x + bend, y - bend, 6));
            }
        }
        let mut field = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let (upper, v) = (row / 3 * across, (row % 3) as f32 / 3.0);
            for column in 0..columns {
                let (left, u) = (upper + column / 3, (column % 3) as f32 / 3.0);
                let top = nodes[left] + (nodes[left + 1] - nodes[left]) * u;
                let bottom = nodes[left + across] + (nodes[left + across + 1] - nodes[left + across]) * u;
                field.push(top + (bottom - top) * v);
            }
        }
        let mut sorted = field.clone();
        let rank = ((1.0 - share) * (field.len() - 1) as f64).round() as usize;
        let (_, threshold, _) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
        let overcast = share >= 0.9995;
        let threshold = if overcast { f32::MIN } else { *threshold };
        // Some clouds end in haze, others like cut with scissors.
        let soft = 0.04 + 0.10 * chance.unit() as f32;
        let mut clouds = Vec::with_capacity(field.len());
        for row in 0..rows {
            for column in 0..columns {
                let place = row * columns + column;
                let value = field[place];
                let over = ((value - threshold) / soft + 0.5).clamp(0.0, 1.0);
                // Lit from the upper left of the bulges.
                let behind = field[row.saturating_sub(2) * columns + column.saturating_sub(2)];
                let bulge = ((value - behind) * 110.0).clamp(-24.0, 14.0);
                let thick = ((value - threshold.max(-0.8)) * 2.2).clamp(0.0, 1.0);
                clouds.push(Cloud {
                    opacity: over * over * (3.0 - 2.0 * over),
                    white: 206.0 + 30.0 * thick + bulge,
                });
            }
        }
        clouds
    }

    /// How far the shadows of the clouds fall, in pixels to the right and down.
    pub(super) fn shadow(&self, columns: usize) -> (isize, isize) {
        let per_km = columns as f64 / self.size_km().0.max(1e-6);
        let length = (1.1 / self.sun_elevation.max(12.0).to_radians().tan()).min(4.0) * per_km;
        let azimuth = self.sun_azimuth.to_radians();
        ((-azimuth.sin() * length).round() as isize, (azimuth.cos() * length).round() as isize)
    }
}
