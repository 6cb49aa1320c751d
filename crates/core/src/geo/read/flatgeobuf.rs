//! Reader of FlatGeobuf 3. The frames are parsed here, since the library's reader allocates the
//! memory that a frame states; each buffer is verified before it is used.

use flatgeobuf::{
    ColumnType, Feature as Buffer, Geometry as Shape, GeometryType, Header, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use super::broken;
use super::source::{Features, Layer, name_column};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::limits::ReadBudget;

/// Length of the magic number in bytes.
const MAGIC: usize = 8;

/// Largest number of columns that are searched: each feature may have some of its own.
const COLUMNS: usize = 10_000;

/// Length of a node of the index in bytes: a box and an offset.
const NODE: u64 = 40;

/// Reads the layer; without a coordinate system it is WGS 84.
pub fn read(bytes: &[u8], budget: &ReadBudget) -> Result<Layer> {
    let mut rest = bytes.get(MAGIC..).unwrap_or_default();
    let header = size_prefixed_root_as_header(frame(&mut rest)?).map_err(broken("FlatGeobuf"))?;
    rest = usize::try_from(index_size(&header)).ok().and_then(|size| rest.get(size..)).ok_or_else(cut_off)?;
    let mut features = Features::new(budget);
    while !rest.is_empty() {
        let buffer = size_prefixed_root_as_feature(frame(&mut rest)?).map_err(broken("FlatGeobuf"))?;
        let shape = buffer.geometry().map(|shape| polygons(&shape, header.geometry_type(), budget));
        let shape = shape.transpose().map(Option::flatten);
        features.push(name(&header, &buffer), shape)?;
    }
    let crs = header.crs().map_or(Crs::Wgs84, |crs| match (crs.code(), crs.code_string(), crs.wkt()) {
        (1.., ..) => Crs::from_authority(crs.org().unwrap_or("EPSG"), &crs.code().to_string()),
        (_, Some(code), _) => Crs::from_authority(crs.org().unwrap_or("EPSG"), code),
        (_, _, Some(wkt)) => Crs::from_wkt(wkt),
        _ => Crs::from_name(crs.name().unwrap_or("without a name")),
    });
    Ok(Layer { name: header.name().map(str::to_owned), crs, features: features.found })
}

/// Returns the next buffer, including its size prefix.
fn frame<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let size = rest.first_chunk::<4>().map(|size| u32::from_le_bytes(*size)).ok_or_else(cut_off)?;
    let end = usize::try_from(size).ok().and_then(|size| size.checked_add(4)).ok_or_else(cut_off)?;
    // A verifier reads at least eight bytes.
    let (frame, after) = rest.split_at_checked(end.max(8)).ok_or_else(cut_off)?;
    *rest = after;
    Ok(frame)
}

fn cut_off() -> Error {
    Error::invalid("not FlatGeobuf: the file ends early")
}

/// Returns the size of the packed R-tree in bytes: its leaves, and the levels above them.
fn index_size(header: &Header) -> u64 {
    let (mut level, width) = (header.features_count(), u64::from(header.index_node_size()));
    if level == 0 || width < 2 {
        return 0;
    }
    let mut nodes = level;
    while level > 1 {
        level = level.div_ceil(width);
        nodes = nodes.saturating_add(level);
    }
    // A single leaf has a root above it, too.
    nodes.saturating_add(u64::from(header.features_count() == 1)).saturating_mul(NODE)
}

fn polygons(shape: &Shape, of_file: GeometryType, budget: &ReadBudget) -> Result<Option<Geometry>> {
    let mut found = Parts { polygons: Vec::new(), positions: 0, rings: 0, budget };
    let kind = if of_file == GeometryType::Unknown { shape.type_() } else { of_file };
    found.collect(shape, kind)?;
    Ok((!found.polygons.is_empty()).then_some(Geometry::MultiPolygon(MultiPolygon::new(found.polygons))))
}

/// Polygons of one feature. A buffer may contain a part once and refer to it often, so its size
/// does not limit theirs.
struct Parts<'a> {
    polygons: Vec<Polygon>,
    positions: usize,
    /// Number of rings, and of polygons without rings: they take memory, too.
    rings: usize,
    budget: &'a ReadBudget,
}

