//! Reader of ESRI Shapefiles (technical description of July 1998) and the files beside them.

use std::io::Cursor;
use std::path::Path;

use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::{Area, BoundingRect, Coord, Geometry, Intersects, MultiPolygon, Polygon};
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, Shape, ShapeReader};

use super::source::{Features, Layer};
use super::{broken, bytes, dbf};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::limits::ReadBudget;

/// Length of a file's header in bytes.
const HEADER: usize = 100;

/// Files beside a `.shp`, if they exist.
#[derive(Default)]
pub struct SidecarFiles {
    pub dbf: Option<Vec<u8>>,
    pub cpg: Option<Vec<u8>>,
    pub prj: Option<Vec<u8>>,
}

/// Reads a Shapefile and the files beside it.
pub fn read(path: &Path, shp: &[u8], budget: &ReadBudget) -> Result<Layer> {
    // Old programs write extensions in upper case.
    let beside = |extension: &str| {
        let path = [extension.to_owned(), extension.to_uppercase()]
            .map(|extension| path.with_extension(extension))
            .into_iter()
            .find(|path| path.exists());
        path.map(|path| bytes(&path, budget)).transpose()
    };
    parts(shp, SidecarFiles { dbf: beside("dbf")?, cpg: beside("cpg")?, prj: beside("prj")? }, budget)
}

/// Reads a Shapefile from its parts. Without a `.prj` it is WGS 84.
pub fn parts(shp: &[u8], beside: SidecarFiles, budget: &ReadBudget) -> Result<Layer> {
    let crs = beside.prj.map(|prj| Crs::from_wkt(&String::from_utf8_lossy(&prj)));
    // Names beyond the number of geometries are not used.
    let most = budget.limits().count;
    let records = beside.dbf.map(|dbf| dbf::records(&dbf, beside.cpg.as_deref(), most));
    let mut records = records.unwrap_or_default().into_iter();
    let header = ShapeReader::new(Cursor::new(shp)).map_err(broken("a Shapefile"))?.header().file_length;
    let mut rest = usize::try_from(header).ok().and_then(|words| shp.get(..words.checked_mul(2)?));
    rest = rest.or(Some(shp)).and_then(|shp| shp.get(HEADER..));
    let mut rest = rest.unwrap_or_default();
    let mut features = Features::new(budget);
    while !rest.is_empty() {
        let shape = shape(shp, record(&mut rest)?, budget)?;
        let record = records.next();
        if !record.as_ref().is_some_and(|record| record.is_deleted) {
            features.push(record.and_then(|record| record.name), polygons(shape, budget))?;
        }
    }
    Ok(Layer { name: None, crs: crs.unwrap_or(Crs::Wgs84), features: features.found })
}

/// Returns the next record, including its header of a number and a length.
fn record<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let cut_off = || Error::invalid("not a Shapefile: a record ends early");
    let words = rest.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_be_bytes);
    let length = words.and_then(|words| usize::try_from(words).ok()?.checked_mul(2)?.checked_add(8));
    let (record, after) = length.and_then(|length| rest.split_at_checked(length)).ok_or_else(cut_off)?;
    *rest = after;
    Ok(record)
}

/// Parses the geometry of a record as a file of its own. The numbers of parts and points are
/// checked before, since they take more memory than bytes.
fn shape(shp: &[u8], record: &[u8], budget: &ReadBudget) -> Result<Shape> {
    let number = |at: usize| {
        let bytes = record.get(8 + at..12 + at).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, i32::from_le_bytes).max(0) as usize
    };
    // A box precedes the counts.
    let (parts, points) = match number(0) {
        3 | 5 | 13 | 15 | 23 | 25 | 31 => (number(36), number(40)),
        8 | 18 | 28 => (0, number(36)),
        _ => (0, 0),
    };
    budget.check_positions(parts.max(points))?;
    let mut file = [&shp[..HEADER], record].concat();
    let words = u32::try_from(file.len() / 2).map_err(|_| budget.too_large())?;
    file[24..28].copy_from_slice(&words.to_be_bytes());
    let mut reader = ShapeReader::new(Cursor::new(file)).map_err(broken("a Shapefile"))?;
    let shape = reader.iter_shapes().next().unwrap_or(Ok(Shape::NullShape));
    shape.map_err(broken("a Shapefile"))
}

