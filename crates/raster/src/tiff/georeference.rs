//! Position of a raster (OGC GeoTIFF 1.1, clause 7.2; GDAL's handling of ground control points).

use up42_core::Result;

use super::directory::{Directory, Reader};
use super::tags;
use crate::raster::Gcp;
use crate::transform::GeoTransform;

/// Position: a transformation or ground control points, or none.
#[derive(Debug, Default)]
pub struct Georeference {
    pub transform: Option<GeoTransform>,
    pub gcps: Vec<Gcp>,
    pub has_rpcs: bool,
}

impl Georeference {
    pub fn read(reader: &Reader, directory: &Directory, is_point: bool) -> Result<Self> {
        let numbers = |tag| directory.entries.get(&tag).map_or(Ok(Vec::new()), |entry| reader.reals(entry));
        let scale = numbers(tags::MODEL_PIXEL_SCALE)?;
        let ties = numbers(tags::MODEL_TIEPOINT)?;
        let matrix = numbers(tags::MODEL_TRANSFORMATION)?;
        let has_rpcs = directory.entries.contains_key(&tags::RPC_COEFFICIENTS);
        let middle = if is_point { 0.5 } else { 0.0 };
        let transform = match (&scale[..], &ties[..], &matrix[..]) {
            ([width, height, ..], [column, row, _, x, y, _, ..], _) if *width != 0.0 && *height != 0.0 => {
                // GDAL takes the height without its sign: rows go south.
                let height = -height.abs();
                Some([x - column * width, *width, 0.0, y - row * height, 0.0, height])
            }
            (_, _, [a, b, _, x, d, e, _, y, ..]) => Some([*x, *a, *b, *y, *d, *e]),
            _ => None,
        };
        let transform = transform.map(GeoTransform).map(|transform| {
            let (x, y) = transform.apply(-middle, -middle);
            let [_, a, b, _, d, e] = transform.0;
            GeoTransform([x, a, b, y, d, e])
        });
        // GDAL writes the identity to files that only RPCs place.
        let is_identity = transform == Some(GeoTransform([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
        let transform = transform.filter(|transform| {
            transform.0.iter().all(|number| number.is_finite()) && !(has_rpcs && is_identity)
        });
        let gcps = ties.chunks_exact(6).map(|tie| Gcp {
            column: tie[0] + middle,
            row: tie[1] + middle,
            x: tie[3],
            y: tie[4],
            z: tie[5],
        });
        let gcps = if transform.is_none() && scale.is_empty() { gcps.collect() } else { Vec::new() };
        Ok(Self { transform, gcps, has_rpcs })
    }
}
