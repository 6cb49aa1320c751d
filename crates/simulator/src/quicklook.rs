//! Generated pictures of scenes: ground, sunlight and clouds.
//!
//! A picture is generated in three steps: the large features on a coarse grid, the colours on a
//! finer one, and the pixels between those. This takes a few hundredths of a second even in an
//! unoptimised build.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::catalog::search::Row;
use super::platform::Platform;
use super::reply::Reply;
use super::seeded_rng::SeededRng;
use super::terrain::{Coast, Ground};

/// Content of a picture.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Upper left, upper right, lower right, lower left corner of the picture.
    pub corners: [[f64; 2]; 4],
    /// Corners of the whole scene, over which the clouds are spread.
    pub scene: [[f64; 2]; 4],
    /// Cloud cover of the whole scene in %.
    pub cloud_cover: f64,
    /// Elevation and azimuth of the sun in degrees.
    pub sun_elevation: f64,
    pub sun_azimuth: f64,
    pub day_of_year: f64,
    /// Seed of the clouds.
    pub key: u64,
}

/// Pixels in red, green and blue.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[u8; 3]>,
}

/// Longer side of a quicklook and of a thumbnail, in pixels.
pub(super) const QUICKLOOK: usize = 384;
const THUMBNAIL: usize = 128;
/// Number of colours between two nodes of the coarse grid.
const COARSE: usize = 6;

impl Platform {
    /// Returns the generated JPEG of a scene, or its user-supplied image.
    pub(super) fn picture(&self, id: &str, key: &str) -> Option<Reply> {
        if let Some(path) = self.catalog.given.image(id, key) {
            let kind =
                if path.extension().is_some_and(|end| end == "png") { "image/png" } else { "image/jpeg" };
            return Some(Reply::file(kind, std::fs::read(path).ok()?));
        }
        let file = self.file_cache.keep(&format!("{id}/{key}"), || {
            let view = self.view(id)?;
            let longer = if key == "thumbnail" { THUMBNAIL } else { QUICKLOOK };
            view.fitted(longer).jpeg()
        })?;
        Some(Reply::file("image/jpeg", file.as_ref().clone()))
    }

    fn view(&self, id: &str) -> Option<View> {
        let key = SeededRng::of_text(self.seed, id).next();
        match self.catalog.row(id)? {
            Row::Drawn(scene) => Some(View {
                corners: scene.corners,
                scene: scene.corners,
                cloud_cover: scene.cloud_cover,
                sun_elevation: scene.sun_elevation,
                sun_azimuth: scene.sun_azimuth,
                day_of_year: day_of_year(scene.at),
                key,
            }),
            Row::Given(nth) => {
                let item = &self.catalog.given.items[nth];
                let number = |name: &str| item.property(name).and_then(|value| value.as_f64());
                let corners = item.corners().filter(|_| item.has_picture(&self.catalog.given))?;
                Some(View {
                    corners,
                    scene: corners,
                    cloud_cover: number("eo:cloud_cover").unwrap_or(0.0),
                    sun_elevation: number("view:sun_elevation").unwrap_or(45.0),
                    sun_azimuth: number("view:sun_azimuth").unwrap_or(150.0),
                    day_of_year: item.time.map_or(180.0, |(start, _)| day_of_year(start)),
                    key,
                })
            }
        }
    }
}

pub(super) fn day_of_year(at: i64) -> f64 {
    (at as f64 / 86_400_000.0).rem_euclid(365.2425)
}

impl View {
    /// Generates the picture with this many pixels on its longer side.
    pub(super) fn fitted(&self, longer: usize) -> Picture {
        let (across, down) = self.size_km();
        let scale = longer as f64 / across.max(down).max(1e-6);
        let pixels = |km: f64| ((km * scale / 2.0).round() as usize * 2).max(8);
        self.draw(pixels(across), pixels(down))
    }

    /// Returns width and height in kilometres.
    pub(super) fn size_km(&self) -> (f64, f64) {
        size_km(&self.corners)
    }

