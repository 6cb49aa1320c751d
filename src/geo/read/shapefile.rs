//! ESRI Shapefiles (technical description of July 1998) and the files beside them.

use std::io::Cursor;
use std::path::Path;

use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::{Area, BoundingRect, Coord, Geometry, Intersects, MultiPolygon, Polygon};
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, Shape, ShapeReader};

use super::source::{Feature, Layer};
use super::{broken, bytes, dbf};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;

/// A Shapefile with the `.prj` and `.dbf` that lie beside it, if any.
pub(super) fn read(path: &Path, shp: &[u8]) -> Result<Layer> {
    // Old programs write capitals.
    let beside = |extension: &str| {
        let path = [extension.to_owned(), extension.to_uppercase()]
            .map(|extension| path.with_extension(extension))
            .into_iter()
            .find(|path| path.exists())?;
        Some(bytes(&path))
    };
    parts(shp, beside("dbf").transpose()?.as_deref(), beside("prj").transpose()?.as_deref())
}

/// A Shapefile from its parts. Without a `.prj` it is taken as WGS 84.
pub(super) fn parts(shp: &[u8], dbf: Option<&[u8]>, prj: Option<&[u8]>) -> Result<Layer> {
    let crs = prj.map(|prj| Crs::from_wkt(&String::from_utf8_lossy(prj)));
    let mut names = dbf.map(dbf::names).unwrap_or_default().into_iter();
    let mut reader = ShapeReader::new(Cursor::new(shp)).map_err(broken("a Shapefile"))?;
    let mut features = Vec::new();
    for shape in reader.iter_shapes() {
        let shape = shape.map_err(broken("a Shapefile"))?;
        features.push(Feature { name: names.next().flatten(), shape: polygons(shape) });
    }
    Ok(Layer { name: None, crs: crs.unwrap_or(Crs::Wgs84), features })
}

fn polygons(shape: Shape) -> Result<Option<Geometry>> {
    let shape = match shape {
        Shape::Polygon(polygon) => assembled(polygon.into_inner()),
        Shape::PolygonM(polygon) => assembled(polygon.into_inner()),
        Shape::PolygonZ(polygon) => assembled(polygon.into_inner()),
        Shape::Multipatch(_) => {
            return Err(Error::invalid("a MultiPatch is a body: export its footprint as polygons first"));
        }
        _ => return Ok(None),
    };
    Ok(Some(Geometry::MultiPolygon(shape)))
}

/// Rings as polygons. A hole belongs to the smallest ring around it, wherever that
/// stands; one that nothing surrounds is a ring drawn the wrong way round.
fn assembled<P: HasXY>(rings: Vec<PolygonRing<P>>) -> MultiPolygon {
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
    MultiPolygon::new(outer)
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
    fn holes_find_their_ring() {
        use PolygonRing::{Inner, Outer};
        // An island in a lake; the lake's shore stands last.
        let rings = vec![Outer(square(0.0, 10.0)), Outer(square(4.0, 6.0)), Inner(square(2.0, 8.0))];
        let Ok(Some(Geometry::MultiPolygon(found))) =
            parts(&shp(rings), None, None).unwrap().features.remove(0).shape
        else {
            panic!("polygons")
        };
        assert_eq!(found.unsigned_area(), 100.0 - 36.0 + 4.0);
        assert_eq!(found.0[0].interiors().len(), 1);
        let alone = parts(&shp(vec![Inner(square(0.0, 1.0))]), None, None).unwrap().features.remove(0);
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
            let _ = parts(&shp, None, Some(&shp));
        }
    }
}
