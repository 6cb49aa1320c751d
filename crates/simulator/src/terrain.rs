//! Appearance of the ground: a position has the same colours in every picture.

use std::sync::OnceLock;

use super::noise::Noise;
use up42_core::geo::land_mask;

/// Seed of the ground, which is the same on every platform.
const EARTH: u64 = 6_371;

/// Land mask of the Earth in pixels of a tenth of a degree; tiles are computed on first use.
#[derive(Debug)]
pub(super) struct Globe {
    tiles: Vec<OnceLock<Vec<bool>>>,
}

/// Size of a tile in degrees, number of tiles in a row, and pixels per degree.
const TILE: usize = 30;
const TILES: usize = 360 / TILE;
const PER_DEGREE: usize = 10;

impl Globe {
    pub(super) fn new() -> Self {
        Self { tiles: (0..TILES * TILES / 2).map(|_| OnceLock::new()).collect() }
    }

    /// Returns whether a position is land.
    pub(super) fn is_land(&self, lon: f64, lat: f64) -> bool {
        let side = TILE * PER_DEGREE;
        let column = ((lon + 180.0).clamp(0.0, 359.999) * PER_DEGREE as f64) as usize;
        let row = ((90.0 - lat).clamp(0.0, 179.999) * PER_DEGREE as f64) as usize;
        let mask = self.tiles[row / side * TILES + column / side].get_or_init(|| {
            let west = (column / side * TILE) as f64 - 180.0;
            let north = 90.0 - (row / side * TILE) as f64;
            let size = TILE as f64;
            land_mask([west, north - size, west + size, north], side, side)
        });
        mask[row % side * side + column % side]
    }
}

/// Share of land around each position of a frame, from 0 to 1; the coast is at one half.
pub(super) struct Coast {
    bbox: [f64; 4],
    share: Vec<f32>,
}

/// Number of cells on each side of the coast's grid.
const CELLS: usize = 96;

impl Coast {
    pub(super) fn around([west, south, east, north]: [f64; 4]) -> Self {
        // A margin, so that the softened edge of the grid is outside.
        let (x, y) = ((east - west) * 0.06, (north - south) * 0.06);
        let bbox = [west - x, south - y, east + x, north + y];
        let mask = land_mask(bbox, CELLS, CELLS);
        let mut share: Vec<f32> = mask.into_iter().map(|land| if land { 1.0 } else { 0.0 }).collect();
        for _ in 0..2 {
            share = softened(&share);
        }
        Self { bbox, share }
    }

    pub(super) fn at(&self, lon: f64, lat: f64) -> f32 {
        let [west, south, east, north] = self.bbox;
        let x = (lon - west) / (east - west) * CELLS as f64 - 0.5;
        let y = (north - lat) / (north - south) * CELLS as f64 - 0.5;
        let inner = (CELLS - 2) as f64;
        let (x, y) = (x.clamp(0.0, inner), y.clamp(0.0, inner));
        let (column, row) = (x as usize, y as usize);
        let (u, v) = ((x - column as f64) as f32, (y - row as f64) as f32);
        let cell = |row: usize, column: usize| self.share[row * CELLS + column];
        let upper = cell(row, column) + (cell(row, column + 1) - cell(row, column)) * u;
        let lower = cell(row + 1, column) + (cell(row + 1, column + 1) - cell(row + 1, column)) * u;
        upper + (lower - upper) * v
    }
}

fn softened(share: &[f32]) -> Vec<f32> {
    let at = |place: usize, by: isize| {
        let place = place.checked_add_signed(by).filter(|place| *place < share.len());
        place.map_or(0.0, |place| share[place])
    };
    let rows = CELLS as isize;
    let mixed = |place: usize| {
        let cross = at(place, -1) + at(place, 1) + at(place, -rows) + at(place, rows);
        (share[place] * 2.0 + cross) / 6.0
    };
    (0..share.len()).map(mixed).collect()
}

/// Large features of the ground at one position; pictures interpolate them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Features {
    /// Land above one half.
    pub land: f32,
    /// Brightness of the relief under the sun, around 1.
    pub shade: f32,
    /// Vegetation, from 0 (bare) to 1 (dense).
    pub green: f32,
    /// Houses above 0.
    pub town: f32,
    /// Distance from the middle of rivers, which is 0.
    pub river: f32,
    /// Snow, from 0 to 1.
    pub snow: f32,
}

impl Features {
    pub(super) const fn as_array(self) -> [f32; 6] {
        [self.land, self.shade, self.green, self.town, self.river, self.snow]
    }
}

/// Generator of the ground.
pub(super) struct Ground {
    noise: Noise,
    /// Season on the northern hemisphere, from -1 (January) to 1 (July).
    summer: f32,
    /// Visibility of fields at this scale, from 0 to 1.
    crispness: f32,
}

impl Ground {
    /// Creates a generator for a picture whose pixels are `dot` degrees apart.
    pub(super) fn new(day_of_year: f64, dot: f64) -> Self {
        let angle = (day_of_year - 20.0) / 365.0 * std::f64::consts::TAU;
        let crispness = (1.25 - dot * 240.0).clamp(0.15, 1.0) as f32;
        Self { noise: Noise::new(EARTH), summer: -(angle.cos()) as f32, crispness }
    }

