//! Grid of cells for the generated archive.

use super::sensor::Sensor;
use super::shape::Bbox;

/// Kilometres in a degree of latitude.
pub(super) const DEGREE: f64 = 111.32;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub row: u32,
    pub column: u32,
    pub lon: f64,
    pub lat: f64,
    /// Width in degrees of longitude.
    pub width: f64,
}

fn columns_in(sensor: &Sensor, row: u32) -> u32 {
    let lat = -90.0 + (f64::from(row) + 0.5) * sensor.cell;
    (360.0 * lat.to_radians().cos() / sensor.cell).round().max(1.0) as u32
}

pub(super) fn cell_at(sensor: &Sensor, row: u32, column: u32) -> Option<Cell> {
    let columns = columns_in(sensor, row);
    let width = 360.0 / f64::from(columns);
    let lat = -90.0 + (f64::from(row) + 0.5) * sensor.cell;
    let inside = column < columns && lat < 90.0;
    inside.then(|| Cell { row, column, lon: -180.0 + (f64::from(column) + 0.5) * width, lat, width })
}

/// Returns the cells whose scenes may overlap the box.
pub(super) fn cells_around(sensor: &'static Sensor, bbox: Bbox) -> impl Iterator<Item = Cell> + Clone {
    // The swath of a rolled satellite is up to a third wider.
    let reach = sensor.cell + (sensor.swath * 1.34).hypot(sensor.length.1) / 2.0 / DEGREE;
    let [west, south, east, north] = bbox;
    let row = |lat: f64| ((lat + 90.0).clamp(0.0, 179.999) / sensor.cell) as u32;
    (row(south - reach)..=row(north + reach)).flat_map(move |row| {
        let columns = columns_in(sensor, row);
        let lat = -90.0 + (f64::from(row) + 0.5) * sensor.cell;
        let reach = reach / lat.to_radians().cos().max(0.05);
        let width = 360.0 / f64::from(columns);
        let column = move |lon: f64| (((lon + 180.0).clamp(0.0, 359.999) / width) as u32).min(columns - 1);
        (column(west - reach)..=column(east + reach)).filter_map(move |column| cell_at(sensor, row, column))
    })
}
