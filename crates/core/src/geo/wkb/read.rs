use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};

use crate::error::{Error, Result};
use crate::limits::ReadBudget;

/// Largest nesting depth of geometries.
const DEEPEST: usize = 32;

/// Reads a geometry in the dialect of ISO or PostGIS (EWKB). Surfaces that consist of polygons, and
/// curve polygons with straight rings, are returned as polygons.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the bytes are not a geometry, or
/// one with arcs, or one with more positions, rings or parts than the budget has positions left.
pub fn read(bytes: &[u8], budget: &ReadBudget) -> Result<Geometry> {
    Bytes { rest: bytes, is_little: true, positions: 0, parts: 0, budget }.shape(DEEPEST)
}

/// Reads a geometry after a GeoPackage's header of an id and a box (OGC 12-128r19, 2.1.3.1).
pub fn read_gpkg(bytes: &[u8], budget: &ReadBudget) -> Result<Geometry> {
    let [b'G', b'P', _, flags, rest @ ..] = bytes else {
        return Err(not_wkb("a GeoPackage's geometry begins with `GP`"));
    };
    let numbers = match flags >> 1 & 7 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err(not_wkb("its header has a box of an unknown kind")),
    };
    read(rest.get(4 + 8 * numbers..).ok_or_else(too_short)?, budget)
}

struct Bytes<'a> {
    rest: &'a [u8],
    is_little: bool,
    /// Positions of all lines, and parts of all geometries with parts, rings included: an empty
    /// part takes more memory than its bytes.
    positions: usize,
    parts: usize,
    budget: &'a ReadBudget,
}

