use std::fmt;

use geo::{Geometry, MultiPolygon};
use jiff::Timestamp;

use super::placement::Placement;

/// One scene or raster on a map.
#[derive(Clone, Default)]
pub(crate) struct Layer {
    /// The way back: what a later cell selects by.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) title: String,
    /// The collection or kind that it belongs to.
    pub(crate) group: String,
    /// Absent where the catalog does not know it.
    pub(crate) datetime: Option<Timestamp>,
    /// In % (0 to 100).
    pub(crate) cloud_cover: Option<f64>,
    /// WGS 84, longitude before latitude.
    pub(crate) footprint: Option<Geometry>,
    /// What is shown of it, where that is not all of the footprint.
    pub(crate) part: Option<MultiPolygon>,
    /// JPEG or PNG, as it was downloaded.
    pub(crate) image: Option<Vec<u8>>,
    pub(crate) placement: Placement,
    /// Shown when the scene is clicked, in this order.
    pub(crate) properties: Vec<(String, String)>,
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let image = self.image.as_ref().map_or(0, Vec::len);
        write!(f, "Layer {} ({} bytes of picture, {:?})", self.id, image, self.placement)
    }
}
