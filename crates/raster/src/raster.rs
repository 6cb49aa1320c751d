//! Raster, opened by its header.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use up42_core::error::Context;
use up42_core::geo::crs::Crs;
use up42_core::limits::{ReadBudget, ReadLimits};
use up42_core::{Error, Result};

use crate::band::Band;
use crate::codec::Codec;
use crate::facts;
use crate::level::Level;
use crate::source::{LocalFile, ReadAt};
use crate::tiff::{Georeference, Header};
use crate::transform::GeoTransform;

/// Largest number of bytes of a window and of a block by default: a band of Sentinel-2 as numbers
/// takes 1 GB.
const MOST_BYTES: u64 = 2_000_000_000;

/// Raster whose header is read and whose pixels are read by windows. Clones are cheap and share the
/// source.
#[derive(Clone, Debug)]
pub struct Raster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    header: Header,
    facts: Facts,
    limits: ReadLimits,
}

/// What a header states besides the layout of its images.
#[derive(Debug)]
pub(crate) struct Facts {
    pub bands: Vec<Band>,
    pub crs: Option<Crs>,
    pub georeference: Georeference,
    pub is_point: bool,
    pub palette: Vec<[u8; 4]>,
    pub photometric: Photometric,
    pub masking: Masking,
}

/// Source of the valid pixels. As in GDAL, one source counts even if a file has several: values
/// that a lossy codec changed are not equal to the nodata value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Masking {
    None,
    Mask,
    Nodata,
    /// Band whose 0 is no data in all other bands.
    Alpha(usize),
}

/// Meaning of values as colours (tag PhotometricInterpretation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Photometric {
    MinIsWhite,
    MinIsBlack,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
    CieLab,
    Other,
}

/// Ground control point: a position in pixels, and its coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Gcp {
    pub column: f64,
    pub row: f64,
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

impl Raster {
    /// Opens a local file and reads its header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](up42_core::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if it is not a GeoTIFF, or
    /// has a layout that is not supported. The error names the file and the remedy.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(path).map_err(Error::from).and_then(LocalFile::new);
        Self::from_source(Arc::new(file.with_context(|| in_raster(&name))?), name)
    }

    /// Opens a source and reads its header; errors contain `name`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and those of the source.
    pub fn from_source(source: Arc<dyn ReadAt>, name: impl Into<String>) -> Result<Self> {
        Self::from_source_within(source, name, &ReadLimits::default().bytes(MOST_BYTES))
    }

    /// Opens a source as [`from_source`](Self::from_source) does, with other limits than 60 s for
    /// the header, and 2 GB for a block and for a window.
    ///
    /// # Errors
    ///
    /// As [`from_source`](Self::from_source).
    pub fn from_source_within(
        source: Arc<dyn ReadAt>,
        name: impl Into<String>,
        limits: &ReadLimits,
    ) -> Result<Self> {
        let name = name.into();
        let budget = ReadBudget::new(limits.clone());
        let opened = Header::read(source, &budget)
            .and_then(|(header, main)| facts::read(&header, &main, &budget).map(|facts| (header, facts)));
        let (header, facts) = opened.with_context(|| in_raster(&name))?;
        Ok(Self(Arc::new(Inner { name, header, facts, limits: limits.clone() })))
    }

    /// Returns the name of the file.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.level(0).width()
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.level(0).height()
    }

    /// Returns the bands, in the order of the file.
    pub fn bands(&self) -> &[Band] {
        &self.facts().bands
    }

    /// Returns the coordinate system; `None` if the file states none.
    pub fn crs(&self) -> Option<&Crs> {
        self.facts().crs.as_ref()
    }

    /// Returns the transformation from pixels to coordinates; `None` without georeference, and for
    /// files that are placed by ground control points or RPCs only.
    pub fn transform(&self) -> Option<GeoTransform> {
        self.facts().georeference.transform
    }

    /// Returns the ground control points, if the file is placed by them only. Positions are as in
    /// [`GeoTransform`].
    pub fn gcps(&self) -> &[Gcp] {
        &self.facts().georeference.gcps
    }

    /// Returns whether the file has rational polynomial coefficients.
    pub fn has_rpcs(&self) -> bool {
        self.facts().georeference.has_rpcs
    }

    /// Returns whether values are those of points at the centres of pixels (RasterPixelIsPoint),
    /// and not of their areas. [`transform`](Self::transform) is the same for both.
    pub fn is_point(&self) -> bool {
        self.facts().is_point
    }

    /// Returns the colours of values with opacity; empty if there is no palette. The nodata value is
    /// transparent.
    pub fn palette(&self) -> &[[u8; 4]] {
        &self.facts().palette
    }

    /// Returns the meaning of values as colours.
    pub fn photometric(&self) -> Photometric {
        self.facts().photometric
    }

    /// Returns the compression of blocks.
    pub fn codec(&self) -> Codec {
        self.header().levels[0].image.codec
    }

    /// Returns the width and height of the blocks of the full resolution.
    pub fn block_size(&self) -> (usize, usize) {
        self.level(0).block_size()
    }

    /// Returns the factor of each overview, from the largest overview: 2 is half the resolution.
    pub fn overviews(&self) -> Vec<usize> {
        let factor = |level| (self.width() as f64 / self.level(level).width() as f64).round() as usize;
        (1..self.level_count()).map(factor).collect()
    }

    /// Returns the number of levels: one, and one per overview.
    pub fn level_count(&self) -> usize {
        self.header().levels.len()
    }

    /// Returns a level: 0 is the full resolution, 1 the largest overview.
    ///
    /// # Panics
    ///
    /// If `index` is not less than [`level_count`](Self::level_count).
    pub fn level(&self, index: usize) -> Level {
        assert!(index < self.level_count(), "level {index} of {}", self.level_count());
        Level::new(self.clone(), index)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.0.header
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.0.facts
    }

    pub(crate) fn limits(&self) -> &ReadLimits {
        &self.0.limits
    }

    /// Returns the operation that the error of a raster starts with.
    pub(crate) fn context(&self) -> String {
        in_raster(&self.0.name)
    }
}

fn in_raster(name: &str) -> String {
    format!("read raster `{name}`")
}