    /// Returns the large features; x and y are degrees in Mercator projection, which has the same
    /// scale in both directions.
    pub(super) fn features(&self, x: f64, y: f64, lat: f64, land: f32, sun: [f32; 2]) -> Features {
        let noise = &self.noise;
        let height = |x: f64, y: f64| noise.fractal(x * 9.0, y * 9.0, 4);
        let step = 0.006;
        let here = height(x, y);
        let slope = [height(x + step, y) - here, height(x, y + step) - here];
        // Plains and mountains.
        let rough = (noise.at(x * 0.9 + 5.0, y * 0.9) * 1.6 + 0.5).clamp(0.08, 1.0);
        let shade = 1.0 + (slope[0] * sun[0] + slope[1] * sun[1]) * 7.0 * rough;
        let away = lat.abs() as f32;
        let dry = (-((away - 23.0) / 9.5).powi(2)).exp();
        let cold = ((away - 50.0) / 18.0).clamp(0.0, 1.0);
        let warm = if lat < 0.0 { -self.summer } else { self.summer };
        let seasonal = 0.14 * warm * ((away - 8.0) / 30.0).clamp(0.0, 1.0);
        let green = 0.82 - 0.80 * dry - 0.30 * cold
            + seasonal
            + 0.42 * noise.fractal(x * 0.55, y * 0.55, 3)
            + 0.25 * noise.at(x * 21.0, y * 21.0);
        let snow = (away - 62.0 + 22.0 * -warm.min(0.0) * cold + 8.0 * here * rough) / 6.0 - 1.0;
        let town = noise.fractal(x * 8.0 + 80.0, y * 8.0, 4) - 0.36 - 0.22 * rough - 0.35 * dry + 0.10 * land;
        let river = noise.fractal(x * 2.6 - 40.0, y * 2.6, 4).abs() + dry * 0.05;
        // The polygons of the coast are smooth; noise makes it irregular.
        let ragged = 0.20 * noise.fractal(x * 60.0, y * 60.0, 3);
        let land = land + ragged * (1.0 - (land * 2.0 - 1.0).powi(2));
        Features {
            land,
            shade: shade.clamp(0.55, 1.45),
            green: green.clamp(0.0, 1.0),
            town,
            river,
            snow: snow.clamp(0.0, 1.0),
        }
    }

    /// Returns the colour of a position with these features: red, green and blue, from 0 to 255.
    pub(super) fn colour(&self, x: f64, y: f64, features: [f32; 6]) -> [f32; 3] {
        let [land, shade, green, town, river, snow] = features;
        let fine = self.noise.at(x * 310.0, y * 310.0);
        if land < 0.5 {
            return water(land, fine);
        }
        if river < 0.011 && snow < 0.5 {
            return [40.0 + 6.0 * fine, 62.0 + 6.0 * fine, 62.0];
        }
        let grain = self.noise.at(x * 90.0 + 11.0, y * 90.0);
        let dry = [186.0 + 14.0 * grain, 158.0 + 11.0 * grain, 118.0 + 6.0 * grain];
        let lush = [70.0, 92.0, 52.0];
        let mut colour = mix(dry, lush, green);
        // Fields: cells of a lattice that is inclined with the terrain.
        let lean = f64::from(shade) * 0.12;
        let (along, across) = (x * 150.0 + y * 150.0 * lean, y * 210.0 - x * 60.0);
        let tilled = ((0.62 - (green - 0.55).abs() * 1.6) * 2.0).clamp(0.0, 1.0) * self.crispness;
        if tilled > 0.02 {
            let crop = crop(along.floor() as i64, across.floor() as i64);
            let tint = [0.76 + 0.46 * crop[0], 0.80 + 0.16 * crop[0] + 0.20 * crop[1], 0.74 + 0.42 * crop[0]];
            for (channel, tint) in colour.iter_mut().zip(tint) {
                *channel *= 1.0 + (tint - 1.0) * tilled;
            }
        } else {
            let mottled = 1.0 + 0.16 * grain + 0.10 * fine;
            colour = colour.map(|channel| channel * mottled);
        }
        if town > 0.0 {
            // Dense in the middle, with blocks of different roofs and some parks.
            let block = crop((x * 330.0 + y * 40.0).floor() as i64, (y * 330.0 - x * 40.0).floor() as i64);
            let built = (town * 6.0).min(0.8) * (0.55 + 0.45 * block[1].sqrt());
            let grey = 106.0 + 34.0 * (block[0] - 0.3) * (0.4 + 0.6 * self.crispness) + 12.0 * fine;
            colour = mix(colour, [grey + 4.0, grey, grey - 6.0], built);
        }
        if snow > 0.0 {
            colour = mix(colour, [166.0, 172.0, 182.0], snow);
        }
        colour.map(|channel| channel * shade * (1.0 + 0.05 * fine))
    }
}

/// Returns the colour of water: dark, or bright near the coast.
fn water(land: f32, fine: f32) -> [f32; 3] {
    let shallow = (land * 2.0).clamp(0.0, 1.0).powi(3);
    let colour = mix([18.0, 40.0, 68.0], [52.0, 104.0, 116.0], shallow);
    colour.map(|channel| channel * (1.0 + 0.04 * fine))
}

fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/// Returns two numbers from 0 to 1 that belong to a field.
fn crop(along: i64, across: i64) -> [f32; 2] {
    let mut hash = (along as u32).wrapping_mul(0x9e37_79b1) ^ (across as u32).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash ^= hash >> 13;
    [(hash & 0xff) as f32 / 255.0, ((hash >> 8) & 0xff) as f32 / 255.0]
}
