//! Conversion between pixels and longitude and latitude.

use up42_core::error::Context;
use up42_core::geo::crs::{Crs, Transformation};
use up42_core::{Error, Result};

use crate::raster::Raster;
use crate::transform::GeoTransform;

/// Metres of one degree of latitude.
const DEGREE: f64 = 111_320.0;

/// Conversion between positions in pixels of the full resolution and longitude and latitude (WGS
/// 84, in degrees).
#[derive(Debug)]
pub struct Locator {
    transform: GeoTransform,
    inverse: GeoTransform,
    /// `None` if coordinates are WGS 84.
    transformation: Option<Transformation>,
}

impl Locator {
    /// Returns longitude and latitude of a position in pixels; whole numbers are corners of pixels.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) for a position outside of
    /// the coordinate system.
    pub fn to_lon_lat(&self, column: f64, row: f64) -> Result<(f64, f64)> {
        let (x, y) = self.transform.apply(column, row);
        self.transformation.as_ref().map_or(Ok((x, y)), |transformation| transformation.to_lon_lat(x, y))
    }

    /// Returns the position in pixels of a longitude and latitude, which may lie outside of the
    /// raster.
    ///
    /// # Errors
    ///
    /// As [`to_lon_lat`](Self::to_lon_lat).
    pub fn to_pixel(&self, lon: f64, lat: f64) -> Result<(f64, f64)> {
        let (x, y) = match &self.transformation {
            Some(transformation) => transformation.from_lon_lat(lon, lat)?,
            None => (lon, lat),
        };
        Ok(self.inverse.apply(x, y))
    }
}

impl Raster {
    /// Returns the conversion between pixels and longitude and latitude.
    ///
    /// The shift of the datum NAD27 differs by place; its mean is used where half a pixel is larger
    /// than the difference.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) without georeference, and for
    /// a coordinate system that is not supported. The error names the remedy.
    pub fn locator(&self) -> Result<Locator> {
        self.try_locator().with_context(|| self.context())
    }

    fn try_locator(&self) -> Result<Locator> {
        let placed = self.transform().and_then(|transform| Some((transform, transform.inverse()?)));
        let Some((transform, inverse)) = placed else {
            return Err(Error::invalid(if !self.gcps().is_empty() {
                "only ground control points place it: place its pixels by `gdalwarp -tps`"
            } else if self.has_rpcs() {
                "only rational polynomial coefficients place it: orthorectify it by `gdalwarp -rpc`"
            } else {
                "it has no georeference: add one by `gdal_translate -a_srs EPSG:4326 -a_ullr W N E S`"
            }));
        };
        let crs = self.crs().ok_or_else(|| {
            Error::invalid("it has no coordinate system: add one by `gdal_edit.py -a_srs EPSG:4326`")
        })?;
        let [_, a, b, _, d, e] = transform.0;
        let metres = if matches!(crs, Crs::Wgs84) { DEGREE } else { 1.0 };
        let half = a.hypot(d).min(b.hypot(e)) * metres / 2.0;
        Ok(Locator { transform, inverse, transformation: crs.to_wgs84_within(half)? })
    }

    /// Returns longitude and latitude of the corners: upper left, upper right, lower right and lower
    /// left in pixels.
    ///
    /// # Errors
    ///
    /// As [`locator`](Self::locator).
    pub fn corners(&self) -> Result<[(f64, f64); 4]> {
        let locator = self.locator()?;
        let (width, height) = (self.width() as f64, self.height() as f64);
        let mut corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        for corner in &mut corners {
            *corner = locator.to_lon_lat(corner.0, corner.1).with_context(|| self.context())?;
        }
        Ok(corners)
    }

    /// Returns the values of all bands at a longitude and latitude, as stored; `None` is no data.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) for a position outside of the
    /// raster, and those of [`locator`](Self::locator) and [`Level::read`](crate::Level::read).
    pub fn at(&self, lon: f64, lat: f64) -> Result<Vec<Option<f64>>> {
        let position = self.locator()?.to_pixel(lon, lat).with_context(|| self.context())?;
        let pixel = |position: f64, size: usize| {
            let pixel = position.floor();
            (pixel >= 0.0 && pixel < size as f64).then_some(pixel as usize)
        };
        match (pixel(position.0, self.width()), pixel(position.1, self.height())) {
            (Some(column), Some(row)) => self.at_pixel(column, row),
            _ => Err(Error::invalid(format!("longitude {lon}, latitude {lat} lies outside of it"))
                .context(self.context())),
        }
    }

    /// Returns the values of all bands in a pixel of the full resolution, as stored; `None` is no
    /// data.
    ///
    /// # Errors
    ///
    /// As [`Level::read`](crate::Level::read).
    pub fn at_pixel(&self, column: usize, row: usize) -> Result<Vec<Option<f64>>> {
        let bands: Vec<_> = (0..self.bands().len()).collect();
        let pixel = crate::Rect { x: column, y: row, width: 1, height: 1 };
        let window = self.level(0).read(pixel, &bands)?;
        Ok(window.bands.iter().map(|values| Some(values[0]).filter(|value| !value.is_nan())).collect())
    }
}
