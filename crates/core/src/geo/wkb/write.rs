use geo::{Coord, Geometry, LineString, Polygon};

/// Returns the geometry as WKB.
pub fn write(shape: &Geometry) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    put(shape, &mut out);
    out
}

/// Returns the name of the type in GeoParquet's metadata.
pub fn type_name(shape: &Geometry) -> &'static str {
    match shape {
        Geometry::Point(_) => "Point",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}

fn put(shape: &Geometry, out: &mut Vec<u8>) {
    match shape {
        Geometry::Point(point) => {
            head(1, out);
            coord(point.0, out);
        }
        Geometry::LineString(line) => {
            head(2, out);
            coords(line, out);
        }
        Geometry::Polygon(polygon) => put_polygon(polygon, out),
        Geometry::MultiPoint(points) => {
            many(4, &points.0, out, |point, out| {
                head(1, out);
                coord(point.0, out);
            });
        }
        Geometry::MultiLineString(lines) => {
            many(5, &lines.0, out, |line, out| {
                head(2, out);
                coords(line, out);
            });
        }
        Geometry::MultiPolygon(polygons) => many(6, &polygons.0, out, put_polygon),
        Geometry::GeometryCollection(parts) => many(7, &parts.0, out, put),
        Geometry::Line(line) => put(&LineString::from(line).into(), out),
        Geometry::Rect(rect) => put_polygon(&rect.to_polygon(), out),
        Geometry::Triangle(triangle) => put_polygon(&triangle.to_polygon(), out),
    }
}

fn head(code: u32, out: &mut Vec<u8>) {
    out.push(1);
    out.extend(code.to_le_bytes());
}

fn many<T>(code: u32, parts: &[T], out: &mut Vec<u8>, put: impl Fn(&T, &mut Vec<u8>)) {
    head(code, out);
    out.extend((parts.len() as u32).to_le_bytes());
    parts.iter().for_each(|part| put(part, out));
}

fn put_polygon(polygon: &Polygon, out: &mut Vec<u8>) {
    head(3, out);
    let has_rings = !polygon.exterior().0.is_empty();
    let count = if has_rings { 1 + polygon.interiors().len() } else { 0 };
    out.extend((count as u32).to_le_bytes());
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.take(count).for_each(|ring| coords(ring, out));
}

fn coords(line: &LineString, out: &mut Vec<u8>) {
    out.extend((line.0.len() as u32).to_le_bytes());
    line.coords().for_each(|at| coord(*at, out));
}

fn coord(at: Coord, out: &mut Vec<u8>) {
    out.extend(at.x.to_le_bytes());
    out.extend(at.y.to_le_bytes());
}
