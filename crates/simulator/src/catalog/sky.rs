//! Orbit, sun and clouds at a place and time.

use crate::seeded_rng::SeededRng;

/// Returns the day of the year, from 0, of a time in milliseconds.
fn day_of_year(at: i64) -> f64 {
    (at as f64 / 86_400_000.0).rem_euclid(365.2425)
}

/// Returns the declination of the sun in radians.
fn declination(at: i64) -> f64 {
    -23.44_f64.to_radians() * ((day_of_year(at) + 10.0) / 365.2425 * std::f64::consts::TAU).cos()
}

/// Returns elevation and azimuth of the sun in degrees.
pub(super) fn sun(lon: f64, lat: f64, at: i64) -> (f64, f64) {
    let declination = declination(at);
    let hours = (at.rem_euclid(86_400_000)) as f64 / 3_600_000.0 + lon / 15.0;
    let angle = ((hours - 12.0) * 15.0).to_radians();
    let lat = lat.to_radians();
    let sine = lat.sin() * declination.sin() + lat.cos() * declination.cos() * angle.cos();
    let elevation = sine.clamp(-1.0, 1.0).asin();
    let east = -angle.sin() * declination.cos();
    let north = declination.sin() * lat.cos() - declination.cos() * lat.sin() * angle.cos();
    (elevation.to_degrees(), east.atan2(north).to_degrees().rem_euclid(360.0))
}

/// Returns the angle between the ground track of a descending pass and the meridian in degrees: the
/// inclination of 98.2° alone gives 8.2° at the equator.
pub(super) fn track_angle(lat: f64) -> f64 {
    let sine = 8.2_f64.to_radians().sin() / lat.to_radians().cos().max(0.2);
    sine.clamp(-0.9, 0.9).asin().to_degrees()
}

/// Returns the cloud cover of a scene in %.
///
/// The mean follows the rain belts, which follow the sun; scenes are clear or overcast more often
/// than in between.
pub(super) fn cloud_cover(lat: f64, at: i64, rng: &mut SeededRng) -> f64 {
    let season = declination(at).to_degrees();
    let bell = |centre: f64, width: f64| (-((lat - centre) / width).powi(2)).exp();
    let tropics = 0.40 * bell(season * 0.55, 9.0);
    let winter = if lat >= 0.0 { -season } else { season } / 23.44;
    let storms = (0.40 + 0.12 * winter) * (bell(56.0, 18.0) + bell(-56.0, 18.0));
    let mean = (0.20 + tropics + storms).clamp(0.08, 0.85);
    let draw = rng.unit();
    let clear = (1.0 - mean) * 0.55;
    let cover = if draw < clear {
        // Clear scenes have a few small clouds.
        3.0 * (draw / clear).powi(3)
    } else if draw > 1.0 - mean * 0.30 {
        92.0 + 8.0 * rng.unit()
    } else {
        let rest = rng.unit();
        3.0 + 89.0 * rest.powf(0.6 / mean)
    };
    (cover * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNE: i64 = 1_592_733_600_000; // 2020-06-21T10:00:00Z
    const DECEMBER: i64 = 1_608_544_800_000; // 2020-12-21T10:00:00Z

    #[test]
    fn the_sun_has_the_expected_position() {
        let (elevation, azimuth) = sun(13.4, 52.5, JUNE);
        assert!((50.0..61.0).contains(&elevation), "{elevation}");
        assert!((120.0..170.0).contains(&azimuth), "{azimuth}");
        assert!(sun(13.4, 52.5, DECEMBER).0 < 15.0);
        assert!(sun(13.4, 75.0, DECEMBER).0 < 0.0);
    }

    #[test]
    fn deserts_are_clear_and_northern_winters_are_not() {
        let mean = |lat, at| {
            let mut rng = SeededRng::of(&[1]);
            (0..2000).map(|_| cloud_cover(lat, at, &mut rng)).sum::<f64>() / 2000.0
        };
        assert!(mean(24.0, DECEMBER) < 30.0, "{}", mean(24.0, DECEMBER));
        assert!(mean(55.0, DECEMBER) > 50.0, "{}", mean(55.0, DECEMBER));
    }
}
