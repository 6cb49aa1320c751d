//! Shapes as well-known binary: WKB.
//!
//! - [`write()`]: two dimensions, little-endian, as GeoParquet and Polars keep them.
//! - [`read()`]: whatever others write, GeoPackages too; heights and measures are dropped.
//!
//! The types and their order of bytes are those of OGC 06-103r4 (8.2), the codes of the
//! types beyond it those of ISO 13249-3.

mod read;
mod write;

pub(crate) use read::read;
pub(super) use read::read_gpkg;
pub(crate) use write::{type_name, write};

#[cfg(test)]
mod tests {
    use geo::{
        Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
        Polygon,
    };
    use geozero::{CoordDimensions, ToWkb};
    use proptest::prelude::*;

    use super::*;

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
        fn bytes_are_those_of_another_writer_and_read_back(shape in shapes()) {
            let bytes = write(&shape);
            prop_assert_eq!(&bytes, &shape.to_wkb(CoordDimensions::xy()).unwrap());
            prop_assert_eq!(&read(&bytes).unwrap(), &shape);
            let theirs = shape.to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
            prop_assert_eq!(&read(&theirs).unwrap(), &shape);
            let packaged = shape.to_gpkg_wkb(CoordDimensions::xy(), Some(4326), vec![0.0; 4]).unwrap();
            prop_assert_eq!(&read_gpkg(&packaged).unwrap(), &shape);
        }
    }
}