fn polygons(shape: Shape, budget: &ReadBudget) -> Result<Option<Geometry>> {
    let shape = match shape {
        Shape::Polygon(polygon) => assembled(polygon.into_inner(), budget)?,
        Shape::PolygonM(polygon) => assembled(polygon.into_inner(), budget)?,
        Shape::PolygonZ(polygon) => assembled(polygon.into_inner(), budget)?,
        Shape::Multipatch(_) => {
            return Err(Error::invalid("a MultiPatch is a body: export its footprint as polygons first"));
        }
        _ => return Ok(None),
    };
    Ok(Some(Geometry::MultiPolygon(shape)))
}

/// Returns rings as polygons. A hole belongs to the smallest ring around it, in any order; one
/// without a ring around it is an outer ring with the wrong orientation.
fn assembled<P: HasXY>(rings: Vec<PolygonRing<P>>, budget: &ReadBudget) -> Result<MultiPolygon> {
    let (mut outer, mut holes) = (Vec::new(), Vec::new());
    for ring in rings {
        let line = ring.points().iter().map(|point| Coord { x: point.x(), y: point.y() }).collect();
        match &ring {
            PolygonRing::Outer(_) => outer.push(Polygon::new(line, vec![])),
            PolygonRing::Inner(_) => holes.push(line),
        }
    }
    let bounds: Vec<_> = outer.iter().map(|ring| (ring.bounding_rect(), ring.unsigned_area())).collect();
    let mut lost = Vec::new();
    for hole in holes {
        budget.check_time()?;
        let Some(&start) = hole.0.first() else { continue };
        let is_around = |at: &usize| {
            bounds[*at].0.is_some_and(|bounds| bounds.intersects(&start))
                && coord_pos_relative_to_ring(start, outer[*at].exterior()) != CoordPos::Outside
        };
        let around = (0..bounds.len()).filter(is_around);
        match around.min_by(|&a, &b| bounds[a].1.total_cmp(&bounds[b].1)) {
            Some(at) => outer[at].interiors_push(hole),
            None => lost.push(Polygon::new(hole, vec![])),
        }
    }
    outer.extend(lost);
    Ok(MultiPolygon::new(outer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shapefile::{Point, ShapeWriter};

    fn square(from: f64, to: f64) -> Vec<Point> {
        [(from, from), (from, to), (to, to), (to, from), (from, from)].map(|(x, y)| Point::new(x, y)).into()
    }

    fn shp(rings: Vec<PolygonRing<Point>>) -> Vec<u8> {
        let mut shp = Cursor::new(Vec::new());
        let mut writer = ShapeWriter::new(&mut shp);
        writer.write_shape(&shapefile::Polygon::with_rings(rings)).unwrap();
        drop(writer);
        shp.into_inner()
    }

    #[test]
    fn holes_are_assigned_to_their_ring() {
        use PolygonRing::{Inner, Outer};
        // An island in a lake; the lake's shore is last.
        let rings = vec![Outer(square(0.0, 10.0)), Outer(square(4.0, 6.0)), Inner(square(2.0, 8.0))];
        let read = |rings| parts(&shp(rings), SidecarFiles::default(), &ReadBudget::default()).unwrap();
        let found = read(rings).features.remove(0).shape.unwrap().unwrap();
        assert_eq!(found.unsigned_area(), 100.0 - 36.0 + 4.0);
        assert_eq!(found.0[0].interiors().len(), 1);
        let alone = read(vec![Inner(square(0.0, 1.0))]).features.remove(0);
        assert_eq!(alone.shape.unwrap().unwrap().unsigned_area(), 1.0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(changes in proptest::collection::vec((0_usize..300, any::<u8>()), 1..5), length in 0_usize..300) {
            let mut shp = shp(vec![PolygonRing::Outer(square(0.0, 2.0)), PolygonRing::Inner(square(0.5, 1.0))]);
            for (at, byte) in changes {
                if let Some(changed) = shp.get_mut(at) {
                    *changed = byte;
                }
            }
            shp.truncate(length);
            let beside = SidecarFiles { prj: Some(shp.clone()), ..SidecarFiles::default() };
            let _ = parts(&shp, beside, &ReadBudget::default());
        }
    }
}
