//! Common result of all readers, and its conversion to features: reproject, check, split at the
//! antimeridian.

use geo::{CoordsIter, Geometry, MultiPolygon, Polygon};
use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::geo::coverage::polygons;
use crate::geo::crs::Crs;
use crate::geo::feature::{AoiFeature, read_shape};
use crate::json::text_or_number;
use crate::limits::ReadBudget;

/// Features with one coordinate system: a file, or a layer of it.
pub struct Layer {
    pub name: Option<String>,
    pub crs: Crs,
    pub features: Vec<Feature>,
}

/// Feature of a file. An unreadable geometry is returned as the file's error later, when the error
/// can name the feature.
pub struct Feature {
    pub name: Option<String>,
    pub shape: Result<Option<MultiPolygon>>,
}

/// Features read so far, within a budget.
pub struct Features<'a> {
    pub found: Vec<Feature>,
    pub budget: &'a ReadBudget,
}

impl<'a> Features<'a> {
    pub fn new(budget: &'a ReadBudget) -> Self {
        Self { found: Vec::new(), budget }
    }

    /// Adds a feature. Parts of its geometry without area may be large, and are dropped at once.
    pub fn push(&mut self, name: Option<String>, shape: Result<Option<Geometry>>) -> Result<()> {
        let shape = shape.map(|shape| shape.as_ref().and_then(polygons).map(without_empty));
        self.budget.take_count(1, "features")?;
        self.budget.take_bytes(name.as_ref().map_or(0, String::len) as u64)?;
        if let Ok(Some(shape)) = &shape {
            self.budget.take_positions(shape.coords_count())?;
        }
        self.found.push(Feature { name, shape });
        Ok(())
    }
}

/// Returns a geometry without its empty rings, and with only one polygon if all are empty: they
/// take memory but have no positions that count.
fn without_empty(shape: MultiPolygon) -> MultiPolygon {
    let is_empty = |part: &Polygon| part.exterior().0.is_empty();
    let keeps_one = shape.0.iter().all(is_empty);
    let parts = shape.0.into_iter().filter(|part| keeps_one || !is_empty(part));
    let parts = parts.take(if keeps_one { 1 } else { usize::MAX }).map(|part| {
        let (exterior, interiors) = part.into_inner();
        Polygon::new(exterior, interiors.into_iter().filter(|ring| !ring.0.is_empty()).collect())
    });
    MultiPolygon(parts.collect())
}

/// Returns the polygons of a geometry without empty ones, which tables use for a missing geometry;
/// `None` if there are no others.
pub fn with_area(shape: Geometry) -> Option<Geometry> {
    let mut shape = polygons(&shape)?;
    shape.0.retain(|part| !part.exterior().0.is_empty());
    (!shape.0.is_empty()).then(|| shape.into())
}

/// Returns the features that have an area, in WGS 84.
pub fn features(layers: Vec<Layer>, budget: &ReadBudget) -> Result<Vec<AoiFeature>> {
    let count: usize = layers.iter().map(|layer| layer.features.len()).sum();
    if count == 0 {
        return Err(Error::invalid("there is no feature: an AOI needs at least one polygon"));
    }
    let is_one_layer = layers.len() == 1;
    let mut found = Vec::new();
    for layer in layers {
        let named = layer.name.filter(|_| !is_one_layer);
        let mut transformation = None;
        for (index, feature) in layer.features.into_iter().enumerate() {
            let context = || {
                let feature = match &feature.name {
                    None if count == 1 => "geometry".to_owned(),
                    Some(name) => format!("feature {index} (`{name}`)"),
                    None => format!("feature {index}"),
                };
                named.iter().map(|layer| format!("layer `{layer}`: ")).collect::<String>() + &feature
            };
            let Some(shape) = feature.shape.with_context(context)? else { continue };
            // Not before: layers of points may be in any coordinate system.
            if transformation.is_none() {
                transformation = Some(layer.crs.to_wgs84()?);
            }
            let shape = match transformation.as_ref().and_then(Option::as_ref) {
                Some(transformation) => transformation.reproject(&shape, budget).with_context(context)?,
                None => shape,
            };
            found.extend(read_shape(feature.name.clone(), &shape.into(), budget).with_context(context)?);
        }
    }
    match found.is_empty() {
        true => Err(no_polygon()),
        false => Ok(found),
    }
}

/// Returns the error for a source without a polygon.
pub fn no_polygon() -> Error {
    Error::invalid("there is no polygon: an AOI needs a Polygon or a MultiPolygon")
}

/// Properties with the name of a feature, the best first.
const NAMES: [&str; 3] = ["name", "title", "id"];

/// Returns the property that names the features, ignoring case: Shapefiles use upper case.
pub fn name_column<'a>(columns: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let columns: Vec<_> = columns.into_iter().collect();
    NAMES.iter().find_map(|name| columns.iter().copied().find(|column| column.eq_ignore_ascii_case(name)))
}

/// Returns a feature's name from its properties.
pub fn name_of<'a>(properties: impl Iterator<Item = (&'a String, &'a Value)> + Clone) -> Option<String> {
    NAMES.iter().find_map(|name| {
        let mut named = properties.clone().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.find_map(|(_, value)| text_or_number(value))
    })
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn rings_without_positions_are_removed() {
        let none = || geo::LineString(Vec::new());
        let square = wkt!(POLYGON((0.0 0.0, 1.0 0.0, 1.0 1.0, 0.0 0.0)));
        let empty = Polygon::new(none(), Vec::new());
        let holed = Polygon::new(square.exterior().clone(), vec![none(); 3]);
        let kept = without_empty(MultiPolygon(vec![empty.clone(), holed, empty.clone()]));
        assert_eq!(kept, MultiPolygon(vec![square]));
        assert_eq!(without_empty(MultiPolygon(vec![empty.clone(); 3])), MultiPolygon(vec![empty]));
    }

    #[test]
    fn parts_without_an_area_are_removed() {
        assert!(with_area(wkt!(LINESTRING(0.0 0.0, 1.0 1.0)).into()).is_none());
        let empty = geo::Polygon::new(geo::LineString(Vec::new()), Vec::new());
        assert!(with_area(empty.clone().into()).is_none());
        let square = wkt!(POLYGON((0.0 0.0, 1.0 0.0, 1.0 1.0, 0.0 0.0)));
        let many = geo::MultiPolygon(vec![empty, square.clone()]);
        assert_eq!(with_area(many.into()), Some(geo::MultiPolygon(vec![square]).into()));
    }
}
