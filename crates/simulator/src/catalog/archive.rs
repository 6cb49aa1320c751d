//! Generated scenes for any place on Earth.
//!
//! The Earth is divided into cells of about equal size. A sensor's scenes of a cell in a month
//! depend on the seed, the sensor, the cell and the month alone, so a search generates only the
//! cells around its area, and overlapping searches agree. A scene's id contains its cell and month,
//! from which it is generated again.
//!
//! The archive ends on 31 October 2026, whatever the clock shows, so the same search always finds
//! the same scenes.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::cell::{Cell, DEGREE, cell_at, cells_around};
use super::scene::Scene;
use super::sensor::{SENSORS, Schedule, Sensor};
use super::shape::{Bbox, overlap};
use super::sky;
use crate::seeded_rng::SeededRng;
use crate::terrain::Globe;

/// Largest latitude of a scene's centre, in degrees.
pub(crate) const LARGEST_LATITUDE: f64 = 80.0;
/// Lowest elevation of the sun for a scene, in degrees.
const LOWEST_SUN: f64 = 8.0;
/// Share of the scenes over open sea that are kept.
const SEA_SHARE: f64 = 0.4;
/// Largest number of cells of a month that a search generates before it stops: for searches of the
/// whole Earth with few results.
const MOST_CELLS: usize = 2_000_000;
const DAY: i64 = 86_400_000;

#[derive(Debug)]
pub(crate) struct Archive {
    seed: u64,
    globe: Globe,
}

/// Number of months since the year 0.
type Month = i64;

