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
use up42_core::geo::feature::{AoiFeature, no_area};
use up42_core::geo::union::{united, without_overlaps};
use up42_core::geo::unrolled;
use up42_core::geo::{Bbox, geometry_to_json, pieces};
use up42_core::sanitize::sanitize;

/// Features whose notes are told one by one.
const MOST_NOTES: usize = 3;

/// An area of interest: one or more polygons, WGS 84, longitude before latitude.
///
/// Several features stay apart for [`iter`](Self::iter) (a job for each airport)
/// and are united for a search; [`split`](Self::split) makes features of an area that
/// is too large. An area across the antimeridian is kept in two parts
/// (RFC 7946, 3.1.9).
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
    /// The same area in features of at most so many km², for a project that allows no
    /// larger ones: as few as that needs, all of the same area, without overlaps.
    ///
    /// A piece is cut across its longer side where its parts' areas are as the numbers
    /// of pieces that they will become, and so on with each part. So there are no
    /// slivers as a grid leaves them, and each piece costs about the same. A piece of a
    /// shape with gaps may have several parts. Pieces are called `Dakar 1`, `Dakar 2`, …
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the limit is not
    /// positive, or when it takes more than 10,000 pieces.
    pub fn split(&self, max_km2: f64) -> Result<Self> {
        let name = self.name.as_deref().unwrap_or("piece");
        let numbered = |(index, geometry)| AoiFeature::new(Some(format!("{name} {}", index + 1)), geometry);
        let features = pieces::cut(&self.united, max_km2).with_context(|| format!("split `{name}`"))?;
        // Their union is known: uniting them again would only move its corners.
        Ok(Self { features: features.into_iter().enumerate().map(numbered).collect(), ..self.clone() })
    }

    /// All of the Earth.
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

    /// The same area under a name, as maps and tables show it.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The name given, or the file's or the collection's.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// A remark on how the area was read: which features had to be repaired, and why. Shown
    /// with the area.
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
        let noted = |(at, feature): (usize, &AoiFeature)| {
            let name = feature.name.as_ref().map(|name| format!(" (`{}`)", sanitize(name, 40)));
            Some(format!("feature {at}{}: {}", name.unwrap_or_default(), feature.note.as_ref()?))
        };
        let mut notes: Vec<String> = self.features.iter().enumerate().filter_map(noted).collect();
        let more = notes.len().saturating_sub(MOST_NOTES);
        notes.truncate(MOST_NOTES);
        notes.extend((more > 0).then(|| format!("{more} more")));
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// The features, one by one.
    pub fn features(&self) -> &[AoiFeature] {
        &self.features
    }

    /// Each feature as an area of its own. One without a name, and the only one, has the
    /// area's.
    pub fn iter(&self) -> impl Iterator<Item = Aoi> + '_ {
        let only = self.name.as_ref().filter(|_| self.features.len() == 1);
        self.features.iter().filter_map(move |feature| {
            let aoi = Self::from_features(vec![feature.clone()]).ok()?;
            Some(Self { name: feature.name.as_ref().or(only).cloned(), ..aoi })
        })
    }

    /// All features united.
    pub fn geometry(&self) -> &MultiPolygon {
        &self.united
    }

    /// The box around the area; its west is east of its east where it lies across the
    /// antimeridian.
    pub fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// The middle of the area as longitude and latitude, in the plane that these two
    /// make, as GIS programs have it. It may lie outside of an area that is bent.
    pub fn centroid(&self) -> [f64; 2] {
        let middle = unrolled(&self.united, None).centroid().map_or([0.0; 2], |point| [point.x(), point.y()]);
        let [lon, lat] = middle;
        [lon - ((lon + 180.0) / 360.0).floor() * 360.0, lat]
    }

    /// Area in km² on the WGS 84 ellipsoid; overlaps count once. Edges are straight in
    /// longitude and latitude, as GeoJSON has them.
    pub fn area_km2(&self) -> f64 {
        area_km2(&self.united)
    }

    /// The united area as a GeoJSON geometry: a Polygon where one is enough.
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
