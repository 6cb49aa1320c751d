use std::fmt;

use geo::{BoundingRect, MultiPolygon, Rect};

use crate::error::{Error, Result};

/// A bounding box: west, south, east, north in degrees, WGS 84.
///
/// ```
/// # use up42::Bbox;
/// let dakar = Bbox::new(-17.54, 14.65, -17.42, 14.76)?;
/// assert_eq!(dakar.to_string(), "-17.54, 14.65, -17.42, 14.76");
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bbox {
    /// Smallest longitude, -180 to 180.
    pub west: f64,
    /// Smallest latitude, -90 to 90.
    pub south: f64,
    /// Largest longitude, -180 to 180.
    pub east: f64,
    /// Largest latitude, -90 to 90.
    pub north: f64,
}

impl Bbox {
    /// A bounding box from its four sides.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when a value
    /// is out of range, or when west is not west of east or south not south of
    /// north.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self> {
        let bbox = Self { west, south, east, north };
        for (lon, lat) in [(west, south), (east, north)] {
            check_position(lon, lat).map_err(|error| error.context(format!("bbox `{bbox}`")))?;
        }
        if west >= east || south >= north {
            return Err(Error::invalid(format!(
                "bbox `{bbox}` is empty: give west, south, east, north, with west < east and south < north"
            )));
        }
        Ok(bbox)
    }

    /// The box around a shape; `None` when the shape is empty.
    pub(crate) fn around(shape: &MultiPolygon) -> Option<Self> {
        let rect = shape.bounding_rect()?;
        let (min, max) = (rect.min(), rect.max());
        Some(Self { west: min.x, south: min.y, east: max.x, north: max.y })
    }

    /// West, south, east, north, as GeoJSON and STAC write it.
    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    /// The box as a polygon.
    pub(crate) fn to_polygon(self) -> MultiPolygon {
        Rect::new((self.west, self.south), (self.east, self.north)).to_polygon().into()
    }
}

impl fmt::Display for Bbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}, {}", self.west, self.south, self.east, self.north)
    }
}

/// Refuses what cannot be a longitude and a latitude, and says why it may be so.
pub(crate) fn check_position(lon: f64, lat: f64) -> Result<()> {
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