impl Archive {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, globe: Globe::new() }
    }

    /// Returns at most `most` scenes of a sensor that `wanted` accepts, that overlap the boxes and
    /// that were acquired between the two times (in milliseconds), ordered by time.
    pub(crate) fn find(
        &self,
        sensor: &'static Sensor,
        boxes: &[Bbox],
        (from, to): (i64, i64),
        newest_first: bool,
        most: usize,
        wanted: impl Fn(&Scene) -> bool,
    ) -> Vec<Scene> {
        let start = sensor.platforms.iter().map(|(_, first, _)| midnight(first)).min().unwrap_or_default();
        let end = sensor.platforms.iter().map(|(_, _, last)| midnight(last) + DAY).max().unwrap_or_default();
        let (from, to) = (from.max(start), to.min(end - 1));
        let mut found = Vec::new();
        if from > to {
            return found;
        }
        // Far in the east noon is early in UTC: a scene may be on the day before its own.
        let mut months: Vec<Month> = (month_of(from)..=month_of(to + DAY)).collect();
        if newest_first {
            months.reverse();
        }
        let mut drawn = 0;
        for month in months {
            let mut scenes = Vec::new();
            for cell in boxes.iter().flat_map(|bbox| cells_around(sensor, *bbox)) {
                self.draw(sensor, cell, month, |scene| {
                    let reaches = || boxes.iter().any(|bbox| overlap(scene.bbox(), *bbox));
                    if (from..=to).contains(&scene.at) && reaches() && wanted(&scene) {
                        scenes.push(scene);
                    }
                });
                drawn += 1;
                if found.len() + scenes.len() >= most || drawn >= MOST_CELLS {
                    break;
                }
            }
            scenes.sort_by(|a, b| {
                let order = a.at.cmp(&b.at);
                if newest_first { order.reverse() } else { order }.then_with(|| a.id.cmp(&b.id))
            });
            // A cell may be near two boxes.
            scenes.dedup_by(|a, b| a.id == b.id);
            found.append(&mut scenes);
            if found.len() >= most || drawn >= MOST_CELLS {
                break;
            }
        }
        found.truncate(most);
        found
    }

    /// Returns the scene with an id.
    pub(crate) fn scene(&self, id: &str) -> Option<Scene> {
        let sensor = SENSORS.iter().find(|sensor| {
            sensor.platforms.iter().any(|(platform, ..)| {
                let name = id.strip_prefix("DS_").unwrap_or(id);
                name.strip_prefix(platform).is_some_and(|rest| rest.starts_with('_'))
            })
        })?;
        let mut parts = id.rsplit('_');
        let column: u32 = parts.next()?.get(..4)?.parse().ok()?;
        let row: u32 = parts.next()?.parse().ok()?;
        let date = id.split('_').find(|part| part.len() >= 15 && part.starts_with("20"))?;
        let month = date.get(..4)?.parse::<i64>().ok()? * 12 + date.get(4..6)?.parse::<i64>().ok()? - 1;
        let mut found = None;
        let cell = cell_at(sensor, row, column)?;
        // Local noon may be in an adjacent month of UTC.
        for month in month - 1..=month + 1 {
            self.draw(sensor, cell, month, |scene| {
                if scene.id == id {
                    found = Some(scene);
                }
            });
        }
        found
    }

    fn draw(&self, sensor: &'static Sensor, cell: Cell, month: Month, mut found: impl FnMut(Scene)) {
        let place = u64::from(cell.row) << 32 | u64::from(cell.column);
        let sensor_key = sensor.gsd.to_bits();
        let mut rng = SeededRng::of(&[self.seed, sensor_key, place, month as u64]);
        let Some(first) = first_day(month) else { return };
        let days = (first_day(month + 1).unwrap_or(first) - first) / DAY;
        match sensor.schedule {
            Schedule::Tasked { per_month, roll } => {
                // Demand differs between places.
                let wanted = (0.5 * SeededRng::of(&[self.seed, place]).normal()).exp();
                for nth in 0..rng.poisson(per_month * wanted).min(9) {
                    let (platform, start, end) =
                        sensor.platforms[rng.next() as usize % sensor.platforms.len()];
                    let day = first + (rng.unit() * days as f64) as i64 * DAY;
                    let shift = (rng.between(-0.5, 0.5), rng.between(-0.5, 0.5));
                    let view = roll * (rng.unit() - rng.unit());
                    let known = midnight(start) <= day && day <= midnight(end);
                    let centre = [cell.lon + shift.0 * cell.width, cell.lat + shift.1 * sensor.cell];
                    let worth = self.globe.is_land(centre[0], centre[1]) || rng.unit() < SEA_SHARE;
                    if known && worth {
                        found_if(
                            compose(sensor, platform, cell, nth, centre, day, view, &mut rng),
                            &mut found,
                        );
                    }
                }
            }
            Schedule::Systematic { days: cycle } => {
                // Offset in the cycle on which the first satellite passes, in days since 1970.
                let phase = i64::from(cell.column) * 3 % cycle;
                for (which, (platform, start, end)) in sensor.platforms.iter().enumerate() {
                    let lag = which as i64 * cycle / sensor.platforms.len() as i64;
                    let flown = midnight(start) / DAY..=midnight(end) / DAY;
                    let passes = (first / DAY..first / DAY + days).filter(|day| (day + lag) % cycle == phase);
                    for number in passes.filter(|day| flown.contains(day)) {
                        let (centre, time) = ([cell.lon, cell.lat], number * DAY);
                        let mut rng = SeededRng::of(&[self.seed, sensor_key, place, number as u64]);
                        found_if(compose(sensor, platform, cell, 0, centre, time, 0.0, &mut rng), &mut found);
                    }
                }
            }
        }
    }
}

fn found_if(scene: Option<Scene>, found: &mut impl FnMut(Scene)) {
    if let Some(scene) = scene {
        found(scene);
    }
}