    /// Generates the picture; width and height are even.
    pub(super) fn draw(&self, width: usize, height: usize) -> Picture {
        let (columns, rows) = (width / 2, height / 2);
        let ground = self.ground(columns, rows);
        let clouds = self.clouds(columns, rows);
        let light = self.light();
        let (dx, dy) = self.shadow(columns);
        let mut half = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let source = row.saturating_add_signed(-dy).min(rows - 1) * columns;
            for column in 0..columns {
                let place = row * columns + column;
                let [r, g, b] = ground[place];
                let cloud = clouds[place];
                let shadow = clouds[source + column.saturating_add_signed(-dx).min(columns - 1)];
                let lit = light * (1.0 - 0.42 * shadow.opacity);
                // Haze makes dark colours brighter and bluer.
                let (r, g, b) = (8.0 + r * lit * 0.95, 11.0 + g * lit * 0.95, 18.0 + b * lit * 0.93);
                let clear = 1.0 - cloud.opacity;
                let white = cloud.white * cloud.opacity;
                half.push([r * clear + white, g * clear + white, b * clear + white]);
            }
        }
        Picture { width, height, pixels: enlarged(&half, columns, rows, self.key) }
    }

    /// Returns longitude and latitude at a position of the frame, from 0 to 1 to the right and
    /// down.
    pub(super) fn place(&self, u: f64, v: f64) -> [f64; 2] {
        let [ul, ur, lr, ll] = self.corners;
        let along = |a: f64, b: f64, share: f64| a + (b - a) * share;
        [0, 1].map(|axis| along(along(ul[axis], ur[axis], u), along(ll[axis], lr[axis], u), v))
    }

    fn ground(&self, columns: usize, rows: usize) -> Vec<[f32; 3]> {
        let mut bbox = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for [lon, lat] in self.corners {
            bbox = [bbox[0].min(lon), bbox[1].min(lat), bbox[2].max(lon), bbox[3].max(lat)];
        }
        let coast = Coast::around(bbox);
        let dot = self.size_km().0 / 111.32 / columns as f64;
        let ground = Ground::new(self.day_of_year, dot);
        let azimuth = self.sun_azimuth.to_radians();
        let low = (90.0 - self.sun_elevation).to_radians().sin();
        // Slopes that rise away from the sun face it.
        let sun = [-(azimuth.sin() * low) as f32, -(azimuth.cos() * low) as f32];
        let (across, down) = (columns / COARSE + 2, rows / COARSE + 2);
        let step = (COARSE as f64 / columns as f64, COARSE as f64 / rows as f64);
        let mut nodes = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let [lon, lat] = self.place(column as f64 * step.0, row as f64 * step.1);
                let land = coast.at(lon, lat);
                nodes.push(ground.features(lon, mercator(lat), lat, land, sun).as_array());
            }
        }
        // Within one frame Mercator is approximately linear.
        let mut straight = self.clone();
        straight.corners = self.corners.map(|[lon, lat]| [lon, mercator(lat)]);
        let mut colours = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let (node_row, down) = (row / COARSE, (row % COARSE) as f32 / COARSE as f32);
            let upper = &nodes[node_row * across..(node_row + 1) * across];
            let lower = &nodes[(node_row + 1) * across..(node_row + 2) * across];
            let v = row as f64 / rows as f64;
            let ([x0, y0], [x1, y1]) = (straight.place(0.0, v), straight.place(1.0, v));
            let (dx, dy) = ((x1 - x0) / columns as f64, (y1 - y0) / columns as f64);
            for node in 0..columns.div_ceil(COARSE) {
                let mut left = between(&upper[node], &lower[node], down);
                let right = between(&upper[node + 1], &lower[node + 1], down);
                let mut steps = [0.0; 6];
                for (nth, step) in steps.iter_mut().enumerate() {
                    *step = (right[nth] - left[nth]) / COARSE as f32;
                }
                for column in node * COARSE..columns.min((node + 1) * COARSE) {
                    let (x, y) = (x0 + dx * column as f64, y0 + dy * column as f64);
                    colours.push(ground.colour(x, y, left));
                    for (nth, step) in steps.iter().enumerate() {
                        left[nth] += step;
                    }
                }
            }
        }
        colours
    }

    fn light(&self) -> f32 {
        (0.55 + 0.55 * self.sun_elevation.to_radians().sin()) as f32
    }
}

/// Returns width and height in kilometres.
pub(super) fn size_km([ul, ur, _, ll]: &[[f64; 2]; 4]) -> (f64, f64) {
    let km = |a: &[f64; 2], b: &[f64; 2]| {
        let east = (b[0] - a[0]) * ((a[1] + b[1]) / 2.0).to_radians().cos();
        east.hypot(b[1] - a[1]) * 111.32
    };
    (km(ul, ur), km(ul, ll))
}

fn mercator(lat: f64) -> f64 {
    let half = lat.clamp(-85.0, 85.0).to_radians() / 2.0;
    (half + std::f64::consts::FRAC_PI_4).tan().ln().to_degrees()
}

