use std::fmt;

use geo::{Geometry, MultiPolygon};
use jiff::Timestamp;

use super::placement::Placement;
use up42_core::sanitize::sanitize;

/// Scene or raster on a [`Map`](super::Map): footprint, properties and picture.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
/// use up42::geo_types::polygon;
/// use up42::view::{Layer, Map};
///
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("flight-7.png");
/// # Map::new("any picture will do").save_image(&file)?;
/// let flight = Layer::new("flight-7")
///     .title("Drone, flight 7")
///     .collection("flights")
///     .acquired("2024-05-01T10:00:00Z".parse::<up42::jiff::Timestamp>()?)
///     .cloud_cover(3.0)
///     .footprint(polygon![(x: -17.50, y: 14.72), (x: -17.45, y: 14.73), (x: -17.44, y: 14.69), (x: -17.49, y: 14.68)])
///     .picture(std::fs::read(file)?)
///     .property("Height", "120 m");
/// let html = Map::new("Flights").layer(flight).to_html();
/// assert!(html.contains("Flights"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Layer {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) collection: String,
    pub(super) constellation: Option<String>,
    pub(super) acquired: Option<Timestamp>,
    pub(super) cloud_cover: Option<f64>,
    pub(super) footprint: Option<Geometry>,
    pub(super) part: Option<MultiPolygon>,
    pub(super) picture: Option<Vec<u8>>,
    pub(super) placement: Placement,
    pub(super) properties: Vec<(String, String)>,
}

impl Layer {
    /// Makes a layer with an id only. The id can be copied from the map into the next cell.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Sets the title. Default: the id.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the collection or kind, by which the map groups its layers.
    pub fn collection(mut self, collection: impl Into<String>) -> Self {
        self.collection = collection.into();
        self
    }

    /// Sets the satellite constellation, such as `PHR`.
    pub fn constellation(mut self, constellation: impl Into<String>) -> Self {
        self.constellation = Some(constellation.into());
        self
    }

    /// Sets the acquisition time in UTC; `None` if it is unknown.
    pub fn acquired(mut self, acquired: impl Into<Option<Timestamp>>) -> Self {
        self.acquired = acquired.into();
        self
    }

    /// Sets the cloud cover of the whole scene in % (0 to 100); `None` if it is unknown. NaN and
    /// infinity count as unknown.
    pub fn cloud_cover(mut self, percent: impl Into<Option<f64>>) -> Self {
        self.cloud_cover = percent.into().filter(|percent| percent.is_finite());
        self
    }

    /// Sets the footprint: a polygon, several polygons or a rectangle, in WGS 84, longitude before
    /// latitude. A layer without a footprint is not drawn; a note on the map says so.
    pub fn footprint(mut self, footprint: impl Into<Geometry>) -> Self {
        self.footprint = Some(footprint.into());
        self
    }

    /// Sets the picture: the bytes of a JPEG or a PNG. A note on the map says if it cannot be
    /// decoded.
    pub fn picture(mut self, picture: impl Into<Vec<u8>>) -> Self {
        self.picture = Some(picture.into());
        self
    }

    /// Sets how the picture is georeferenced. Default: [`Placement::Auto`].
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Adds a property that is shown when the scene is clicked.
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Restricts the layer to a part of the footprint.
    #[doc(hidden)]
    pub fn part(mut self, part: MultiPolygon) -> Self {
        self.part = Some(part);
        self
    }

    pub(super) fn title_or_id(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.id)
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let picture = self.picture.as_ref().map_or(0, Vec::len);
        let id = sanitize(&self.id, 80);
        write!(f, "Layer {id} ({picture} bytes of picture, {:?})", self.placement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_output_is_one_sanitized_line() {
        let debug = format!("{:?}", Layer::new("a\nEVCXR_END_CONTENT https://h/a?sig=hunter2"));
        assert_eq!(debug, "Layer a EVCXR\u{200d}_END_CONTENT https://h/a?… (0 bytes of picture, Auto)");
    }

    #[test]
    fn an_invalid_cloud_cover_is_none() {
        assert_eq!(Layer::new("a").cloud_cover(f64::NAN).cloud_cover, None);
        assert_eq!(Layer::new("a").cloud_cover(7.0).cloud_cover, Some(7.0));
    }
}
