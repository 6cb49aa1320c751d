//! Footprints as polygons, for the analyses of an area.

use geo::{BoundingRect, CoordsIter, MultiPolygon};

use super::Scene;
use up42_core::geo::{ground, polygons};

impl Scene {
    /// Returns the polygons of the footprint, with longitudes within -180 to 180; `None` if there
    /// is no footprint, or none that can enclose an area.
    pub(super) fn footprint_polygons(&self) -> Option<MultiPolygon> {
        let shape = polygons(self.footprint.as_ref()?)?;
        let is_place = |x: f64, y: f64| x.is_finite() && x.abs() <= 540.0 && y.abs() <= 90.0;
        let is_on_earth = shape.coords_iter().all(|point| is_place(point.x, point.y));
        let shape = is_on_earth.then(|| ground(&shape))?;
        // The bounding box, not the area: that of a ring that crosses itself may be 0.
        let around = shape.bounding_rect()?;
        (around.width() > 0.0 && around.height() > 0.0).then_some(shape)
    }

    /// Returns whether both are the same scene of the same collection.
    pub(super) fn is_same(&self, other: &Scene) -> bool {
        (&self.id, &self.collection) == (&other.id, &other.collection)
    }
}
