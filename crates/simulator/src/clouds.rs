//! Clouds and their shadows in generated pictures.

use super::noise::Noise;
use super::quicklook::{View, size_km};
use super::seeded_rng::SeededRng;

/// Cloud at one position.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cloud {
    /// Opacity, from 0 (clear) to 1.
    pub opacity: f32,
    /// Brightness, from 0 to 255.
    pub white: f32,
}

/// Distance of the grid's nodes, between which the field of clouds is interpolated linearly.
const STEP: usize = 3;
/// Size of the grid that determines the threshold of a scene's clouds for a part of it.
const SAMPLES: usize = 192;

/// Field of the clouds of a whole scene: there is a cloud where it exceeds a threshold.
struct Sky {
    noise: Noise,
    /// Waves of the field across and down the scene, and their offset.
    waves: [f64; 2],
    shift: [f64; 2],
    /// Width of a cloud's edge.
    soft: f32,
}

impl Sky {
    fn of(view: &View, share: f64) -> Self {
        let mut rng = SeededRng::of(&[view.key, 2]);
        let (width, height) = size_km(&view.scene);
        // Small clouds on some days, large layers on others.
        let size = (rng.between(1.6, 7.0) + 12.0 * share * rng.unit()).min(width.max(height) / 2.2);
        let shift = [rng.between(0.0, 200.0), rng.between(0.0, 200.0)];
        let stretch = rng.between(0.6, 1.0);
        // Some clouds have a hazy edge, others a sharp one.
        let soft = 0.04 + 0.10 * rng.unit() as f32;
        Self { noise: Noise::new(view.key), waves: [width / size * stretch, height / size], shift, soft }
    }

    /// Returns the field at a position of the scene, from 0 to 1 to the right and down.
    fn at(&self, u: f64, v: f64) -> f32 {
        let (x, y) = (u * self.waves[0] + self.shift[0], v * self.waves[1] + self.shift[1]);
        // Distorted by the noise itself, since clouds are not round.
        let bend = f64::from(self.noise.at(x * 0.7 + 9.0, y * 0.7)) * 0.9;
        self.noise.fractal(x + bend, y - bend, 6)
    }

    /// Returns the field on a grid over a part of the scene; `place` converts a position in the
    /// part to one in the scene.
    fn field(&self, columns: usize, rows: usize, place: impl Fn(f64, f64) -> [f64; 2]) -> Vec<f32> {
        let (across, down) = (columns / STEP + 2, rows / STEP + 2);
        let mut nodes = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let [u, v] =
                    place((column * STEP) as f64 / columns as f64, (row * STEP) as f64 / rows as f64);
                nodes.push(self.at(u, v));
            }
        }
        let mut field = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let (upper, v) = (row / STEP * across, (row % STEP) as f32 / STEP as f32);
            for column in 0..columns {
                let (left, u) = (upper + column / STEP, (column % STEP) as f32 / STEP as f32);
                let top = nodes[left] + (nodes[left + 1] - nodes[left]) * u;
                let bottom = nodes[left + across] + (nodes[left + across + 1] - nodes[left + across]) * u;
                field.push(top + (bottom - top) * v);
            }
        }
        field
    }
}

/// Returns the threshold that this share of the field exceeds.
fn threshold(mut field: Vec<f32>, share: f64) -> f32 {
    if share >= 0.9995 {
        return f32::MIN;
    }
    let rank = ((1.0 - share) * (field.len() - 1) as f64).round() as usize;
    *field.select_nth_unstable_by(rank, f32::total_cmp).1
}

impl View {
    /// Returns clouds over exactly the share of the scene that its metadata state.
    pub(super) fn clouds(&self, columns: usize, rows: usize) -> Vec<Cloud> {
        let share = (self.cloud_cover / 100.0).clamp(0.0, 1.0);
        if share <= 0.0005 {
            return vec![Cloud::default(); columns * rows];
        }
        let sky = Sky::of(self, share);
        let is_whole = self.corners == self.scene;
        let field = sky.field(columns, rows, |u, v| if is_whole { [u, v] } else { self.in_scene(u, v) });
        let threshold = match is_whole {
            true => threshold(field.clone(), share),
            false => threshold(sky.field(SAMPLES, SAMPLES, |u, v| [u, v]), share),
        };
        let mut clouds = Vec::with_capacity(field.len());
        for row in 0..rows {
            for column in 0..columns {
                let place = row * columns + column;
                let value = field[place];
                let over = ((value - threshold) / sky.soft + 0.5).clamp(0.0, 1.0);
                // Lit from the upper left.
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

    /// Converts a position in the frame to one in the scene, which is a parallelogram.
    fn in_scene(&self, u: f64, v: f64) -> [f64; 2] {
        let [lon, lat] = self.place(u, v);
        let [ul, ur, _, ll] = self.scene;
        let (right, down) = ([ur[0] - ul[0], ur[1] - ul[1]], [ll[0] - ul[0], ll[1] - ul[1]]);
        let from = [lon - ul[0], lat - ul[1]];
        let area = right[0] * down[1] - right[1] * down[0];
        [(from[0] * down[1] - from[1] * down[0]) / area, (right[0] * from[1] - right[1] * from[0]) / area]
    }

    /// Returns the offset of the clouds' shadows in pixels to the right and down.
    pub(super) fn shadow(&self, columns: usize) -> (isize, isize) {
        let per_km = columns as f64 / self.size_km().0.max(1e-6);
        let length = (1.1 / self.sun_elevation.max(12.0).to_radians().tan()).min(4.0) * per_km;
        let azimuth = self.sun_azimuth.to_radians();
        ((-azimuth.sin() * length).round() as isize, (azimuth.cos() * length).round() as isize)
    }
}
