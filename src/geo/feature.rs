use std::fmt;

use geo::{Area, CoordsIter};
use geo_types::{Geometry, MultiPolygon};
use geojson::Feature;
use serde_json::Value;

use super::antimeridian::{cut_edges, split};
use super::bbox::check_position;
use super::coverage::{area_km2, polygons};
use super::geojson::to_shape;
use crate::error::{Error, Result};
use crate::plain::plain;

/// One feature of an [`Aoi`](super::Aoi).
#[derive(Clone, PartialEq)]
pub struct AoiFeature {
    /// From the property `name`, `title` or `id`, or the feature's own id.
    pub name: Option<String>,
    /// The feature's polygons.
    pub geometry: MultiPolygon,
}

/// Reads a feature's polygons; `None` where it has none.
pub(super) fn read_feature(feature: Feature) -> Result<Option<AoiFeature>> {
    let name = feature_name(&feature);
    let Some(geometry) = feature.geometry else { return Ok(None) };
    read_shape(name, &to_shape(geometry)?)
}

/// The polygons of a shape as a feature; `None` where it has none.
pub(super) fn read_shape(name: Option<String>, shape: &Geometry) -> Result<Option<AoiFeature>> {
    for position in shape.coords_iter() {
        check_position(position.x, position.y)?;
    }
    let Some(shape) = polygons(shape).filter(|shape| !shape.0.is_empty()) else { return Ok(None) };
    let geometry = cut_edges(&split(&shape));
    match geometry.unsigned_area() > 0.0 {
        true => Ok(Some(AoiFeature { name, geometry })),
        false => Err(no_area()),
    }
}

pub(super) fn no_area() -> Error {
    Error::invalid("the polygons enclose no area")
}

pub(super) fn feature_name(feature: &Feature) -> Option<String> {
    let property = |key| feature.property(key).and_then(Value::as_str).map(str::to_owned);
    property("name").or_else(|| property("title")).or_else(|| property("id")).or_else(|| {
        match feature.id.as_ref()? {
            geojson::feature::Id::String(id) => Some(id.clone()),
            geojson::feature::Id::Number(id) => Some(id.to_string()),
        }
    })
}

impl fmt::Debug for AoiFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = plain(self.name.as_deref().unwrap_or("feature"), 200);
        write!(f, "{name}: {:.1} km²", area_km2(&self.geometry))
    }
}
