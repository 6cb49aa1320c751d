//! What the ground looks like: the same place has the same colours in every
//! picture of it.

use super::noise::Noise;

/// The Earth is the same for every seed.
const EARTH: u64 = 6_371;

/// Whether a place is land.
///
/// Continents of noise stand in for the real coastline.
pub(super) fn is_land(lon: f64, lat: f64) -> bool {
    continents(&Noise::new(EARTH), lon, lat)
}

fn continents(noise: &Noise, lon: f64, lat: f64) -> bool {
    noise.fractal(lon / 24.0, lat / 24.0, 6) > -0.12
}

/// Land and sea on a grid, from the north-west corner along the rows.
pub(super) fn land_mask(west: f64, south: f64, east: f64, north: f64, n: usize) -> Vec<bool> {
    let noise = Noise::new(EARTH);
    let step = |low: f64, high: f64, place: usize| low + (high - low) * (place as f64 + 0.5) / n as f64;
    let cells = (0..n).flat_map(|row| (0..n).map(move |column| (row, column)));
    cells.map(|(row, column)| continents(&noise, step(west, east, column), step(north, south, row))).collect()
}

/// How much land there is around each place of a frame, from 0 to 1; the coast
/// runs where it is one half.
pub(super) struct Coast {
    bbox: [f64; 4],
    share: Vec<f32>,
}

/// Cells on each side of the coast's grid.
const CELLS: usize = 96;

impl Coast {
    pub(super) fn around([west, south, east, north]: [f64; 4]) -> Self {
        // A margin, so that the softened edge of the grid stays outside.
        let (x, y) = ((east - west) * 0.06, (north - south) * 0.06);
        let bbox = [west - x, south - y, east + x, north + y];
        let mask = land_mask(bbox[0], bbox[1], bbox[2], bbox[3], CELLS);
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

/// The large features of the ground at one place; pictures interpolate them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Features {
    /// Above one half there is land.
    pub land: f32,
    /// Brightness of the relief under the sun, around 1.
    pub shade: f32,
    /// From 0 (bare) to 1 (lush).
    pub green: f32,
    /// Above 0 there are houses.
    pub town: f32,
    /// Zero along the middle of rivers.
    pub river: f32,
    /// From 0 to 1.
    pub snow: f32,
}

impl Features {
    pub(super) const fn as_array(self) -> [f32; 6] {
        [self.land, self.shade, self.green, self.town, self.river, self.snow]
    }
}

/// Draws the ground.
pub(super) struct Ground {
    noise: Noise,
    /// Warmth of the season from -1 (January) to 1 (July).
    summer: f32,
}

impl Ground {
    pub(super) fn new(day_of_year: f64) -> Self {
        let angle = (day_of_year - 20.0) / 365.0 * std::f64::consts::TAU;
        Self { noise: Noise::new(EARTH), summer: -(angle.cos()) as f32 }
    }

    /// The large features; x and y are Mercator degrees, which are as long as
    /// wide everywhere.
    pub(super) fn features(&self, x: f64, y: f64, lat: f64, land: f32, sun: [f32; 2]) -> Features {
        let noise = &self.noise;
        let height = |x: f64, y: f64| noise.fractal(x * 9.0, y * 9.0, 4);
        let step = 0.006;
        let here = height(x, y);
        let slope = [height(x + step, y) - here, height(x, y + step) - here];
        // Plains here, mountains there.
        let rough = (noise.at(x * 0.9 + 5.0, y * 0.9) * 1.6 + 0.5).clamp(0.08, 1.0);
        let shade = 1.0 + (slope[0] * sun[0] + slope[1] * sun[1]) * 7.0 * rough;
        let away = lat.abs() as f32;
        let dry = (-((away - 23.0) / 9.5).powi(2)).exp();
        let cold = ((away - 50.0) / 18.0).clamp(0.0, 1.0);
        let warm = if lat < 0.0 { -self.summer } else { self.summer };
        let seasonal = 0.14 * warm * ((away - 8.0) / 30.0).clamp(0.0, 1.0);
        let green = 0.82 - 0.80 * dry - 0.30 * cold + seasonal
            + 0.42 * noise.fractal(x * 0.55, y * 0.55, 3)
            + 0.25 * noise.at(x * 21.0, y * 21.0);
        let snow = (away - 62.0 + 22.0 * -warm.min(0.0) * cold + 8.0 * here * rough) / 6.0 - 1.0;
        let town = noise.fractal(x * 5.5 + 80.0, y * 5.5, 3) - 0.30 - 0.25 * rough + 0.12 * land;
        let river = noise.fractal(x * 2.6 - 40.0, y * 2.6, 4).abs() + dry * 0.05;
        // The coast is ragged where the polygons are smooth.
        let ragged = 0.20 * noise.fractal(x * 60.0, y * 60.0, 3);
        let land = land + ragged * (1.0 - (land * 2.0 - 1.0).powi(2));
        Features { land, shade: shade.clamp(0.55, 1.45), green: green.clamp(0.0, 1.0), town, river, snow: snow.clamp(0.0, 1.0) }
    }

