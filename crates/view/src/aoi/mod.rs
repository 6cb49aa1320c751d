mod example;
mod from;
#[cfg(test)]
mod tests;
mod view;

use std::fmt;

use geo::Centroid;
use geo_types::{Geometry, MultiPolygon};
use serde_json::Value;

use up42_core::error::{Context, Result};
use up42_core::geo::area_km2;
use up42_core::geo::continuous_near;
use up42_core::geo::feature::{AoiFeature, no_area};
use up42_core::geo::union::{united, without_overlaps};
use up42_core::geo::{Bbox, geometry_to_json, pieces};
use up42_core::sanitize::sanitize;

/// Largest number of feature notes in [`Aoi::note`].
const MOST_NOTES: usize = 3;

/// Area of interest: one or more polygons in WGS 84, longitude before latitude.
///
/// The features remain separate, for example to run one job per airport ([`iter`](Self::iter)); a
/// search uses their union ([`geometry`](Self::geometry)). [`split`](Self::split) divides an area
/// that is too large into several features. An area that crosses the antimeridian is stored in two
/// parts (RFC 7946, 3.1.9).
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; }
/// # use up42::Aoi;
/// let dakar = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?.named("Dakar");
/// assert!((dakar.area_km2() - 157.3).abs() < 0.5);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Aoi {
    name: Option<String>,
    features: Vec<AoiFeature>,
    united: MultiPolygon,
    bbox: Bbox,
}

impl Aoi {
    /// Splits the area into features of at most `max_km2` km², for a project that limits the area
    /// of a job. Returns the smallest number of pieces, all of the same area and without overlaps.
    ///
    /// The area is cut across its longer side, so that the areas of the two parts are proportional
    /// to the numbers of pieces that they will be divided into; each part is then cut in the same
    /// way. Unlike a grid, this leaves no slivers, and all pieces cost about the same. A piece of
    /// an area with gaps may consist of several polygons. The pieces are named `Dakar 1`, `Dakar 2`
    /// and so on.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; }
    /// # use up42::Aoi;
    /// let dakar = Aoi::example("Dakar")?;
    /// let pieces = dakar.split(50.0)?;
    /// assert_eq!(pieces.features().len(), 4);
    /// assert!(pieces.iter().all(|piece| piece.area_km2() <= 50.0));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if `max_km2` is not positive, or
    /// if more than 10,000 pieces are needed.
    pub fn split(&self, max_km2: f64) -> Result<Self> {
        let name = self.name.as_deref().unwrap_or("piece");
        let numbered = |(index, geometry)| AoiFeature::new(Some(format!("{name} {}", index + 1)), geometry);
        let features = pieces::cut(&self.united, max_km2).with_context(|| format!("split `{name}`"))?;
        // The union is already known; computing it again from the pieces would move its corners.
        Ok(Self { features: features.into_iter().enumerate().map(numbered).collect(), ..self.clone() })
    }

    /// Returns an area that covers the whole Earth.
    #[doc(hidden)]
    pub fn earth() -> Self {
        let bbox = Bbox { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };
        let united = bbox.to_polygon();
        let features = vec![AoiFeature::new(None, united.clone())];
        Self { name: None, features, united, bbox }
    }

    fn from_features(features: Vec<AoiFeature>) -> Result<Self> {
        let united = match features.as_slice() {
            [one] => without_overlaps(one.geometry.clone()),
            many => united(many.iter().flat_map(|one| &one.geometry)),
        };
        let bbox = Bbox::on_earth(&united).ok_or_else(no_area)?;
        Ok(Self { name: None, features, united, bbox })
    }

    /// Sets the name that maps and tables show.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Returns the name: the one set by [`named`](Self::named), or that of the file or of its
    /// feature collection.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns a note on which features were repaired when the area was read, and why. It is shown
    /// with the area; `None` if nothing was repaired.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; }
    /// # use up42::Aoi;
    /// let aoi = Aoi::from_wkt("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")?;
    /// assert!(aoi.note().unwrap().starts_with("feature 0: its edges crossed"));
    /// assert_eq!(aoi.geometry().0.len(), 2);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn note(&self) -> Option<String> {
        let feature_note = |(at, feature): (usize, &AoiFeature)| {
            let name = feature.name.as_ref().map(|name| format!(" (`{}`)", sanitize(name, 40)));
            Some(format!("feature {at}{}: {}", name.unwrap_or_default(), feature.note.as_ref()?))
        };
        let mut notes: Vec<String> = self.features.iter().enumerate().filter_map(feature_note).collect();
        let more = notes.len().saturating_sub(MOST_NOTES);
        notes.truncate(MOST_NOTES);
        notes.extend((more > 0).then(|| format!("{more} more")));
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// Returns the features.
    pub fn features(&self) -> &[AoiFeature] {
        &self.features
    }

    /// Iterates over the features, each as a separate area. If there is only one feature and it has
    /// no name, it gets the name of the area.
    pub fn iter(&self) -> impl Iterator<Item = Aoi> + '_ {
        let only = self.name.as_ref().filter(|_| self.features.len() == 1);
        self.features.iter().filter_map(move |feature| {
            let aoi = Self::from_features(vec![feature.clone()]).ok()?;
            Some(Self { name: feature.name.as_ref().or(only).cloned(), ..aoi })
        })
    }

    /// Returns the union of all features.
    pub fn geometry(&self) -> &MultiPolygon {
        &self.united
    }

    /// Returns the bounding box. If the area crosses the antimeridian, west is greater than east.
    pub fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// Returns the centroid as longitude and latitude, computed in the plane of longitude and
    /// latitude, as GIS programs do. It may lie outside a concave area.
    pub fn centroid(&self) -> [f64; 2] {
        let middle =
            continuous_near(&self.united, None).centroid().map_or([0.0; 2], |point| [point.x(), point.y()]);
        let [lon, lat] = middle;
        [lon - ((lon + 180.0) / 360.0).floor() * 360.0, lat]
    }

    /// Returns the area in km² on the WGS 84 ellipsoid. Overlapping parts count once. Edges are
    /// straight in longitude and latitude, as in GeoJSON.
    pub fn area_km2(&self) -> f64 {
        area_km2(&self.united)
    }

    /// Returns the union of all features as a GeoJSON geometry: a Polygon if it consists of one
    /// polygon, otherwise a MultiPolygon.
    pub fn to_geojson(&self) -> Value {
        match self.united.0.as_slice() {
            [one] => geometry_to_json(&Geometry::Polygon(one.clone())),
            _ => geometry_to_json(&Geometry::MultiPolygon(self.united.clone())),
        }
    }
}

impl From<&Aoi> for Aoi {
    fn from(aoi: &Aoi) -> Self {
        aoi.clone()
    }
}

impl fmt::Debug for Aoi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = sanitize(self.name.as_deref().unwrap_or("AOI"), 200);
        let features = match self.features.len() {
            1 => String::new(),
            many => format!(", {many} features"),
        };
        let note = self.note().map(|note| format!("; {note}")).unwrap_or_default();
        write!(f, "{name}: {:.1} km²{features}, bbox {}{note}", self.area_km2(), self.bbox)
    }
}
