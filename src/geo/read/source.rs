//! What every format is read into, and the one way from there to features: reproject,
//! check, split at the antimeridian.

use geo::{CoordsIter, Geometry};
use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::geo::coverage::polygons;
use crate::geo::crs::Crs;
use crate::geo::feature::{AoiFeature, read_shape};

/// The most features of a file: each may become a search or a job.
pub(super) const MOST_FEATURES: usize = 100_000;

/// The most positions of a file. Uniting as many takes seconds and some hundred MB.
const MOST_POSITIONS: usize = 1_000_000;

/// Features with one coordinate system: a file, or a layer of it.
pub(super) struct Layer {
    pub(super) name: Option<String>,
    pub(super) crs: Crs,
    pub(super) features: Vec<Feature>,
}

/// One feature as the file has it. A shape that cannot be read fails the file once its
/// feature can be named.
pub(super) struct Feature {
    pub(super) name: Option<String>,
    pub(super) shape: Result<Option<Geometry>>,
}

/// What has an area of a shape. The rest may be large, and is let go at once.
pub(super) fn with_area(shape: Geometry) -> Option<Geometry> {
    let mut shape = polygons(&shape)?;
    shape.0.retain(|part| !part.exterior().0.is_empty());
    (!shape.0.is_empty()).then(|| shape.into())
}

/// The features that have an area, in WGS 84.
pub(super) fn features(layers: Vec<Layer>) -> Result<Vec<AoiFeature>> {
    let count: usize = layers.iter().map(|layer| layer.features.len()).sum();
    match count {
        0 => return Err(Error::invalid("there is no feature: an AOI needs at least one polygon")),
        _ if count > MOST_FEATURES => return Err(too_many(count, "features", MOST_FEATURES)),
        _ => {}
    }
    let is_one_layer = layers.len() == 1;
    let mut found = Vec::new();
    let mut positions = 0;
    for layer in layers {
        let named = layer.name.filter(|_| !is_one_layer);
        let mut transformation = None;
        for (index, feature) in layer.features.into_iter().enumerate() {
            let told = || {
                let feature = match &feature.name {
                    None if count == 1 => "geometry".to_owned(),
                    Some(name) => format!("feature {index} (`{name}`)"),
                    None => format!("feature {index}"),
                };
                named.iter().map(|layer| format!("layer `{layer}`: ")).collect::<String>() + &feature
            };
            let Some(shape) = feature.shape.with_context(told)?.as_ref().and_then(polygons) else { continue };
            // Layers of points may be in any coordinate system.
            if transformation.is_none() {
                transformation = Some(layer.crs.to_wgs84()?);
            }
            let shape = match transformation.as_ref().and_then(Option::as_ref) {
                Some(transformation) => transformation.reproject(&shape).with_context(told)?,
                None => shape,
            };
            positions += shape.coords_count();
            if positions > MOST_POSITIONS {
                return Err(too_many(positions, "positions", MOST_POSITIONS));
            }
            found.extend(read_shape(feature.name.clone(), &shape.into()).with_context(told)?);
        }
    }
    match found.is_empty() {
        true => Err(no_polygon()),
        false => Ok(found),
    }
}

pub(in crate::geo) fn no_polygon() -> Error {
    Error::invalid("there is no polygon: an AOI needs a Polygon or a MultiPolygon")
}

fn too_many(count: usize, what: &str, most: usize) -> Error {
    Error::invalid(format!("{count} {what} are more than {most}: simplify the file or cut it into parts"))
}

/// The properties that a feature is called by, the best first.
const NAMES: [&str; 3] = ["name", "title", "id"];

/// The property that names the features, whatever its case: Shapefiles have capitals.
pub(super) fn name_column<'a>(columns: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let columns: Vec<_> = columns.into_iter().collect();
    NAMES.iter().find_map(|name| columns.iter().copied().find(|column| column.eq_ignore_ascii_case(name)))
}

/// A feature's name from its properties.
pub(super) fn name_of<'a>(
    properties: impl Iterator<Item = (&'a String, &'a Value)> + Clone,
) -> Option<String> {
    NAMES.iter().find_map(|name| {
        properties.clone().filter(|(key, _)| key.eq_ignore_ascii_case(name)).find_map(
            |(_, value)| match value {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn of_a_shape_only_what_has_an_area_is_kept() {
        assert!(with_area(wkt!(LINESTRING(0.0 0.0, 1.0 1.0)).into()).is_none());
        let empty = geo::Polygon::new(geo::LineString(Vec::new()), Vec::new());
        assert!(with_area(empty.clone().into()).is_none());
        let square = wkt!(POLYGON((0.0 0.0, 1.0 0.0, 1.0 1.0, 0.0 0.0)));
        let many = geo::MultiPolygon(vec![empty, square.clone()]);
        assert_eq!(with_area(many.into()), Some(geo::MultiPolygon(vec![square]).into()));
    }
}
