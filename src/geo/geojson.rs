//! GeoJSON (RFC 7946) to and from the shapes of the `geo` crate.

use geo::Geometry;
use geojson::GeometryValue;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// A GeoJSON geometry object as a shape.
pub(crate) fn geometry_from_json(json: &Value) -> Result<Geometry> {
    let parsed: geojson::Geometry =
        serde_json::from_value(json.clone()).map_err(|error| Error::foreign(ErrorKind::Response, error))?;
    Geometry::try_from(parsed).map_err(|error| Error::foreign(ErrorKind::Response, error))
}

/// A shape as a GeoJSON geometry object.
pub(crate) fn geometry_to_json(shape: &Geometry) -> Value {
    let geometry = geojson::Geometry::new(GeometryValue::from(shape));
    serde_json::to_value(geometry).unwrap_or(Value::Null)
}
