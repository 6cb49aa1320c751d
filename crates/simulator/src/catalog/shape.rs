//! GeoJSON geometries for computations.

use geo::{BoundingRect, ChamberlainDuquetteArea, Contains, Geometry, Intersects, Line, Point, Rect};
use serde_json::{Value, json};
use up42_core::geo::to_shape;

/// Bounding box: west, south, east, north in degrees, WGS 84.
pub(crate) type Bbox = [f64; 4];

/// Area of a search.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    shape: Geometry,
    /// Bounding box, or two on both sides of the antimeridian.
    pub boxes: Vec<Bbox>,
}

impl Area {
    pub(crate) fn of_bbox(bbox: &Value) -> Result<Self, String> {
        let numbers: Option<Vec<f64>> =
            bbox.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        let boxes = numbers.and_then(|numbers| boxes(&numbers));
        Ok(Self::of_boxes(boxes.ok_or("bbox is invalid: west, south, east and north in degrees")?))
    }

    /// Returns the area of a geometry; refuses features.
    pub(crate) fn of_geometry(geometry: &Value) -> Result<Self, String> {
        let is_feature = matches!(geometry["type"].as_str(), Some("Feature" | "FeatureCollection"));
        let shape = Some(geometry).filter(|_| !is_feature).and_then(parse);
        let shape = shape.ok_or("the area is no GeoJSON geometry")?;
        let bbox = bbox_of(&shape).ok_or("the geometry is empty")?;
        if !on_earth(bbox) {
            return Err("the geometry leaves the map: longitudes end at 180, latitudes at 90 degrees".into());
        }
        Ok(Self { shape, boxes: vec![bbox] })
    }

    fn of_boxes(boxes: Vec<Bbox>) -> Self {
        let shape = match boxes.as_slice() {
            [one] => rectangle(*one),
            more => Geometry::GeometryCollection(more.iter().copied().map(rectangle).collect()),
        };
        Self { shape, boxes }
    }

    /// Returns the area of the bounding boxes.
    pub(super) fn into_bbox(self) -> Self {
        Self::of_boxes(self.boxes)
    }

    pub(super) fn is_near(&self, bbox: Bbox) -> bool {
        self.boxes.iter().any(|part| overlap(*part, bbox))
    }

    pub(super) fn is_touched_by(&self, shape: &Geometry) -> bool {
        shape.intersects(&self.shape)
    }

    pub(super) fn is_held_by(&self, shape: &Geometry) -> bool {
        shape.contains(&self.shape)
    }

    pub(crate) fn square_km(&self) -> f64 {
        self.shape.chamberlain_duquette_unsigned_area() / 1e6
    }
}

/// Parses a geometry, or the geometries of a feature or of a collection of features.
pub(crate) fn parse(value: &Value) -> Option<Geometry> {
    match value.get("type")?.as_str()? {
        "Feature" => parse(value.get("geometry")?),
        "FeatureCollection" => {
            let features = value.get("features")?.as_array()?;
            features.iter().map(parse).collect::<Option<_>>().map(Geometry::GeometryCollection)
        }
        _ => to_shape(serde_json::from_value(value.clone()).ok()?).ok(),
    }
}

pub(crate) fn bbox_of(shape: &Geometry) -> Option<Bbox> {
    // A line needs no special case: its box is flat.
    let rect = shape.bounding_rect()?;
    Some([rect.min().x, rect.min().y, rect.max().x, rect.max().y])
}

fn rectangle([west, south, east, north]: Bbox) -> Geometry {
    if west == east && south == north {
        return Geometry::Point(Point::new(west, south));
    }
    if west == east || south == north {
        return Geometry::Line(Line::new((west, south), (east, north)));
    }
    Geometry::Polygon(Rect::new((west, south), (east, north)).to_polygon())
}

/// Returns the boxes of a bbox of two or three dimensions: two if its west is larger than its east,
/// so that it crosses the antimeridian.
fn boxes(numbers: &[f64]) -> Option<Vec<Bbox>> {
    let [west, south, east, north] = match *numbers {
        [west, south, east, north] | [west, south, _, east, north, _] => [west, south, east, north],
        _ => return None,
    };
    if !on_earth([west, south, east, north]) || south > north {
        return None;
    }
    Some(match west <= east {
        true => vec![[west, south, east, north]],
        false => vec![[west, south, 180.0, north], [-180.0, south, east, north]],
    })
}

fn on_earth([west, south, east, north]: Bbox) -> bool {
    west.abs() <= 180.0 && east.abs() <= 180.0 && south.abs() <= 90.0 && north.abs() <= 90.0
}

pub(crate) fn overlap(a: Bbox, b: Bbox) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// Returns a closed ring as a GeoJSON polygon.
pub(crate) fn ring_json(corners: &[[f64; 2]]) -> Value {
    let ring: Vec<_> = corners.iter().chain(corners.first()).collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}

/// Returns the corners of a box: upper left, upper right, lower right, lower left.
pub(crate) fn corners([west, south, east, north]: Bbox) -> [[f64; 2]; 4] {
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
    fn invalid_json_is_no_shape() {
        assert!(parse(&json!({"type": "Polygon", "coordinates": [[["a", 1]]]})).is_none());
        assert!(parse(&json!(null)).is_none());
    }

    #[test]
    fn a_bbox_is_on_the_map_and_may_cross_the_antimeridian() {
        let area = |bbox: Value| Area::of_bbox(&bbox);
        for wrong in [json!([0, 0, 1]), json!([0, 2, 1, 1]), json!([0, 0, 1, 91]), json!([-181, 0, 1, 1])] {
            assert!(area(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(area(json!([1e308, 0, 1e308, 1])).is_err());
        let fiji = area(json!([177, -20, -178, -15])).unwrap();
        assert_eq!(fiji.boxes, [[177.0, -20.0, 180.0, -15.0], [-180.0, -20.0, -178.0, -15.0]]);
        let whole = area(json!([177, -20, 182, -15]));
        assert!(whole.is_err() && (250e3..350e3).contains(&fiji.square_km()), "{}", fiji.square_km());
    }

    #[test]
    fn an_area_is_a_geometry_that_is_not_empty() {
        let square = ring_json(&corners([1.0, 2.0, 3.0, 4.0]));
        assert!(Area::of_geometry(&square).is_ok());
        for wrong in [
            json!({"type": "Feature", "geometry": square, "properties": {}}),
            json!({"type": "Polygon", "coordinates": []}),
            json!({"type": "Polygon", "coordinates": [[]]}),
            json!({"type": "MultiPolygon", "coordinates": []}),
            json!({"type": "GeometryCollection", "geometries": []}),
            json!({"type": "Point", "coordinates": [1e300, 0]}),
        ] {
            assert!(Area::of_geometry(&wrong).is_err(), "{wrong}");
        }
    }
}
