//! Web Mercator: the world as a square from (0, 0) in the north-west to (1, 1).

use std::f64::consts::PI;

/// Largest latitude of the square, in degrees.
const LIMIT: f64 = 85.051_128;

/// Length of the equator (WGS 84), in metres.
const EQUATOR: f64 = 40_075_016.7;

pub fn x(lon: f64) -> f64 {
    lon / 360.0 + 0.5
}

pub fn y(lat: f64) -> f64 {
    let sine = lat.clamp(-LIMIT, LIMIT).to_radians().sin();
    0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI)
}

pub fn lon(x: f64) -> f64 {
    (x - 0.5) * 360.0
}

pub fn lat(y: f64) -> f64 {
    ((0.5 - y) * 2.0 * PI).sinh().atan().to_degrees()
}

/// Window on the map, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    west: f64,
    north: f64,
    /// Width of the whole world, in pixels.
    scale: f64,
    pub width: usize,
    pub height: usize,
}

impl View {
    /// Returns the window around a box (west, south, east, north in degrees) with a margin on each
    /// side, as a share of the window.
    pub fn around(bbox: [f64; 4], width: usize, height: usize, margin: f64) -> Self {
        let [west, mut south, east, mut north] = bbox;
        if east - west > 300.0 {
            // A box around the Earth is cut to the inhabited latitudes.
            (south, north) = (south.max(-62.0).min(north), north.min(78.0).max(south));
        }
        let (left, right, top, bottom) = (x(west), x(east), y(north), y(south));
        // A single point gets a window of about 1 km.
        let least = 1000.0 / EQUATOR;
        let room = 1.0 - 2.0 * margin;
        let scale_x = width as f64 * room / (right - left).max(least);
        let scale_y = height as f64 * room / (bottom - top).max(least);
        let scale = scale_x.min(scale_y);
        let west = (left + right) / 2.0 - width as f64 / 2.0 / scale;
        let north = (top + bottom) / 2.0 - height as f64 / 2.0 / scale;
        Self { west, north, scale, width, height }
    }

    pub fn pixel(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        [(x(lon) - self.west) * self.scale, (y(lat) - self.north) * self.scale]
    }

    pub fn lon(&self, column: f64) -> f64 {
        lon(column / self.scale + self.west)
    }

    pub fn lat(&self, row: f64) -> f64 {
        lat(row / self.scale + self.north)
    }

    /// Returns west, south, east and north in degrees.
    pub fn bbox(&self) -> [f64; 4] {
        let (width, height) = (self.width as f64, self.height as f64);
        [self.lon(0.0), self.lat(height), self.lon(width), self.lat(0.0)]
    }

    /// Returns the size of a pixel in the middle of the window, in metres.
    pub fn metres_per_pixel(&self) -> f64 {
        EQUATOR * self.lat(self.height as f64 / 2.0).to_radians().cos() / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_contains_its_box_and_the_margin() {
        let view = View::around([-17.6, 14.6, -17.3, 14.8], 960, 600, 0.08);
        let [left, top] = view.pixel([-17.6, 14.8]);
        let [right, bottom] = view.pixel([-17.3, 14.6]);
        assert!((top - 48.0).abs() < 1e-6 && (bottom - 552.0).abs() < 1e-6, "{top} {bottom}");
        assert!((left + right - 960.0).abs() < 1e-6 && left > 76.0);
        assert!((view.lon(left) + 17.6).abs() < 1e-9 && (view.lat(top) - 14.8).abs() < 1e-9);
        // A degree of longitude at 14.7° N is 107.7 km.
        let metres = view.metres_per_pixel() * (right - left) / 0.3;
        assert!((metres - 107_680.0).abs() < 100.0, "{metres}");
    }
}
