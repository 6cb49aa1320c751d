//! Circles on the ellipsoid.

use geo::{Coord, Destination, Geodesic, LineString, Point, Polygon};

use super::bbox::check_position;
use super::crs::refined;
use crate::error::{Context, Error, Result};

/// Allowed radii in metres. A larger circle may contain both poles, and is not a useful area of
/// interest.
const RADII: std::ops::RangeInclusive<f64> = 0.1..=5_000_000.0;

/// Number of corners of a circle: the polygon's area is 0.005 % smaller than the circle's.
const CORNERS: usize = 360;

/// Returns a circle around a longitude and a latitude, with the radius in metres. Its corners lie
/// on the circle; near a pole there are more of them.
pub fn circle([lon, lat]: [f64; 2], metres: f64) -> Result<Polygon> {
    check_position(lon, lat).context("the point of a circle")?;
    if !RADII.contains(&metres) {
        return Err(Error::invalid(format!("radius `{metres}`: give 0.1 to 5,000,000 metres")));
    }
    let at =
        |bearing: f64| -> Result<Coord> { Ok(Geodesic.destination(Point::new(lon, lat), bearing, metres).0) };
    let step = 360.0 / CORNERS as f64;
    let mut corners = vec![at(0.0)?];
    for corner in 0..CORNERS {
        // Anticlockwise, as the outer rings of GeoJSON.
        let bearing = |share: f64| -(corner as f64 + share) * step;
        let (start, end) = (at(bearing(0.0))?, at(bearing(1.0))?);
        refined(start, end, &|share| at(bearing(share)), &mut corners)?;
    }
    Ok(Polygon::new(LineString::new(corners), vec![]))
}
