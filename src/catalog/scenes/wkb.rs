//! Shapes as well-known binary (OGC 06-103r4, 8.2; the codes of ISO 13249-3), as
//! GeoParquet and Polars keep them: two dimensions, little-endian.

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};

use crate::error::{Error, Result};

/// Collections in collections: no footprint needs more.
const DEEPEST: usize = 8;

/// The shape's bytes.
pub(super) fn write(shape: &Geometry) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    put(shape, &mut out);
    out
}

/// The type's name, as GeoParquet lists it.
pub(super) fn type_name(shape: &Geometry) -> &'static str {
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

/// Reads a shape; heights and measures are dropped.
///
/// # Errors
///
/// [`ErrorKind::Response`](crate::ErrorKind::Response) when the bytes are no such shape.
pub(super) fn read(bytes: &[u8]) -> Result<Geometry> {
    Bytes { rest: bytes, is_little: true }.shape(DEEPEST)
}

struct Bytes<'a> {
    rest: &'a [u8],
    is_little: bool,
}

impl Bytes<'_> {
    fn shape(&mut self, depth: usize) -> Result<Geometry> {
        let (kind, size) = self.head()?;
        Ok(match kind {
            1 => Point(self.coord(size)?).into(),
            2 => self.line(size)?.into(),
            3 => self.polygon(size)?.into(),
            4..=7 if depth > 0 => {
                let parts = self.list(9, |bytes| bytes.shape(depth - 1))?;
                gathered(kind, parts)?
            }
            _ => return Err(Error::response(format!("type {kind} of well-known binary is not one we read"))),
        })
    }

    /// The type, and the bytes of a position: ISO adds thousands to it for heights and
    /// measures, PostGIS sets bits.
    fn head(&mut self) -> Result<(u32, usize)> {
        let [order] = self.take()?;
        self.is_little = order == 1;
        let code = self.number()?;
        let (base, iso) = ((code & 0xffff) % 1000, (code & 0xffff) / 1000);
        let flags = usize::from(code & 0x8000_0000 != 0) + usize::from(code & 0x4000_0000 != 0);
        if code & 0x2000_0000 != 0 {
            self.number()?;
        }
        let more = [0, 1, 1, 2].get(iso as usize).copied().unwrap_or_default();
        Ok((base, 16 + 8 * flags.max(more)))
    }

    fn polygon(&mut self, size: usize) -> Result<Polygon> {
        let mut rings = self.list(4, |bytes| bytes.line(size))?.into_iter();
        Ok(Polygon::new(rings.next().unwrap_or_else(|| LineString(Vec::new())), rings.collect()))
    }

    fn line(&mut self, size: usize) -> Result<LineString> {
        self.list(size, |bytes| bytes.coord(size)).map(LineString)
    }

    /// A count and so many parts of at least `least` bytes: a count that the bytes cannot
    /// hold must not ask for memory.
    fn list<T>(&mut self, least: usize, mut part: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.number()? as usize;
        if count > self.rest.len() / least {
            return Err(too_short());
        }
        (0..count).map(|_| part(self)).collect()
    }

    fn coord(&mut self, size: usize) -> Result<Coord> {
        let (x, y) = (self.float()?, self.float()?);
        self.rest = self.rest.get(size - 16..).ok_or_else(too_short)?;
        Ok(Coord { x, y })
    }

    fn float(&mut self) -> Result<f64> {
        let bytes = self.take()?;
        Ok(if self.is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn number(&mut self) -> Result<u32> {
        let bytes = self.take()?;
        Ok(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(too_short)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

fn too_short() -> Error {
    Error::response("well-known binary ends too early")
}

/// The parts of a type that holds many, which must all be of its kind.
fn gathered(kind: u32, parts: Vec<Geometry>) -> Result<Geometry> {
    fn all<T: TryFrom<Geometry>>(parts: Vec<Geometry>) -> Result<Vec<T>> {
        let one = |part| T::try_from(part).map_err(|_| Error::response("a shape with parts of another kind"));
        parts.into_iter().map(one).collect()
    }
    Ok(match kind {
        4 => MultiPoint(all(parts)?).into(),
        5 => MultiLineString(all(parts)?).into(),
        6 => MultiPolygon(all(parts)?).into(),
        _ => Geometry::GeometryCollection(GeometryCollection(parts)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::{CoordDimensions, ToWkb};
    use proptest::prelude::*;

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
            prop_assert_eq!(read(&bytes).unwrap(), shape);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn heights_are_dropped_in_both_spellings() {
        let point = |code: u32| {
            let mut bytes = vec![1];
            bytes.extend(code.to_le_bytes());
            [1.0f64, 2.0, 3.0].iter().for_each(|value| bytes.extend(value.to_le_bytes()));
            read(&bytes).unwrap()
        };
        assert_eq!(point(1001), point(0x8000_0001));
        assert_eq!(point(1001), Point::new(1.0, 2.0).into());
    }

    #[test]
    fn a_count_that_cannot_be_asks_for_no_memory() {
        let line = [&[1u8, 2, 0, 0, 0][..], &u32::MAX.to_le_bytes()].concat();
        assert_eq!(read(&line).unwrap_err().to_string(), "well-known binary ends too early");
    }
}
