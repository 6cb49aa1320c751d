//! Footprints as the answers about areas need them.

use geo::{BoundingRect, CoordsIter, MultiPolygon};

use super::Scene;
use up42_core::geo::{ground, polygons};

impl Scene {
    /// The polygons of the footprint on Earth, within -180 to 180; `None` where there is
    /// no footprint, or none that can enclose anything.
    pub(super) fn ground(&self) -> Option<MultiPolygon> {
        let shape = polygons(self.footprint.as_ref()?)?;
        let is_place = |x: f64, y: f64| x.is_finite() && x.abs() <= 540.0 && y.abs() <= 90.0;
        let is_on_earth = shape.coords_iter().all(|point| is_place(point.x, point.y));
        let shape = is_on_earth.then(|| ground(&shape))?;
        // Not its area: that of a ring that crosses itself may be nothing.
        let around = shape.bounding_rect()?;
        (around.width() > 0.0 && around.height() > 0.0).then_some(shape)
    }

    /// Whether both are the same scene of the same collection.
    pub(super) fn is_same(&self, other: &Scene) -> bool {
        (&self.id, &self.collection) == (&other.id, &other.collection)
    }
}
