use std::fmt;

use geo::{Area, Coord, CoordsIter, MapCoords};
use geo_types::{Geometry, MultiPolygon};

use super::antimeridian::{cut_edges, split};
use super::bbox::check_position;
use super::coverage::{area_km2, polygons};
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

/// The polygons of a shape as a feature; `None` where it has none.
pub(super) fn read_shape(name: Option<String>, shape: &Geometry) -> Result<Option<AoiFeature>> {
    let shape = shape.map_coords(|at| Coord { x: within(at.x, 180.0), y: within(at.y, 90.0) });
    for position in shape.coords_iter() {
        check_position(position.x, position.y)?;
    }
    let Some(shape) = polygons(&shape).filter(|shape| !shape.0.is_empty()) else { return Ok(None) };
    let geometry = cut_edges(&split(&shape));
    match geometry.unsigned_area() > 0.0 {
        true => Ok(Some(AoiFeature { name, geometry })),
        false => Err(no_area()),
    }
}

/// What is beyond a limit by less than a millimetre, as calculations leave it, is on it.
fn within(degrees: f64, limit: f64) -> f64 {
    if degrees.abs() > limit && degrees.abs() < limit + 1e-8 { limit.copysign(degrees) } else { degrees }
}

pub(super) fn no_area() -> Error {
    Error::invalid("the polygons enclose no area")
}

impl fmt::Debug for AoiFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = plain(self.name.as_deref().unwrap_or("feature"), 200);
        write!(f, "{name}: {:.1} km²", area_km2(&self.geometry))
    }
}
