//! Conversion between GeoJSON (RFC 7946) and geometries of the `geo` crate.

use geo::CoordsIter;
use geo::Geometry;
use geojson::{GeometryValue, Position};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// Largest longitude of a footprint: some continue across 180°.
const FARTHEST: f64 = 540.0;

/// Converts a GeoJSON geometry object. The catalog parses geometries of its own from text.
pub fn geometry_from_json(json: &Value) -> Result<Geometry> {
    let parsed: geojson::Geometry =
        serde_json::from_value(json.clone()).map_err(|error| Error::foreign(ErrorKind::Response, error))?;
    let shape = to_shape(parsed)?;
    let is_far = |lon: f64, lat: f64| !(lon.abs() <= FARTHEST && lat.abs() <= 90.0);
    let far = shape.coords_iter().find(|at| is_far(at.x, at.y));
    match far {
        Some(at) => Err(Error::response(format!("position {}, {} is not on Earth", at.x, at.y))),
        None => Ok(shape),
    }
}

/// Converts a parsed geometry. The conversion panics at a position that is too short, so positions
/// are checked first.
pub fn to_shape(geometry: geojson::Geometry) -> Result<Geometry> {
    check(&geometry.value)?;
    Geometry::try_from(geometry).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
}

fn check(value: &GeometryValue) -> Result<()> {
    match value {
        GeometryValue::Point { coordinates } => check_all([coordinates]),
        GeometryValue::MultiPoint { coordinates } | GeometryValue::LineString { coordinates } => {
            check_all(coordinates)
        }
        GeometryValue::MultiLineString { coordinates } | GeometryValue::Polygon { coordinates } => {
            check_all(coordinates.iter().flatten())
        }
        GeometryValue::MultiPolygon { coordinates } => check_all(coordinates.iter().flatten().flatten()),
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().try_for_each(|geometry| check(&geometry.value))
        }
    }
}

fn check_all<'a>(positions: impl IntoIterator<Item = &'a Position>) -> Result<()> {
    match positions.into_iter().find(|position| position.len() < 2) {
        Some(position) => {
            let message = format!("position {:?} needs a longitude and a latitude", position.as_slice());
            Err(Error::invalid(message))
        }
        None => Ok(()),
    }
}

/// Returns a geometry as a GeoJSON geometry object.
pub fn geometry_to_json(shape: &Geometry) -> Value {
    let geometry = geojson::Geometry::new(GeometryValue::from(shape));
    serde_json::to_value(geometry).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_position_that_is_too_short_is_an_error() {
        let message = |json| geometry_from_json(&json).unwrap_err().to_string();
        let polygon = json!({"type": "Polygon", "coordinates": [[[0], [1], [2], [0]]]});
        assert_eq!(message(polygon.clone()), "position [0.0] needs a longitude and a latitude");
        message(json!({"type": "MultiPoint", "coordinates": [[]]}));
        message(json!({"type": "GeometryCollection", "geometries": [polygon]}));
        assert_eq!(
            message(json!({"type": "Point", "coordinates": [1e200, 0]})),
            format!("position {}, 0 is not on Earth", 1e200)
        );
    }
}