    /// Red, green, blue and near infrared, from 0 to 255, of a place with these
    /// features.
    pub(super) fn colour(&self, x: f64, y: f64, features: [f32; 6]) -> [f32; 4] {
        let [land, shade, green, town, river, snow] = features;
        let fine = self.noise.at(x * 310.0, y * 310.0);
        if land < 0.5 || (river < 0.012 && snow < 0.5) {
            return water(land, fine);
        }
        let grain = self.noise.at(x * 90.0 + 11.0, y * 90.0);
        let dry = [186.0 + 14.0 * grain, 158.0 + 11.0 * grain, 118.0 + 6.0 * grain, 190.0];
        let lush = [70.0, 92.0, 52.0, 165.0];
        let mut colour = mix(dry, lush, green);
        // Fields: cells of a lattice that leans with the country.
        let lean = f64::from(shade) * 0.12;
        let (along, across) = (x * 150.0 + y * 150.0 * lean, y * 210.0 - x * 60.0);
        let tilled = ((0.62 - (green - 0.55).abs() * 1.6) * 2.0).clamp(0.0, 1.0);
        if tilled > 0.0 {
            let crop = crop(along.floor() as i64, across.floor() as i64);
            let tint = [0.78 + 0.50 * crop[0], 0.80 + 0.36 * crop[1], 0.74 + 0.42 * crop[0], 0.7 + 0.6 * crop[1]];
            for (channel, tint) in colour.iter_mut().zip(tint) {
                *channel *= 1.0 + (tint - 1.0) * tilled;
            }
        } else {
            let mottled = 1.0 + 0.16 * grain + 0.10 * fine;
            colour = colour.map(|channel| channel * mottled);
        }
        if town > 0.0 {
            let built = (town * 9.0).min(0.85);
            let street = (x * 420.0).rem_euclid(1.0) < 0.22 || (y * 420.0 + x * 30.0).rem_euclid(1.0) < 0.22;
            let grey = if street { 148.0 } else { 122.0 + 38.0 * fine };
            colour = mix(colour, [grey + 4.0, grey, grey - 6.0, grey * 0.9], built);
        }
        if snow > 0.0 {
            colour = mix(colour, [166.0, 172.0, 182.0, 120.0], snow);
        }
        colour.map(|channel| channel * shade * (1.0 + 0.05 * fine))
    }
}

/// Deep and dark, or bright over the shallows of the coast.
fn water(land: f32, fine: f32) -> [f32; 4] {
    let shallow = (land * 2.0).clamp(0.0, 1.0).powi(3);
    let colour = mix([18.0, 40.0, 68.0, 8.0], [52.0, 104.0, 116.0, 22.0], shallow);
    colour.map(|channel| channel * (1.0 + 0.04 * fine))
}

fn mix(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    [
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
        a[3] + (b[3] - a[3]) * share,
    ]
}

/// Two numbers from 0 to 1 that belong to a field.
fn crop(along: i64, across: i64) -> [f32; 2] {
    let mut hash = (along as u32).wrapping_mul(0x9e37_79b1) ^ (across as u32).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash ^= hash >> 13;
    [(hash & 0xff) as f32 / 255.0, ((hash >> 8) & 0xff) as f32 / 255.0]
}
