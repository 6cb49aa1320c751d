//! Well-known binary (WKB) of geometries.
//!
//! - [`write()`]: two dimensions, little-endian, as stored by GeoParquet and Polars.
//! - [`read()`]: all dialects, those of GeoPackages included; heights and measures are ignored.
//!
//! Types and byte order are those of OGC 06-103r4 (8.2), the codes of further types those of ISO
//! 13249-3.

mod read;
mod write;

pub use read::read;
pub use read::read_gpkg;
pub use write::{type_name, write};

#[cfg(test)]
mod tests {
    use geo::{
        Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
        Polygon,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::limits::ReadBudget;

    fn shapes() -> impl Strategy<Value = Geometry> {
        let at = (-180.0..180.0f64, -90.0..90.0f64).prop_map(Coord::from);
        let line = prop::collection::vec(at, 2..6).prop_map(LineString);
        let polygon = prop::collection::vec(line.clone(), 1..3)
            .prop_map(|mut rings| Polygon::new(rings.remove(0), rings));
        prop_oneof![
            line.clone().prop_map(|line| Point(line.0[0]).into()),
            line.clone().prop_map(|line| MultiPoint::from(line.0).into()),
            line.clone().prop_map(Geometry::from),
            prop::collection::vec(line, 0..3).prop_map(|lines| MultiLineString(lines).into()),
            polygon.clone().prop_map(Geometry::from),
            prop::collection::vec(polygon.clone(), 0..3).prop_map(|parts| MultiPolygon(parts).into()),
            polygon.prop_map(|part| Geometry::GeometryCollection(GeometryCollection(vec![part.into()]))),
        ]
    }

    proptest! {
        #[test]
        fn written_geometries_are_read_again(shape in shapes()) {
            let bytes = write(&shape);
            prop_assert_eq!(&read(&bytes, &ReadBudget::default()).unwrap(), &shape);
            // EWKB of PostGIS, with the number of a coordinate system.
            let code = u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) | 0x2000_0000;
            let numbered = [&[1], &code.to_le_bytes()[..], &4326_u32.to_le_bytes(), &bytes[5..]].concat();
            prop_assert_eq!(&read(&numbered, &ReadBudget::default()).unwrap(), &shape);
            // GeoPackage 1.3, 2.1.3: little-endian, an envelope of four sides.
            let packaged = [&b"GP\0\x03"[..], &4326_u32.to_le_bytes(), &[0; 32], &bytes].concat();
            prop_assert_eq!(&read_gpkg(&packaged, &ReadBudget::default()).unwrap(), &shape);
        }
    }

    /// Checks the example of `ST_AsBinary` in the manual of PostGIS.
    #[test]
    fn bytes_match_those_of_other_writers() {
        let square =
            Polygon::new(vec![(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)].into(), vec![]);
        let [zero, one] = [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]];
        let head = [1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
        let places = [zero, zero, zero, one, one, one, one, zero, zero, zero];
        assert_eq!(write(&square.into()), [&head[..], places.as_flattened()].concat());
    }
}