impl Parts<'_> {
    /// Collects the polygons. Recursion is limited by the verifier, to a depth of 64.
    fn collect(&mut self, shape: &Shape, kind: GeometryType) -> Result<()> {
        match kind {
            GeometryType::Polygon | GeometryType::Triangle => self.add(shape)?,
            GeometryType::MultiPolygon | GeometryType::PolyhedralSurface | GeometryType::TIN => {
                for part in shape.parts().iter().flatten() {
                    self.add(&part)?;
                }
            }
            GeometryType::GeometryCollection | GeometryType::MultiSurface => {
                for part in shape.parts().iter().flatten() {
                    self.budget.check_time()?;
                    self.collect(&part, part.type_())?;
                }
            }
            GeometryType::CurvePolygon => {
                return Err(Error::invalid(
                    "a CurvePolygon has arcs: convert it to straight lines first (ogr2ogr -nlt CONVERT_TO_LINEAR)",
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, shape: &Shape) -> Result<()> {
        self.positions += shape.xy().map_or(0, |xy| xy.len() / 2);
        self.rings += shape.ends().map_or(0, |ends| ends.len()).max(1);
        self.budget.check_positions(self.positions.max(self.rings))?;
        self.polygons.extend(polygon(shape)?);
        Ok(())
    }
}

/// Returns the polygon of a geometry: `xy` are all positions, and `ends` the end of each ring if
/// there are several.
fn polygon(shape: &Shape) -> Result<Option<Polygon>> {
    let xy: Vec<f64> = shape.xy().iter().flatten().collect();
    let positions: Vec<Coord> = xy.chunks_exact(2).map(|xy| Coord { x: xy[0], y: xy[1] }).collect();
    let ends: Vec<usize> = match shape.ends() {
        Some(ends) if !ends.is_empty() => ends.iter().map(|end| end as usize).collect(),
        _ => vec![positions.len()],
    };
    let mut from = 0;
    let mut rings = Vec::with_capacity(ends.len());
    for end in ends {
        let ring = positions.get(from..end).ok_or_else(|| Error::invalid("a ring ends where it cannot"))?;
        rings.push(LineString::new(ring.to_vec()));
        from = end;
    }
    let mut rings = rings.into_iter();
    Ok(rings.next().map(|outer| Polygon::new(outer, rings.collect())))
}

/// Returns the feature's name, if the column of names contains text or an integer.
fn name(header: &Header, feature: &Buffer) -> Option<String> {
    let columns: Vec<_> = feature.columns().or_else(|| header.columns())?.iter().take(COLUMNS).collect();
    let best = name_column(columns.iter().map(|column| column.name()))?;
    let properties = feature.properties()?;
    let mut rest = properties.bytes();
    let mut take = |size: usize| -> Option<&[u8]> {
        let (taken, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(taken)
    };
    loop {
        let column = columns.get(usize::from(u16::from_le_bytes(*take(2)?.first_chunk()?)))?;
        let size = match column.type_() {
            ColumnType::Bool | ColumnType::Byte | ColumnType::UByte => 1,
            ColumnType::Short | ColumnType::UShort => 2,
            ColumnType::Int | ColumnType::UInt | ColumnType::Float => 4,
            ColumnType::Long | ColumnType::ULong | ColumnType::Double => 8,
            _ => u32::from_le_bytes(*take(4)?.first_chunk()?) as usize,
        };
        let value = take(size)?;
        if column.name() == best {
            let name = match column.type_() {
                ColumnType::String => String::from_utf8_lossy(value).into_owned(),
                ColumnType::Int => i32::from_le_bytes(*value.first_chunk()?).to_string(),
                ColumnType::UInt => u32::from_le_bytes(*value.first_chunk()?).to_string(),
                ColumnType::Long => i64::from_le_bytes(*value.first_chunk()?).to_string(),
                ColumnType::ULong => u64::from_le_bytes(*value.first_chunk()?).to_string(),
                _ => return None,
            };
            return Some(name).filter(|name| !name.is_empty());
        }
    }
}
