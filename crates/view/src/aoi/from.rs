//! Constructors of `Aoi`.

use std::path::Path;

use geo_types::Geometry;

use super::Aoi;
use super::example;
use up42_core::error::{Context, Result};
use up42_core::geo::Bbox;
use up42_core::geo::circle::circle;
use up42_core::geo::feature::{AoiFeature, read_shape};
use up42_core::geo::read::{self, no_polygon};
use up42_core::geo::validity::check_crossings;
use up42_core::limits::{ReadBudget, ReadLimits};

impl Aoi {
    /// Reads a file. Its format is detected from its content: GeoJSON (also newline-delimited, and
    /// as a text sequence, RFC 8142), KML, KMZ, WKT, Shapefile (`.shp`, or in a .zip), GeoPackage
    /// (all layers), GeoParquet (WKB in the primary column) or FlatGeobuf.
    ///
    /// Features without polygons (points, lines, null geometries) are skipped, and Z and M values
    /// are dropped. Other coordinate reference systems are reprojected to WGS 84; edges deviate by
    /// at most 0.1 m. A file without a CRS is read as WGS 84, and so is the "undefined geographic"
    /// CRS of a GeoPackage. The property `name`, `title` or `id`, in upper or lower case, is the
    /// name of a feature. A polygon with crossing edges is repaired, and [`note`](Self::note)
    /// reports it.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; }
    /// # use up42::Aoi;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("field.wkt");
    /// std::fs::write(&path, "POLYGON ((7.1 50.6, 7.2 50.6, 7.2 50.7, 7.1 50.6))")?;
    /// let field = Aoi::read(&path)?;
    /// assert_eq!(field.name(), Some("field"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for the same reasons as
    /// [`from_geojson`](Self::from_geojson), for arcs, for a CRS without a known transformation to
    /// WGS 84, and for a file that exceeds one of the default [`ReadLimits`]. The error names the
    /// file and the feature.
    #[doc(alias = "read_vector_file")]
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_within(path, ReadLimits::default())
    }

    /// Reads a file like [`read`](Self::read), within the given limits.
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read).
    pub fn read_within(path: impl AsRef<Path>, limits: ReadLimits) -> Result<Self> {
        let path = path.as_ref();
        let budget = ReadBudget::new(limits);
        let context = || format!("read AOI `{}`", path.display());
        let named = read::file(path, &budget);
        let mut aoi = named.and_then(|named| Self::from_named(named, &budget)).with_context(context)?;
        if aoi.name.is_none() {
            aoi.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        }
        Ok(aoi)
    }

    /// Reads GeoJSON text: a geometry, a Feature or a FeatureCollection, or several of them, one
    /// per line or as a text sequence (RFC 8142).
    ///
    /// Features without polygons (points, lines, a null geometry) are skipped. A ring with a jump
    /// of more than 180° in longitude is taken to cross the antimeridian. The `crs` member of
    /// GeoJSON 2008 is applied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not GeoJSON,
    /// contains no polygon, has a polygon without area or a position that is not a longitude and a
    /// latitude in degrees, or exceeds one of the default [`ReadLimits`].
    pub fn from_geojson(text: &str) -> Result<Self> {
        let budget = ReadBudget::default();
        Self::from_named(read::geojson(text, &budget)?, &budget)
    }

    /// Reads WKT: one geometry, or several in sequence. The coordinates are WGS 84, longitude
    /// before latitude, unless the text begins with `SRID=…;`.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; }
    /// # use up42::Aoi;
    /// let aoi = Aoi::from_wkt("POLYGON ((13.3 52.5, 13.4 52.5, 13.4 52.6, 13.3 52.6, 13.3 52.5))")?;
    /// assert_eq!(aoi.bbox().to_array(), [13.3, 52.5, 13.4, 52.6]);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not WKT, and for
    /// the same reasons as [`from_geojson`](Self::from_geojson).
    pub fn from_wkt(text: &str) -> Result<Self> {
        let budget = ReadBudget::default();
        Self::from_named(read::wkt(text, &budget)?, &budget)
    }

    /// Reads KML: the polygons of all placemarks and the outlines of all ground overlays, in any
    /// folder.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not KML, and for
    /// the same reasons as [`from_geojson`](Self::from_geojson).
    pub fn from_kml(text: &str) -> Result<Self> {
        let budget = ReadBudget::default();
        Self::from_named(read::kml(text, &budget)?, &budget)
    }

    /// Makes an area from a geometry of one or more polygons, in WGS 84, longitude before latitude.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for the same reasons as
    /// [`from_geojson`](Self::from_geojson).
    pub fn from_geometry(shape: impl Into<Geometry>) -> Result<Self> {
        let budget = ReadBudget::default();
        let feature = read_shape(None, &shape.into(), &budget).context("geometry")?;
        Self::from_named((None, vec![feature.ok_or_else(no_polygon)?]), &budget)
    }

    /// Makes an area from west, south, east and north in degrees. Across the antimeridian, west is
    /// greater than east: `[177.0, -19.0, -178.0, -16.0]`.
    ///
    /// # Errors
    ///
    /// The same as [`Bbox::new`].
    pub fn from_bbox([west, south, east, north]: [f64; 4]) -> Result<Self> {
        let bbox = Bbox::new(west, south, east, north)?;
        Self::from_features(vec![AoiFeature::new(None, bbox.to_polygon())])
    }

    /// Makes an area of all positions within `metres` of a point (longitude, latitude): a circle on
    /// the ellipsoid, also over a pole or across the antimeridian.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; }
    /// # use up42::Aoi;
    /// let airport = Aoi::around([-17.49, 14.74], 3_000.0)?;
    /// assert!((airport.area_km2() - 28.27).abs() < 0.01);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the point is not a longitude
    /// and a latitude, or the radius is not between 0.1 m and 5,000 km.
    pub fn around(point: [f64; 2], metres: f64) -> Result<Self> {
        Self::from_geometry(circle(point, metres)?)
    }

    /// Returns a small example area: `Berlin`, `Washington` or `Dakar`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for any other name.
    #[doc(alias = "get_example_aoi")]
    pub fn example(name: &str) -> Result<Self> {
        let (name, bbox) = example::find(name)?;
        Ok(Self::from_bbox(bbox)?.named(name))
    }

    fn from_named((name, features): read::Named, budget: &ReadBudget) -> Result<Self> {
        check_crossings(features.iter().flat_map(|feature| &feature.geometry), budget)?;
        Ok(Self { name, ..Self::from_features(features)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use up42_core::error::ErrorKind;

    fn message(text: &str) -> String {
        Aoi::from_geojson(text).unwrap_err().to_string()
    }

    #[test]
    fn errors_describe_the_invalid_input() {
        let ring =
            |x: f64, y: f64| format!("[[[{x},{y}],[{},{y}],[{},{}],[{x},{y}]]]", x + 1.0, x + 1.0, y + 1.0);
        let polygon = |x, y| format!(r#"{{"type":"Polygon","coordinates":{}}}"#, ring(x, y));
        insta::assert_snapshot!(message(&polygon(14.0, 103.0)), @"geometry: latitude 103 is outside -90 to 90: are the axes swapped? longitude comes first");
        insta::assert_snapshot!(message(&polygon(500000.0, 4000000.0)), @"geometry: position 500000, 4000000 is not in degrees: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(message(r#"{"type":"Point","coordinates":[1,2]}"#), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
        insta::assert_snapshot!(message(r#"{"type":"FeatureCollection","features":[]}"#), @"there is no feature: an AOI needs at least one polygon");
        assert!(message("{").starts_with("not GeoJSON: "));
        assert!(message(&polygon(0.0, 95.0)).contains("axes swapped"));
    }

    #[test]
    fn the_error_of_an_invalid_feature_contains_its_name() {
        let short = r#"{"type":"Polygon","coordinates":[[[0],[1],[2],[0]]]}"#;
        assert_eq!(message(short), "geometry: position [0.0] needs a longitude and a latitude");
        let line = r#"{"type":"Feature","properties":{"name":"b"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}}"#;
        let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap().to_geojson();
        let both = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":null,"geometry":{square}}},{line}]}}"#
        );
        assert_eq!(message(&both), "feature 1 (`b`): the polygons enclose no area");
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
        assert_eq!(Aoi::from_geojson(&format!("\u{feff}{}", square.to_geojson())).unwrap(), square);
    }

    #[test]
    fn the_error_of_a_missing_file_contains_its_path() {
        let error = Aoi::read("no/such.geojson").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().starts_with("read AOI `no/such.geojson`: "), "{error}");
    }
}