impl Bytes<'_> {
    fn shape(&mut self, depth: usize) -> Result<Geometry> {
        let (kind, size) = self.head()?;
        Ok(match kind {
            1 => Point(self.coord(size)?).into(),
            2 => self.line(size)?.into(),
            // A triangle has the same encoding as a polygon.
            3 | 17 => self.polygon(size)?.into(),
            8 => return Err(arcs("CircularString")),
            9 => return Err(arcs("CompoundCurve")),
            4..=7 | 10..=12 | 15 | 16 => {
                let Some(depth) = depth.checked_sub(1) else {
                    return Err(not_wkb(&format!("it is nested more than {DEEPEST} deep")));
                };
                gathered(kind, self.list(9, |bytes| bytes.shape(depth))?)?
            }
            _ => return Err(not_wkb(&format!("type {kind} is not one that can be read"))),
        })
    }

    /// Reads the type and the number of bytes of a position: ISO adds thousands to the type for
    /// heights and measures, PostGIS sets bits.
    fn head(&mut self) -> Result<(u32, usize)> {
        let [order] = self.take()?;
        self.is_little = order != 0;
        let code = self.number()?;
        let is_set = |bit: u32| usize::from(code & bit != 0);
        if is_set(0x2000_0000) == 1 {
            self.number()?;
        }
        let code = code & 0x1fff_ffff;
        let more = match code / 1000 {
            0 => is_set(0x8000_0000) + is_set(0x4000_0000),
            1 | 2 => 1,
            3 => 2,
            _ => return Err(not_wkb(&format!("type {code} is not one that can be read"))),
        };
        Ok((code % 1000, 16 + 8 * more))
    }

    fn polygon(&mut self, size: usize) -> Result<Polygon> {
        Ok(of_rings(self.list(4, |bytes| bytes.line(size))?))
    }

    fn line(&mut self, size: usize) -> Result<LineString> {
        let count = self.count(size)?;
        self.positions += count;
        self.budget.check_positions(self.positions)?;
        let line: Vec<Coord> = (0..count).map(|_| self.coord(size)).collect::<Result<_>>()?;
        // Only an empty point may have NaN coordinates (OGC 06-103r4).
        match line.iter().all(|at| at.x.is_finite() && at.y.is_finite()) {
            true => Ok(LineString(line)),
            false => Err(not_wkb("a position is infinite or no number")),
        }
    }

    /// Reads a count and as many parts of at least `least` bytes.
    fn list<T>(&mut self, least: usize, mut part: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count(least)?;
        self.parts += count;
        self.budget.check_positions(self.parts)?;
        (0..count).map(|_| part(self)).collect()
    }

    /// Reads a count of parts of at least `least` bytes. A count that exceeds the remaining bytes
    /// fails before memory is allocated.
    fn count(&mut self, least: usize) -> Result<usize> {
        let count = self.number()? as usize;
        if count > self.rest.len() / least { Err(too_short()) } else { Ok(count) }
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

fn not_wkb(message: &str) -> Error {
    Error::invalid(format!("not WKB: {message}"))
}

fn too_short() -> Error {
    not_wkb("it ends early")
}

fn arcs(kind: &str) -> Error {
    Error::invalid(format!(
        "a {kind} has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)"
    ))
}

fn of_rings(rings: Vec<LineString>) -> Polygon {
    let mut rings = rings.into_iter();
    Polygon::new(rings.next().unwrap_or_else(|| LineString(Vec::new())), rings.collect())
}

/// Combines the parts of a multi-part type, which must all have its kind.
fn gathered(kind: u32, parts: Vec<Geometry>) -> Result<Geometry> {
    fn all<T: TryFrom<Geometry>>(parts: Vec<Geometry>) -> Result<Vec<T>> {
        let one = |part| T::try_from(part).map_err(|_| not_wkb("it has parts of another kind"));
        parts.into_iter().map(one).collect()
    }
    Ok(match kind {
        4 => MultiPoint(all(parts)?).into(),
        5 | 11 => MultiLineString(all(parts)?).into(),
        6 | 12 | 15 | 16 => MultiPolygon(all(parts)?).into(),
        10 => of_rings(all(parts)?).into(),
        _ => Geometry::GeometryCollection(GeometryCollection(parts)),
    })
}

#[cfg(test)]
mod tests {
    use geo::Area;
    use proptest::prelude::*;

    use super::{read as read_within, read_gpkg as read_gpkg_within, *};
    use crate::ReadLimits;

    fn read(bytes: &[u8]) -> Result<Geometry> {
        read_within(bytes, &ReadBudget::default())
    }

    fn read_gpkg(bytes: &[u8]) -> Result<Geometry> {
        read_gpkg_within(bytes, &ReadBudget::default())
    }

    /// Returns little-endian WKB of a kind, followed by counts and positions.
    fn wkb(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        [&[1][..], &kind.to_le_bytes(), &parts.concat()].concat()
    }

    fn count(count: u32) -> [u8; 4] {
        count.to_le_bytes()
    }

    fn floats(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn line(values: &[f64], positions: u32) -> Vec<u8> {
        [&count(positions)[..], &floats(values)].concat()
    }

    const FLAT: [f64; 8] = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0];
    const HIGH: [f64; 12] = [0.0, 0.0, 9.0, 1.0, 0.0, 9.0, 1.0, 1.0, 9.0, 0.0, 0.0, 9.0];

    #[test]
    fn heights_are_dropped_in_both_dialects() {
        for code in [1000, 2000, 0x8000_0000, 0x4000_0000, 0x8000_0000 + 1000] {
            let found = read(&wkb(code + 3, &[&count(1), &line(&HIGH, 4)])).unwrap();
            assert_eq!(found.unsigned_area(), 0.5, "{code}");
            let point = read(&wkb(code + 1, &[&floats(&[1.0, 2.0, 3.0])])).unwrap();
            assert_eq!(point, Point::new(1.0, 2.0).into(), "{code}");
        }
        for code in [3001, 0xc000_0001] {
            let point = read(&wkb(code, &[&floats(&[1.0, 2.0, 3.0, 4.0])])).unwrap();
            assert_eq!(point, Point::new(1.0, 2.0).into(), "{code}");
        }
    }

    #[test]
    fn a_curve_polygon_of_straight_lines_is_read() {
        let ring = |kind| wkb(kind, &[&line(&FLAT, 4)]);
        let curved = |kind| read(&wkb(10, &[&count(1), &ring(kind)]));
        assert_eq!(curved(2).unwrap().unsigned_area(), 0.5);
        insta::assert_snapshot!(curved(8).unwrap_err(), @"a CircularString has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)");
        insta::assert_snapshot!(curved(9).unwrap_err(), @"a CompoundCurve has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)");
    }

    #[test]
    fn surfaces_of_polygons_are_polygons() {
        let triangle = wkb(17, &[&count(1), &line(&FLAT, 4)]);
        let straight = wkb(10, &[&count(1), &wkb(2, &[&line(&FLAT, 4)])]);
        for kind in [12, 15, 16] {
            let found = read(&wkb(kind, &[&count(2), &triangle, &straight])).unwrap();
            assert!(matches!(&found, Geometry::MultiPolygon(parts) if parts.0.len() == 2), "{found:?}");
        }
        insta::assert_snapshot!(read(&wkb(4, &[&count(1), &triangle])).unwrap_err(), @"not WKB: it has parts of another kind");
        insta::assert_snapshot!(read(&wkb(14, &[])).unwrap_err(), @"not WKB: type 14 is not one that can be read");
    }

    #[test]
    fn declared_sizes_and_depths_are_checked() {
        for kind in [2, 3, 4, 5, 6, 7, 10] {
            let error = read(&wkb(kind, &[&count(u32::MAX), &count(u32::MAX)])).unwrap_err();
            assert_eq!(error.to_string(), "not WKB: it ends early", "{kind}");
        }
        let nested = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(100_000);
        insta::assert_snapshot!(read(&nested).unwrap_err(), @"not WKB: it is nested more than 32 deep");
    }

    #[test]
    fn lines_need_finite_positions_and_points_may_be_empty() {
        for value in [f64::NAN, f64::INFINITY] {
            let ring = wkb(3, &[&count(1), &line(&[0.0, 0.0, 1.0, 0.0, value, 1.0, 0.0, 0.0], 4)]);
            insta::allow_duplicates! {
                insta::assert_snapshot!(read(&ring).unwrap_err(), @"not WKB: a position is infinite or no number");
            }
        }
        assert!(read(&wkb(1, &[&floats(&[f64::NAN, f64::NAN])])).is_ok());
    }

    #[test]
    fn positions_and_parts_count_before_they_are_read() {
        let few = ReadBudget::new(ReadLimits::default().positions(4));
        let ring = line(&FLAT, 4);
        assert!(read_within(&wkb(3, &[&count(1), &ring]), &few).is_ok());
        let two = wkb(3, &[&count(2), &ring, &ring]);
        insta::assert_snapshot!(read_within(&two, &few).unwrap_err(), @"it has more than 4 positions: simplify it, cut it into parts, or raise `ReadLimits::positions`");
        let empty = wkb(3, &[&count(5), &[0; 20]]);
        insta::assert_snapshot!(read_within(&empty, &few).unwrap_err(), @"it has more than 4 positions: simplify it, cut it into parts, or raise `ReadLimits::positions`");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(kind in 0_u32..20, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (read(&bytes), read_gpkg(&bytes), read(&wkb(kind, &[&bytes])));
            let _ = read_gpkg(&[&b"GP\0\x01\0\0\0\0"[..], &wkb(kind, &[&bytes])].concat());
        }
    }
}
