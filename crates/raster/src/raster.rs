//! Raster, opened by its header.

use std::path::Path;
use std::sync::Arc;

use up42_core::Result;
use up42_core::geo::crs::Crs;

use crate::band::Band;
use crate::level::Level;
use crate::source::ReadAt;
use crate::transform::GeoTransform;

/// Raster whose header is read and whose pixels are read by windows. Clones are cheap and share the
/// source.
#[derive(Clone, Debug)]
pub struct Raster(#[allow(dead_code)] Arc<()>);

/// Compression of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Codec {
    None,
    Deflate,
    Lzw,
    Zstd,
    PackBits,
    Jpeg,
    Lerc,
    LercDeflate,
    LercZstd,
    Jpeg2000,
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
    pub fn open(_path: impl AsRef<Path>) -> Result<Self> {
        unimplemented!()
    }

    /// Opens a source and reads its header; errors contain `name`.
    pub fn from_source(_source: Arc<dyn ReadAt>, _name: impl Into<String>) -> Result<Self> {
        unimplemented!()
    }

    /// Returns the name of the file.
    pub fn name(&self) -> &str {
        unimplemented!()
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        unimplemented!()
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        unimplemented!()
    }

    /// Returns the bands, in the order of the file.
    pub fn bands(&self) -> &[Band] {
        unimplemented!()
    }

    /// Returns the coordinate system; `None` if the file states none.
    pub fn crs(&self) -> Option<&Crs> {
        unimplemented!()
    }

    /// Returns the transformation from pixels to coordinates; `None` without georeference, and for
    /// files that are placed by ground control points or RPCs only.
    pub fn transform(&self) -> Option<GeoTransform> {
        unimplemented!()
    }

    /// Returns the number of levels: one, and one per overview.
    pub fn level_count(&self) -> usize {
        unimplemented!()
    }

    /// Returns a level: 0 is the full resolution, 1 the largest overview.
    ///
    /// # Panics
    ///
    /// If `index` is not less than [`level_count`](Self::level_count).
    pub fn level(&self, _index: usize) -> Level {
        unimplemented!()
    }
}
