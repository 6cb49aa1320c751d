//! GeoJSON geometries as shapes to compute with.

use geo::{
    BoundingRect, Coord, Geometry, GeometryCollection, Line, LineString, MultiLineString, MultiPoint,
    MultiPolygon, Point, Polygon, Rect,
};
use serde_json::{Value, json};

/// West, south, east, north in degrees, WGS 84.
pub(in crate::simulator) type Bbox = [f64; 4];

/// A geometry, or the geometry of a feature or of a collection of features.
pub(in crate::simulator) fn parse(value: &Value) -> Option<Geometry> {
    let coordinates = value.get("coordinates");
    Some(match value.get("type")?.as_str()? {
        "Feature" => return parse(value.get("geometry")?),
        "FeatureCollection" => collection(value.get("features")?)?,
        "GeometryCollection" => collection(value.get("geometries")?)?,
        "Point" => Geometry::Point(Point(coord(coordinates?)?)),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(list(coordinates?, |v| coord(v).map(Point))?)),
        "LineString" => Geometry::LineString(line(coordinates?)?),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(list(coordinates?, line)?)),
        "Polygon" => Geometry::Polygon(polygon(coordinates?)?),
        "MultiPolygon" => Geometry::MultiPolygon(MultiPolygon(list(coordinates?, polygon)?)),
        _ => return None,
    })
}

fn collection(members: &Value) -> Option<Geometry> {
    Some(Geometry::GeometryCollection(GeometryCollection(list(members, parse)?)))
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(each).collect()
}

fn coord(value: &Value) -> Option<Coord> {
    Some(Coord { x: value.get(0)?.as_f64()?, y: value.get(1)?.as_f64()? })
}

fn line(value: &Value) -> Option<LineString> {
    list(value, coord).map(LineString)
}

fn polygon(value: &Value) -> Option<Polygon> {
    let mut rings = list(value, line)?.into_iter();
    Some(Polygon::new(rings.next()?, rings.collect()))
}

pub(in crate::simulator) fn bbox_of(shape: &Geometry) -> Option<Bbox> {
    // A line needs no special case: its rectangle is flat.
    let rect = shape.bounding_rect()?;
    Some([rect.min().x, rect.min().y, rect.max().x, rect.max().y])
}

pub(in crate::simulator) fn rectangle([west, south, east, north]: Bbox) -> Geometry {
    if west == east && south == north {
        return Geometry::Point(Point::new(west, south));
    }
    if west == east || south == north {
        return Geometry::Line(Line::new((west, south), (east, north)));
    }
    Geometry::Polygon(Rect::new((west, south), (east, north)).to_polygon())
}

/// A bbox from two or three dimensions.
pub(in crate::simulator) fn parse_bbox(numbers: &[f64]) -> Option<Bbox> {
    match *numbers {
        [west, south, east, north] | [west, south, _, east, north, _] => {
            (west <= east && south <= north).then_some([west, south, east, north])
        }
        _ => None,
    }
}

pub(in crate::simulator) fn overlap(a: Bbox, b: Bbox) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// A closed ring as GeoJSON.
pub(in crate::simulator) fn ring_json(corners: &[[f64; 2]]) -> Value {
    let ring: Vec<_> = corners.iter().chain(corners.first()).collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}

/// A rectangle's corners: upper left, upper right, lower right, lower left.
pub(in crate::simulator) fn corners([west, south, east, north]: Bbox) -> [[f64; 2]; 4] {
    [[west, north], [east, north], [east, south], [west, south]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_and_parts_are_read_alike() {
        let square = ring_json(&corners([1.0, 2.0, 3.0, 4.0]));
        let feature = json!({"type": "Feature", "geometry": square, "properties": {}});
        let features = json!({"type": "FeatureCollection", "features": [feature]});
        for value in [&square, &feature, &features] {
            assert_eq!(bbox_of(&parse(value).unwrap()), Some([1.0, 2.0, 3.0, 4.0]));
        }
    }

    #[test]
    fn nonsense_is_no_shape() {
        assert!(parse(&json!({"type": "Polygon", "coordinates": [[["a", 1]]]})).is_none());
        assert!(parse(&json!(null)).is_none());
        assert!(parse_bbox(&[3.0, 0.0, 1.0, 1.0]).is_none());
    }
}
