use std::fmt;

use geo::{BoundingRect, Geometry, MultiPolygon, Polygon, Rect};

use super::antimeridian::{cut_edges, split};
use super::polygons;
use crate::error::{Error, Result};

/// Bounding box: west, south, east, north in degrees, WGS 84.
///
/// A box across the antimeridian has a `west` larger than its `east` (RFC 7946, 5.2): Fiji is
/// `177, -19, -178, -16`.
///
/// ```
/// # mod up42 { pub use up42_core::{self as aoi, *}; }
/// # use up42::aoi::Bbox;
/// let dakar = Bbox::new(-17.54, 14.65, -17.42, 14.76)?;
/// assert_eq!(dakar.to_string(), "-17.54, 14.65, -17.42, 14.76");
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bbox {
    /// Longitude of the western side, -180 to 180.
    pub west: f64,
    /// Smallest latitude, -90 to 90.
    pub south: f64,
    /// Longitude of the eastern side, -180 to 180.
    pub east: f64,
    /// Largest latitude, -90 to 90.
    pub north: f64,
}

impl Bbox {
    /// Creates a bounding box from its four sides.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a value is out of range, if
    /// south is not less than north, or if west is not less than east, unless the box is the short
    /// way across the antimeridian.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self> {
        let bbox = Self { west, south, east, north };
        for (lon, lat) in [(west, south), (east, north)] {
            check_position(lon, lat).map_err(|error| error.context(format!("bbox `{bbox}`")))?;
        }
        // A box the long way round is more likely two values in the wrong order.
        let is_across = west - east > 180.0;
        if (west >= east && !is_across) || south >= north {
            return Err(Error::invalid(format!(
                "bbox `{bbox}` is empty: give west, south, east, north, with west < east and south < north"
            )));
        }
        Ok(bbox)
    }

    /// Returns whether the box crosses the antimeridian.
    #[doc(hidden)]
    pub fn is_across(self) -> bool {
        self.west > self.east
    }

    /// Returns the bounding box of a geometry on the Earth; `None` if the geometry is empty.
    #[doc(hidden)]
    pub fn of(shape: &Geometry) -> Option<Self> {
        match polygons(shape) {
            Some(shape) => Self::on_earth(&split(&shape)),
            None => shape.bounding_rect().map(Self::from),
        }
    }

    /// Returns the bounding box of a geometry that is [`split`]: across the antimeridian if parts
    /// touch it on both sides and do not cover all longitudes.
    #[doc(hidden)]
    pub fn on_earth(shape: &MultiPolygon) -> Option<Self> {
        let plain = Self::around(shape)?;
        if plain.west > -180.0 || plain.east < 180.0 {
            return Some(plain);
        }
        let mut parts: Vec<Rect> = shape.iter().filter_map(BoundingRect::bounding_rect).collect();
        parts.sort_by(|a, b| a.min().x.total_cmp(&b.min().x));
        // The box excludes the widest gap between parts.
        let (mut reached, mut widest, mut across) = (-180.0_f64, 0.0, plain);
        for part in parts {
            let gap = part.min().x - reached;
            if gap > widest {
                (widest, across) = (gap, Self { west: part.min().x, east: reached, ..plain });
            }
            reached = reached.max(part.max().x);
        }
        Some(across)
    }

    /// Returns the bounding box of a geometry in the plane; `None` if the geometry is empty.
    #[doc(hidden)]
    pub fn around(shape: &MultiPolygon) -> Option<Self> {
        shape.bounding_rect().map(Self::from)
    }

    /// Returns west, south, east, north, the order of GeoJSON and STAC.
    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    /// Returns the box as a polygon, or as two, one on each side of the antimeridian.
    #[doc(hidden)]
    pub fn to_polygon(self) -> MultiPolygon {
        let halves = match self.is_across() {
            true => vec![Self { east: 180.0, ..self }, Self { west: -180.0, ..self }],
            false => vec![self],
        };
        cut_edges(&MultiPolygon::new(halves.into_iter().map(Self::to_rect).collect()))
    }

    pub(super) fn to_rect(self) -> Polygon {
        Rect::new((self.west, self.south), (self.east, self.north)).to_polygon()
    }
}

impl From<Rect> for Bbox {
    fn from(rect: Rect) -> Self {
        let (min, max) = (rect.min(), rect.max());
        Self { west: min.x, south: min.y, east: max.x, north: max.y }
    }
}

impl fmt::Display for Bbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}, {}", self.west, self.south, self.east, self.north)
    }
}

/// Refuses values that cannot be a longitude and a latitude; the error states a likely reason.
pub fn check_position(lon: f64, lat: f64) -> Result<()> {
    let ok = |value: f64, limit: f64| value.is_finite() && value.abs() <= limit;
    match (ok(lon, 180.0), ok(lat, 90.0)) {
        (true, true) => Ok(()),
        (_, false) if ok(lat, 180.0) && ok(lon, 90.0) => Err(Error::invalid(format!(
            "latitude {lat} is outside -90 to 90: are the axes swapped? longitude comes first"
        ))),
        (false, false) => Err(Error::invalid(format!(
            "position {lon}, {lat} is not in degrees: reproject to WGS 84 (EPSG:4326) first"
        ))),
        (_, false) => Err(Error::invalid(format!("latitude {lat} is outside -90 to 90"))),
        (false, _) => Err(Error::invalid(format!("longitude {lon} is outside -180 to 180"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_may_lie_across_the_antimeridian() {
        let fiji = Bbox::new(177.0, -19.0, -178.0, -16.0).unwrap();
        let parts: Vec<_> = fiji.to_polygon().iter().map(|part| Bbox::around(&part.clone().into())).collect();
        let half = |west, east| Bbox::new(west, -19.0, east, -16.0).ok();
        assert_eq!(parts, [half(177.0, 180.0), half(-180.0, -178.0)]);
        assert_eq!(Bbox::on_earth(&fiji.to_polygon()), Some(fiji));
        let swapped = Bbox::new(-17.42, 14.65, -17.54, 14.76).unwrap_err();
        assert!(swapped.to_string().contains("with west < east"), "{swapped}");
    }
}
