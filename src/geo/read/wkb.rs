//! WKB (OGC 06-103r4), as GeoParquet has it and GeoPackage behind a header of its own.

use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};
use geozero::error::{GeozeroError, Result as Processed};
use geozero::wkb::{Ewkb, GpkgWkb, Wkb};
use geozero::{GeomProcessor, GeozeroGeometry};

use crate::error::{Error, Result};

/// The deepest nesting of collections; the parser recurses into them.
const DEEPEST: usize = 32;

/// The polygons of a WKB geometry; `None` where it has none.
pub(super) fn read(wkb: &[u8]) -> Result<Option<Geometry>> {
    // Some writers have EWKB's flags for height instead of ISO's thousands.
    let kind = match wkb {
        [0, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        [_, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => return Err(Error::invalid("not WKB: it ends early")),
    };
    match kind > 0xffff {
        true => polygons(Ewkb(wkb)),
        false => polygons(Wkb(wkb)),
    }
}

/// The same for a GeoPackage's geometry.
pub(super) fn read_gpkg(wkb: &[u8]) -> Result<Option<Geometry>> {
    polygons(GpkgWkb(wkb))
}

fn polygons(wkb: impl GeozeroGeometry) -> Result<Option<Geometry>> {
    let mut found = Found::default();
    match wkb.process_geom(&mut found) {
        Err(_) if found.curve.is_some() => {
            let curve = found.curve.unwrap_or_default();
            Err(Error::invalid(format!(
                "a {curve} has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)"
            )))
        }
        Err(error) => Err(Error::invalid(format!("not WKB: {error}"))),
        Ok(()) if found.polygons.is_empty() => Ok(None),
        Ok(()) => Ok(Some(Geometry::MultiPolygon(MultiPolygon::new(found.polygons)))),
    }
}

/// Collects the polygons of whatever comes. The sizes that WKB promises are not trusted
/// with memory: they may be four thousand million. Heights and measures never arrive.
#[derive(Default)]
struct Found {
    polygons: Vec<Polygon>,
    rings: Vec<LineString>,
    line: Vec<Coord>,
    is_polygon: bool,
    depth: usize,
    curve: Option<&'static str>,
}

impl Found {
    fn begin(&mut self) -> Processed<()> {
        self.is_polygon = true;
        self.rings.clear();
        Ok(())
    }

    fn end(&mut self) -> Processed<()> {
        self.is_polygon = false;
        let mut rings = std::mem::take(&mut self.rings).into_iter();
        if let Some(outer) = rings.next() {
            self.polygons.push(Polygon::new(outer, rings.collect()));
        }
        Ok(())
    }

    fn curve(&mut self, name: &'static str) -> Processed<()> {
        self.curve = Some(name);
        Err(GeozeroError::Geometry(name.to_owned()))
    }
}

impl GeomProcessor for Found {
    fn xy(&mut self, x: f64, y: f64, _: usize) -> Processed<()> {
        if self.is_polygon {
            self.line.push(Coord { x, y });
        }
        Ok(())
    }

    fn empty_point(&mut self, _: usize) -> Processed<()> {
        Ok(())
    }

    fn linestring_begin(&mut self, _: bool, _: usize, _: usize) -> Processed<()> {
        self.line.clear();
        Ok(())
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Processed<()> {
        if self.is_polygon {
            self.rings.push(LineString::new(std::mem::take(&mut self.line)));
        }
        Ok(())
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> Processed<()> {
        self.begin()
    }

    fn polygon_end(&mut self, _: bool, _: usize) -> Processed<()> {
        self.end()
    }

    fn triangle_begin(&mut self, _: bool, _: usize, _: usize) -> Processed<()> {
        self.begin()
    }

    fn triangle_end(&mut self, _: bool, _: usize) -> Processed<()> {
        self.end()
    }

    /// Its rings may be straight: then it is a polygon.
    fn curvepolygon_begin(&mut self, _: usize, _: usize) -> Processed<()> {
        self.begin()
    }

    fn curvepolygon_end(&mut self, _: usize) -> Processed<()> {
        self.end()
    }

    fn circularstring_begin(&mut self, _: usize, _: usize) -> Processed<()> {
        self.curve("CircularString")
    }

    fn compoundcurve_begin(&mut self, _: usize, _: usize) -> Processed<()> {
        self.curve("CompoundCurve")
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> Processed<()> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(GeozeroError::Geometry(format!("it is nested more than {DEEPEST} deep"))),
            false => Ok(()),
        }
    }

    fn geometrycollection_end(&mut self, _: usize) -> Processed<()> {
        self.depth -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;
    use proptest::prelude::*;

    /// Little-endian: a kind, then counts and positions.
    fn wkb(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        [&[1][..], &kind.to_le_bytes(), &parts.concat()].concat()
    }

    fn count(count: u32) -> [u8; 4] {
        count.to_le_bytes()
    }

    fn line(values: &[f64], positions: u32) -> Vec<u8> {
        let values = values.iter().flat_map(|value| value.to_le_bytes());
        count(positions).into_iter().chain(values).collect()
    }

    const FLAT: [f64; 8] = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0];
    const HIGH: [f64; 12] = [0.0, 0.0, 9.0, 1.0, 0.0, 9.0, 1.0, 1.0, 9.0, 0.0, 0.0, 9.0];

    #[test]
    fn heights_are_dropped_in_both_dialects() {
        for kind in [1003, 0x8000_0003] {
            let found = read(&wkb(kind, &[&count(1), &line(&HIGH, 4)])).unwrap().unwrap();
            assert_eq!(found.unsigned_area(), 0.5);
        }
        assert!(read(&wkb(2, &[&line(&FLAT, 4)])).unwrap().is_none(), "a line has no area");
    }

    #[test]
    fn a_curve_polygon_is_read_where_it_is_straight() {
        let ring = |kind| wkb(kind, &[&line(&FLAT, 4)]);
        let straight = read(&wkb(10, &[&count(1), &ring(2)])).unwrap().unwrap();
        assert_eq!(straight.unsigned_area(), 0.5);
        let error = read(&wkb(10, &[&count(1), &ring(8)])).unwrap_err();
        insta::assert_snapshot!(error, @"a CircularString has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)");
    }

    #[test]
    fn promises_of_sizes_and_depths_are_not_trusted() {
        assert!(read(&wkb(3, &[&count(u32::MAX), &count(u32::MAX)])).is_err());
        let nested = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(100_000);
        let told = read(&nested).unwrap_err().to_string();
        assert!(told.contains("nested more than 32 deep"), "{told}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(kind in 0_u32..20, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (read(&bytes), read_gpkg(&bytes), read(&wkb(kind, &[&bytes])));
            let _ = read_gpkg(&[&b"GP\0\x01\0\0\0\0"[..], &wkb(kind, &[&bytes])].concat());
        }
    }
}