fn between(a: &[f32; 6], b: &[f32; 6], share: f32) -> [f32; 6] {
    let mut mixed = *a;
    for (nth, value) in mixed.iter_mut().enumerate() {
        *value += (b[nth] - *value) * share;
    }
    mixed
}

/// Divides each pixel into four, smoothed, with the noise of a sensor.
fn enlarged(half: &[[f32; 3]], columns: usize, rows: usize, key: u64) -> Vec<[u8; 3]> {
    let mut pixels = Vec::with_capacity(columns * rows * 4);
    let mut grain = key as u32 | 1;
    for row in 0..rows * 2 {
        let here = row / 2;
        let beside = if row % 2 == 0 { here.saturating_sub(1) } else { (here + 1).min(rows - 1) };
        let (here, beside) = (&half[here * columns..][..columns], &half[beside * columns..][..columns]);
        let mut before = blend(here[0], beside[0]);
        for column in 0..columns {
            let now = blend(here[column], beside[column]);
            let next = (column + 1).min(columns - 1);
            let after = blend(here[next], beside[next]);
            for other in [before, after] {
                grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let speck = (grain >> 24) as f32 * (7.0 / 255.0) - 3.5;
                let pixel = blend(now, other);
                pixels.push([(pixel[0] + speck) as u8, (pixel[1] + speck) as u8, (pixel[2] + speck) as u8]);
            }
            before = now;
        }
    }
    pixels
}

fn blend(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] * 0.75 + b[0] * 0.25, a[1] * 0.75 + b[1] * 0.25, a[2] * 0.75 + b[2] * 0.25]
}

impl Picture {
    pub(super) fn jpeg(&self) -> Option<Vec<u8>> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, 80)
            .encode(self.pixels.as_flattened(), width, height, ExtendedColorType::Rgb8)
            .ok()?;
        Some(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(cloud_cover: f64, [lon, lat]: [f64; 2]) -> View {
        let corners =
            [[lon, lat + 0.2], [lon + 0.2, lat + 0.17], [lon + 0.16, lat], [lon - 0.04, lat + 0.03]];
        View {
            corners,
            scene: corners,
            cloud_cover,
            sun_elevation: 50.0,
            sun_azimuth: 150.0,
            day_of_year: 170.0,
            key: 5,
        }
    }

    #[test]
    fn the_clouds_in_the_picture_match_the_metadata() {
        for place in [[13.4, 52.5], [-17.4, 14.7], [30.0, 25.0]] {
            for cover in [0.0, 4.0, 25.0, 60.0, 93.0, 100.0] {
                let jpeg = view(cover, place).fitted(QUICKLOOK).jpeg().unwrap();
                let image = image::load_from_memory(&jpeg).unwrap().to_rgb8();
                let white =
                    image.pixels().filter(|pixel| pixel.0.iter().all(|channel| *channel > 162)).count();
                let share = white as f64 * 100.0 / f64::from(image.width() * image.height());
                assert!((share - cover).abs() < 3.0, "{share:.1} % white at {cover} % cover, {place:?}");
            }
        }
    }

    #[test]
    fn a_picture_has_the_shape_of_its_footprint() {
        let corners = [[0.0, 0.1], [0.4, 0.1], [0.4, 0.0], [0.0, 0.0]];
        let wide = View { corners, scene: corners, ..view(0.0, [0.0, 0.0]) };
        let picture = wide.fitted(200);
        assert_eq!((picture.width, picture.height), (200, 50));
        assert_eq!(picture.pixels.len(), 200 * 50);
    }

    #[test]
    fn a_part_of_a_scene_has_the_clouds_that_the_scene_has_there() {
        let corners = [[0.0, 0.3], [0.3, 0.3], [0.3, 0.0], [0.0, 0.0]];
        let whole = View { corners, scene: corners, ..view(40.0, [0.0, 0.0]) };
        let quarter = View { corners: [[0.15, 0.3], [0.3, 0.3], [0.3, 0.15], [0.15, 0.15]], ..whole.clone() };
        let (all, part) = (whole.clouds(180, 180), quarter.clouds(90, 90));
        let (mut same, mut covered) = (0, 0);
        for row in 0..90 {
            for column in 0..90 {
                let there = all[row * 180 + 90 + column].opacity > 0.5;
                same += usize::from((part[row * 90 + column].opacity > 0.5) == there);
                covered += usize::from(there);
            }
        }
        assert!(covered > 200 && covered < 7900, "{covered} of 8100 are no test");
        assert!(same > 7900, "{same} of 8100 agree");
    }
}
