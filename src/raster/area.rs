//! Areas of interest in the coordinates of a raster.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use up42_raster::{GeoTransform, Locator};

use up42_core::error::{Error, Result};

/// Largest distance in pixels of an edge from its course on the Earth.
const TOLERANCE: f64 = 0.05;

/// Largest number of times that an edge is halved.
const MAX_HALVINGS: u32 = 12;

/// Returns an area, whose edges are straight in longitude and latitude, in the coordinates of a
/// raster. It is empty if a part of it lies outside of the raster's coordinate system, and so
/// outside of the raster.
pub(super) fn in_coordinates(
    area: &MultiPolygon,
    locator: &Locator,
    transform: &GeoTransform,
) -> MultiPolygon {
    let ring = |ring: &LineString| -> Result<LineString> {
        let pixels = in_pixels(ring, locator)?;
        Ok(pixels.into_iter().map(|pixel| Coord::from(transform.apply(pixel.x, pixel.y))).collect())
    };
    let polygon = |polygon: &Polygon| -> Result<Polygon> {
        let holes = polygon.interiors().iter().map(ring).collect::<Result<_>>()?;
        Ok(Polygon::new(ring(polygon.exterior())?, holes))
    };
    let polygons: Result<Vec<_>> = area.iter().map(polygon).collect();
    MultiPolygon::new(polygons.unwrap_or_default())
}

/// Returns a ring in pixels, with the positions that its edges need to follow their course.
fn in_pixels(ring: &LineString, locator: &Locator) -> Result<Vec<Coord>> {
    let pixel = |place: Coord| locator.to_pixel(place.x, place.y).map(Coord::from);
    let mut pixels = Vec::with_capacity(ring.0.len());
    let Some(first) = ring.0.first() else { return Ok(pixels) };
    pixels.push(pixel(*first)?);
    for edge in ring.lines() {
        // Edges that are not added yet, the next one last.
        let mut open = vec![((edge.start, pixel(edge.start)?), (edge.end, pixel(edge.end)?), 0)];
        while let Some((from, to, halvings)) = open.pop() {
            let middle = (from.0 + to.0) / 2.0;
            let there = pixel(middle)?;
            let off = there - (from.1 + to.1) / 2.0;
            if off.x.hypot(off.y) <= TOLERANCE || halvings == MAX_HALVINGS {
                pixels.push(to.1);
            } else {
                open.push(((middle, there), to, halvings + 1));
                open.push((from, (middle, there), halvings + 1));
            }
        }
    }
    match pixels.iter().all(|pixel| pixel.x.is_finite() && pixel.y.is_finite()) {
        true => Ok(pixels),
        false => Err(Error::invalid("the area has positions without coordinates")),
    }
}