/// Creates the scene with this centre on this day; `None` if the sun is too low or the footprint
/// leaves the map.
#[allow(clippy::too_many_arguments)]
fn compose(
    sensor: &'static Sensor,
    platform: &'static str,
    cell: Cell,
    nth: u32,
    [lon, lat]: [f64; 2],
    day: i64,
    roll: f64,
    rng: &mut SeededRng,
) -> Option<Scene> {
    // All satellites cross the equator at 10:30 local time.
    let hours = 10.5 - lon / 15.0 + rng.between(-0.2, 0.2);
    let at = day + (hours * 3_600_000.0) as i64;
    let (sun_elevation, sun_azimuth) = sky::sun(lon, lat, at);
    let corners = footprint(sensor, [lon, lat], roll, rng);
    let inside = corners.iter().all(|[lon, lat]| lon.abs() < 180.0 && lat.abs() < LARGEST_LATITUDE + 3.0);
    if sun_elevation < LOWEST_SUN || !inside || lat.abs() > LARGEST_LATITUDE {
        return None;
    }
    let cloud_cover = sky::cloud_cover(lat, at, rng);
    let incidence = ((1.0 + 695.0 / 6371.0) * roll.to_radians().sin()).asin().to_degrees();
    let track_angle = sky::track_angle(lat);
    let view_azimuth = (track_angle + if roll < 0.0 { 90.0 } else { 270.0 }).rem_euclid(360.0);
    Some(Scene {
        id: id(sensor, platform, at, cell, nth),
        sensor,
        platform,
        at,
        corners,
        cloud_cover,
        sun_elevation: rounded(sun_elevation, 3),
        sun_azimuth: rounded(sun_azimuth, 3),
        off_nadir: rounded(roll.abs(), 3),
        incidence: rounded(incidence.abs(), 3),
        view_azimuth: rounded(view_azimuth, 3),
    })
}

/// Returns the corners: upper left, upper right, lower right, lower left.
fn footprint(sensor: &Sensor, [lon, lat]: [f64; 2], roll: f64, rng: &mut SeededRng) -> [[f64; 2]; 4] {
    let (track_angle, taper, stretch) = match sensor.schedule {
        Schedule::Tasked { .. } => {
            let track_angle = sky::track_angle(lat) + rng.between(-1.5, 1.5);
            (track_angle, roll / 30.0 * 0.02 + rng.between(-0.006, 0.006), roll.to_radians().cos().powi(-2))
        }
        // Tiles of a UTM grid are rotated by the convergence of the meridians only.
        Schedule::Systematic { .. } => {
            let zone = ((lon + 180.0) / 6.0).floor() * 6.0 - 177.0;
            ((zone - lon) * lat.to_radians().sin(), 0.0, 1.0)
        }
    };
    let width = sensor.swath * stretch / 2.0;
    let length = rng.between(sensor.length.0, sensor.length.1) / 2.0;
    let (sine, cosine) = track_angle.to_radians().sin_cos();
    let degrees_east = DEGREE * lat.to_radians().cos().max(0.1);
    let corner = |right: f64, up: f64| {
        let half = width * (1.0 + taper * up);
        let (x, y) = (right * half, up * length);
        let (east, north) = (x * cosine + y * sine, y * cosine - x * sine);
        [rounded(lon + east / degrees_east, 6), rounded(lat + north / DEGREE, 6)]
    };
    [corner(-1.0, 1.0), corner(1.0, 1.0), corner(1.0, -1.0), corner(-1.0, -1.0)]
}

fn id(sensor: &Sensor, platform: &str, at: i64, cell: Cell, nth: u32) -> String {
    let time = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    let (row, column) = (cell.row, cell.column);
    match sensor.schedule {
        Schedule::Tasked { .. } => {
            let stamp = time.strftime("%Y%m%d%H%M%S");
            let tenth = at.rem_euclid(1000) / 100;
            let (east, north) =
                (if cell.lon < 0.0 { 'W' } else { 'E' }, if cell.lat < 0.0 { 'S' } else { 'N' });
            let (lon, lat) = (cell.lon.abs() as u32, cell.lat.abs() as u32);
            format!(
                "DS_{platform}_{stamp}{tenth}_FR1_PX_{east}{lon:03}{north}{lat:02}_{row:04}_{column:04}{nth}"
            )
        }
        Schedule::Systematic { .. } => {
            let stamp = time.strftime("%Y%m%dT%H%M%S");
            let orbit = u64::from(column) * 3 % 143 + 1;
            format!("{platform}_MSIL1C_{stamp}_N0500_R{orbit:03}_{row:04}_{column:04}")
        }
    }
}

fn month_of(at: i64) -> Month {
    let date = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

fn first_day(month: Month) -> Option<i64> {
    let date = Date::new((month.div_euclid(12)) as i16, (month.rem_euclid(12)) as i8 + 1, 1).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Returns the first instant of a day such as `2012-03-01`, in milliseconds.
fn midnight(date: &str) -> i64 {
    let date = date.parse::<Date>().ok().and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    date.map(|date| date.timestamp().as_millisecond()).unwrap_or_default()
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
