use std::fmt;
use std::path::Path;

use geo::BooleanOps;
use geo_types::{Geometry, MultiPolygon};
use geojson::{Feature, GeoJson};
use serde_json::Value;

use super::antimeridian::cut_edges;
use super::coverage::area_km2;
use super::feature::{AoiFeature, feature_name, no_area, read_feature, read_shape};
use super::{Bbox, geometry_to_json};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::plain::plain;

/// An area of interest: one or more polygons, WGS 84, longitude before latitude.
///
/// Several features stay apart for [`iter`](Self::iter) (a job for each airport)
/// and are united for a search. An area across the antimeridian is kept in two parts
/// (RFC 7946, 3.1.9).
///
/// ```
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
    /// Reads a GeoJSON file: a geometry, a Feature or a FeatureCollection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the file cannot be read; [`ErrorKind::InvalidInput`]
    /// as for [`from_geojson`](Self::from_geojson).
    #[doc(alias = "read_vector_file")]
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let told = || format!("read AOI `{}`", path.display());
        let text = std::fs::read_to_string(path).with_context(told)?;
        let mut aoi = Self::from_geojson(&text).with_context(told)?;
        if aoi.name.is_none() {
            aoi.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        }
        Ok(aoi)
    }

    /// Reads GeoJSON text: a geometry, a Feature or a FeatureCollection.
    /// Features without polygons (points, lines, a null geometry) are left out. A ring
    /// that jumps by more than 180° of longitude runs across the antimeridian.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when the text is not GeoJSON, when it holds no
    /// polygon, when a polygon encloses no area, or when a position is not a longitude
    /// and a latitude in degrees.
    pub fn from_geojson(text: &str) -> Result<Self> {
        // Windows editors put a byte order mark in front.
        let text = text.trim_start_matches('\u{feff}');
        let json: GeoJson = text.parse().map_err(|error: geojson::Error| {
            Error::foreign(ErrorKind::InvalidInput, error).context("not GeoJSON")
        })?;
        let (name, features) = match json {
            GeoJson::Geometry(geometry) => {
                (None, vec![Feature { geometry: Some(geometry), ..Feature::default() }])
            }
            GeoJson::Feature(feature) => (None, vec![feature]),
            GeoJson::FeatureCollection(collection) => {
                let members = collection.foreign_members.unwrap_or_default();
                check_crs(members.get("crs"))?;
                (members.get("name").and_then(Value::as_str).map(str::to_owned), collection.features)
            }
        };
        if features.is_empty() {
            return Err(Error::invalid("the feature collection is empty: it needs at least one polygon"));
        }
        let count = features.len();
        let mut found = Vec::new();
        for (index, feature) in features.into_iter().enumerate() {
            let name = feature_name(&feature);
            let told = || match (count, &name) {
                (1, _) => "geometry".to_owned(),
                (_, Some(name)) => format!("feature {index} (`{name}`)"),
                (_, None) => format!("feature {index}"),
            };
            found.extend(read_feature(feature).with_context(told)?);
        }
        if found.is_empty() {
            return Err(no_polygon());
        }
        Ok(Self { name, ..Self::from_features(found)? })
    }

    /// An area from a shape: a polygon or several, WGS 84, longitude before latitude.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] as for [`from_geojson`](Self::from_geojson).
    pub fn from_geometry(shape: impl Into<Geometry>) -> Result<Self> {
        let feature = read_shape(None, &shape.into()).context("geometry")?;
        Self::from_features(vec![feature.ok_or_else(no_polygon)?])
    }

    /// An area from west, south, east, north. Across the antimeridian, west is east of
    /// east: `[177.0, -19.0, -178.0, -16.0]`.
    ///
    /// # Errors
    ///
    /// As for [`Bbox::new`].
    pub fn from_bbox([west, south, east, north]: [f64; 4]) -> Result<Self> {
        let bbox = Bbox::new(west, south, east, north)?;
        Self::from_features(vec![AoiFeature { name: None, geometry: bbox.to_polygon() }])
    }

    fn from_features(features: Vec<AoiFeature>) -> Result<Self> {
        let united = match features.as_slice() {
            [one] => one.geometry.clone(),
            // A union joins edges that lie on one line.
            many => {
                cut_edges(&many.iter().fold(MultiPolygon::new(vec![]), |all, one| all.union(&one.geometry)))
            }
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

    /// The features, one by one.
    pub fn features(&self) -> &[AoiFeature] {
        &self.features
    }

    /// Each feature as an area of its own.
    pub fn iter(&self) -> impl Iterator<Item = Aoi> + '_ {
        self.features.iter().filter_map(|feature| {
            let aoi = Self::from_features(vec![feature.clone()]).ok()?;
            Some(Self { name: feature.name.clone(), ..aoi })
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
        let name = plain(self.name.as_deref().unwrap_or("AOI"), 200);
        let features = match self.features.len() {
            1 => String::new(),
            many => format!(", {many} features"),
        };
        write!(f, "{name}: {:.1} km²{features}, bbox {}", self.area_km2(), self.bbox)
    }
}

fn no_polygon() -> Error {
    Error::invalid("there is no polygon: an AOI needs a Polygon or a MultiPolygon")
}

/// GeoJSON is WGS 84 (RFC 7946, section 4), but files of the 2008 format may
/// name another system.
fn check_crs(crs: Option<&Value>) -> Result<()> {
    let Some(name) = crs.and_then(|crs| crs.pointer("/properties/name")).and_then(Value::as_str) else {
        return Ok(());
    };
    if ["CRS84", "4326"].iter().any(|known| name.ends_with(known)) {
        return Ok(());
    }
    Err(Error::invalid(format!("coordinate system `{name}`: reproject to WGS 84 (EPSG:4326) first")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Aoi::from_geojson(text).unwrap_err().to_string()
    }

    #[test]
    fn features_stay_apart_and_are_united() {
        let square = |name: &str, west: f64| {
            let aoi = Aoi::from_bbox([west, 0.0, west + 2.0, 1.0]).unwrap();
            serde_json::json!({"type": "Feature", "properties": {"name": name}, "geometry": aoi.to_geojson()})
        };
        let json = serde_json::json!({"type": "FeatureCollection", "features": [square("a", 0.0), square("b", 1.0)]});
        let aoi = Aoi::from_geojson(&json.to_string()).unwrap();
        let names: Vec<_> = aoi.iter().map(|one| one.name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(aoi.bbox().to_array(), [0.0, 0.0, 3.0, 1.0]);
        let apart: f64 = aoi.iter().map(|one| one.area_km2()).sum();
        assert!((aoi.area_km2() / apart - 0.75).abs() < 1e-3);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let ring =
            |x: f64, y: f64| format!("[[[{x},{y}],[{},{y}],[{},{}],[{x},{y}]]]", x + 1.0, x + 1.0, y + 1.0);
        let polygon = |x, y| format!(r#"{{"type":"Polygon","coordinates":{}}}"#, ring(x, y));
        insta::assert_snapshot!(told(&polygon(14.0, 103.0)), @"geometry: latitude 103 is outside -90 to 90: are the axes swapped? longitude comes first");
        insta::assert_snapshot!(told(&polygon(500000.0, 4000000.0)), @"geometry: position 500000, 4000000 is not in degrees: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(told(r#"{"type":"Point","coordinates":[1,2]}"#), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
        insta::assert_snapshot!(told(r#"{"type":"FeatureCollection","features":[]}"#), @"the feature collection is empty: it needs at least one polygon");
        assert!(told("{").starts_with("not GeoJSON: "));
        assert!(told(&polygon(0.0, 95.0)).contains("axes swapped"));
    }

    #[test]
    fn what_cannot_be_an_area_is_refused_by_name() {
        let short = r#"{"type":"Polygon","coordinates":[[[0],[1],[2],[0]]]}"#;
        assert_eq!(told(short), "geometry: position [0.0] needs a longitude and a latitude");
        let line = r#"{"type":"Feature","properties":{"name":"b"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}}"#;
        let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap().to_geojson();
        let both = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":null,"geometry":{square}}},{line}]}}"#
        );
        assert_eq!(told(&both), "feature 1 (`b`): the polygons enclose no area");
    }

    #[test]
    fn a_name_from_a_file_forges_no_output() {
        let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
        let text = serde_json::json!({"type": "Feature", "geometry": square.to_geojson(),
            "properties": {"name": "x\nEVCXR_BEGIN_CONTENT text/html\n"}});
        let aoi = Aoi::from_geojson(&text.to_string()).unwrap();
        let named = aoi.clone().named(aoi.features()[0].name.clone().unwrap());
        let told = format!("{named:?} {:?}", aoi.features());
        assert!(!told.contains("EVCXR_") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn a_byte_order_mark_is_fine() {
        let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
        assert_eq!(Aoi::from_geojson(&format!("\u{feff}{}", square.to_geojson())).unwrap(), square);
    }

    #[test]
    fn an_area_across_the_antimeridian_is_kept_in_two_parts() {
        let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap();
        assert_eq!(fiji.geometry().0.len(), 2);
        let unsplit =
            r#"{"type":"Polygon","coordinates":[[[177,-19],[-178,-19],[-178,-16],[177,-16],[177,-19]]]}"#;
        for json in [fiji.to_geojson().to_string(), unsplit.to_owned()] {
            let aoi = Aoi::from_geojson(&json).unwrap();
            assert_eq!(aoi.bbox().to_array(), [177.0, -19.0, -178.0, -16.0]);
            assert!((aoi.area_km2() / fiji.area_km2() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn wide_areas_stay_what_they_are() {
        for sides in [[-180.0, -90.0, 180.0, 90.0], [-100.0, 0.0, 100.0, 1.0]] {
            let aoi = Aoi::from_bbox(sides).unwrap();
            let again = Aoi::from_geojson(&aoi.to_geojson().to_string()).unwrap();
            assert_eq!((again.bbox().to_array(), again.area_km2()), (sides, aoi.area_km2()));
        }
        let earth =
            r#"{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}"#;
        assert!((Aoi::from_geojson(earth).unwrap().area_km2() - 510.07e6).abs() < 0.01e6);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Aoi::read("no/such.geojson").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().starts_with("read AOI `no/such.geojson`: "), "{error}");
    }
}
