//! Reader of GeoJSON geometries (RFC 7946) from text, without a JSON tree.

use std::fmt;

use geo::CoordsIter;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::json::Walk;

/// Largest absolute longitude: some footprints continue across 180°.
const FARTHEST: f64 = 540.0;
/// Deepest nesting of geometry collections; no server needs more.
const DEEPEST: usize = 8;

/// Reads a footprint; heights and measures are dropped.
///
/// # Errors
///
/// [`ErrorKind::Response`] if the text is not a geometry, or a position is not on Earth.
pub(super) fn read(text: &str) -> Result<Geometry> {
    let shape = geometry(text, DEEPEST)?;
    let is_far = |at: &Coord| !(at.x.abs() <= FARTHEST && at.y.abs() <= 90.0);
    let far = shape.coords_iter().find(is_far);
    match far {
        Some(at) => Err(Error::response(format!("position {}, {} is not on Earth", at.x, at.y))),
        None => Ok(shape),
    }
}

fn geometry(text: &str, depth: usize) -> Result<Geometry> {
    let (mut kind, mut coordinates, mut parts) = ("", "null", "null");
    Walk::new(text)
        .members(|name, walk| {
            let value = walk.value()?;
            match &*name {
                "type" => kind = value.trim_matches('"'),
                "coordinates" => coordinates = value,
                "geometries" => parts = value,
                _ => {}
            }
            Ok(())
        })
        .context("not a geometry")?;
    Ok(match kind {
        "Point" => Point::from(parse::<Position>(coordinates)?.0).into(),
        "MultiPoint" => MultiPoint::from(line(parse(coordinates)?).0).into(),
        "LineString" => line(parse(coordinates)?).into(),
        "MultiLineString" => MultiLineString(lines(parse(coordinates)?)).into(),
        "Polygon" => polygon(parse(coordinates)?).into(),
        "MultiPolygon" => {
            let polygons: Vec<Vec<Vec<Position>>> = parse(coordinates)?;
            MultiPolygon(polygons.into_iter().map(polygon).collect()).into()
        }
        "GeometryCollection" if depth > 0 => {
            let mut shapes = Vec::new();
            Walk::new(parts).elements(|walk| {
                shapes.push(geometry(walk.value()?, depth - 1)?);
                Ok(())
            })?;
            Geometry::GeometryCollection(GeometryCollection(shapes))
        }
        "GeometryCollection" => return Err(Error::response("collections lie too deep in collections")),
        other => return Err(Error::response(format!("`{other}` is no type of geometry"))),
    })
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::foreign(ErrorKind::Response, error))
        .context("`coordinates`")
}

fn line(positions: Vec<Position>) -> LineString {
    positions.into_iter().map(|position| position.0).collect()
}

fn lines(rings: Vec<Vec<Position>>) -> Vec<LineString> {
    rings.into_iter().map(line).collect()
}

fn polygon(rings: Vec<Vec<Position>>) -> Polygon {
    let mut rings = lines(rings).into_iter();
    Polygon::new(rings.next().unwrap_or_else(|| LineString(Vec::new())), rings.collect())
}

/// First two numbers of a position.
struct Position(Coord);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Positions)
    }
}

struct Positions;

impl<'de> Visitor<'de> for Positions {
    type Value = Position;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a position")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Position, A::Error> {
        let (x, y) = (numbers.next_element()?, numbers.next_element()?);
        let (Some(x), Some(y)) = (x, y) else {
            return Err(A::Error::custom("a position needs a longitude and a latitude"));
        };
        while numbers.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Position(Coord { x, y }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use up42_core::geo::geometry_to_json;

    #[test]
    fn every_type_is_read_and_heights_are_dropped() {
        for text in [
            r#"{"coordinates": [1, 2, 3], "type": "Point"}"#,
            r#"{"type": "MultiPoint", "coordinates": [[1, 2], [3, 4, 5]]}"#,
            r#"{"type": "LineString", "coordinates": [[1, 2], [3, 4]], "bbox": [1, 2, 3, 4]}"#,
            r#"{"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}"#,
            r#"{"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]], [[3, 1], [4, 1], [4, 2], [3, 1]]]}"#,
            r#"{"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}"#,
            r#"{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}"#,
        ] {
            let other: geojson::Geometry = text.parse().unwrap();
            assert_eq!(read(text).unwrap(), Geometry::try_from(other).unwrap(), "{text}");
        }
    }

    #[test]
    fn an_invalid_geometry_is_an_error_with_its_position() {
        let message = |text| read(text).unwrap_err().to_string();
        assert_eq!(
            message(r#"{"type": "Polygon", "coordinates": [[[0], [1]]]}"#),
            "`coordinates`: a position needs a longitude and a latitude at line 1 column 5"
        );
        assert_eq!(message(r#"{"type": "Sphere"}"#), "`Sphere` is no type of geometry");
        assert_eq!(
            message(r#"{"type": "Point", "coordinates": [200, 95]}"#),
            "position 200, 95 is not on Earth"
        );
        assert!(message("7").starts_with("not a geometry: "));
        let deep = "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(9) + &"]}".repeat(9);
        assert_eq!(message(&deep), "collections lie too deep in collections");
    }

    proptest! {
        #[test]
        fn written_geometries_are_read_again(
            ring in prop::collection::vec((-180_000_000..180_000_000, -90_000_000..90_000_000), 3..9),
        ) {
            let degrees = |micro: i32| f64::from(micro) / 1e6;
            let ring: LineString = ring.into_iter().map(|(x, y)| (degrees(x), degrees(y))).collect();
            let shape = Geometry::from(Polygon::new(ring, vec![]));
            prop_assert_eq!(read(&geometry_to_json(&shape).to_string()).unwrap(), shape);
        }
    }
}
