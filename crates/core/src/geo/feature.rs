use std::fmt;

use geo::{Area, Coord, CoordsIter, MapCoords};
use geo_types::{Geometry, MultiPolygon};

use super::antimeridian::{cut_edges, split};
use super::bbox::check_position;
use super::coverage::{area_km2, polygons};
use super::validity::repaired;
use crate::error::{Error, Result};
use crate::limits::ReadBudget;
use crate::sanitize::sanitize;

/// Feature of an `Aoi`.
#[derive(Clone, PartialEq)]
pub struct AoiFeature {
    /// Name by the property `name`, `title` or `id`, or the feature's own id.
    pub name: Option<String>,
    /// Polygons of the feature.
    pub geometry: MultiPolygon,
    /// Note on the reading of the feature: its polygons were repaired.
    pub note: Option<String>,
}

/// Note on a feature whose polygons were not valid.
const REPAIRED: &str = "its edges crossed or touched each other: repaired, as `ST_MakeValid` does";

impl AoiFeature {
    /// Creates a feature without a note.
    #[doc(hidden)]
    pub fn new(name: Option<String>, geometry: MultiPolygon) -> Self {
        Self { name, geometry, note: None }
    }
}

/// Returns the polygons of a geometry as a feature, repaired if they are not valid; `None` if there
/// are none.
pub fn read_shape(name: Option<String>, shape: &Geometry, budget: &ReadBudget) -> Result<Option<AoiFeature>> {
    let shape = shape.map_coords(|at| Coord { x: within(at.x, 180.0), y: within(at.y, 90.0) });
    for position in shape.coords_iter() {
        check_position(position.x, position.y)?;
    }
    let Some(shape) = polygons(&shape).filter(|shape| !shape.0.is_empty()) else { return Ok(None) };
    let repaired = repaired(&shape, budget)?;
    let note = repaired.as_ref().map(|_| REPAIRED.to_owned());
    let geometry = cut_edges(&split(repaired.as_ref().unwrap_or(&shape)));
    match geometry.unsigned_area() > 0.0 {
        true => Ok(Some(AoiFeature { name, geometry, note })),
        false => Err(no_area()),
    }
}

/// Moves a coordinate to a limit that it exceeds by less than a millimetre, as after calculations.
fn within(degrees: f64, limit: f64) -> f64 {
    if degrees.abs() > limit && degrees.abs() < limit + 1e-8 { limit.copysign(degrees) } else { degrees }
}

/// Returns the error for a geometry without area.
pub fn no_area() -> Error {
    Error::invalid("the polygons enclose no area")
}

impl fmt::Debug for AoiFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = sanitize(self.name.as_deref().unwrap_or("feature"), 200);
        write!(f, "{name}: {:.1} km²", area_km2(&self.geometry))
    }
}
