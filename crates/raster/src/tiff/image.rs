//! Layout of one image of a file: full resolution, overview or mask.

use std::sync::{Arc, OnceLock};

use up42_core::{Error, Result};

use super::directory::{Directory, Entry, Reader};
use super::tags;
use crate::band::DataType;
use crate::codec::Codec;
use crate::window::Rect;

/// Largest number of samples of a pixel, as in GDAL.
const MOST_SAMPLES: u64 = 65_536;

/// Uncompressed images in one strip are read in parts of about this many bytes.
const STRIP_PART: usize = 1 << 20;

/// Layout of an image.
#[derive(Debug)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    /// Width and height of whole blocks: tiles or strips.
    pub block: (usize, usize),
    pub is_tiled: bool,
    pub samples: usize,
    /// Whether each sample has its own blocks.
    pub is_planar: bool,
    pub bits: usize,
    pub data_type: DataType,
    pub codec: Codec,
    pub predictor: u64,
    pub photometric: u64,
    pub extra_samples: Vec<u64>,
    pub has_reversed_bits: bool,
    pub jpeg_tables: Vec<u8>,
    pub is_reduced: bool,
    pub is_mask: bool,
    /// Whether the only strip of each plane is divided into blocks.
    is_divided: bool,
    offsets: Entry,
    counts: Option<Entry>,
    table: OnceLock<Arc<Table>>,
}

/// Position of all blocks in the file.
#[derive(Debug)]
struct Table {
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl Image {
    /// Reads the layout from a directory.
    pub fn read(reader: &Reader, directory: &Directory) -> Result<Self> {
        let first = |tag| reader.first(directory, tag);
        let size = |tag, name: &str| match first(tag)? {
            Some(size @ 1..=0x7fff_ffff) => Ok(size as usize),
            _ => Err(Error::invalid(format!("it has no valid {name}: the file is damaged"))),
        };
        let (width, height) = (size(tags::IMAGE_WIDTH, "width")?, size(tags::IMAGE_LENGTH, "height")?);
        let samples = first(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples == 0 || samples > MOST_SAMPLES {
            return Err(Error::invalid(format!("it states {samples} bands: the file is damaged")));
        }
        let samples = samples as usize;
        let is_planar = samples > 1 && first(tags::PLANAR_CONFIGURATION)? == Some(2);
        let additional = match directory.entries.get(&tags::LERC_PARAMETERS) {
            Some(entry) => reader.integers(entry, 2)?.get(1).copied(),
            None => None,
        };
        let codec = Codec::of_tag(first(tags::COMPRESSION)?.unwrap_or(1), additional);
        let (bits, data_type) = data_type(reader, directory)?;
        let is_tiled = directory.entries.contains_key(&tags::TILE_WIDTH);
        let mut block = if is_tiled {
            (size(tags::TILE_WIDTH, "tile width")?, size(tags::TILE_LENGTH, "tile height")?)
        } else {
            let rows = first(tags::ROWS_PER_STRIP)?.filter(|rows| *rows > 0).unwrap_or(u64::MAX);
            (width, usize::try_from(rows).unwrap_or(height).min(height))
        };
        let (offsets, counts) = match is_tiled && directory.entries.contains_key(&tags::TILE_OFFSETS) {
            true => (tags::TILE_OFFSETS, tags::TILE_BYTE_COUNTS),
            false => (tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS),
        };
        let offsets = directory.entries.get(&offsets).cloned();
        let offsets = offsets.ok_or_else(|| Error::invalid("it has no pixels: the file is damaged"))?;
        let row = (width * bits * if is_planar { 1 } else { samples }).div_ceil(8);
        let is_divided =
            !is_tiled && codec == Codec::None && block.1 == height && row.saturating_mul(height) > STRIP_PART;
        if is_divided {
            block.1 = (STRIP_PART / row).max(1);
        }
        let kind = first(tags::NEW_SUBFILE_TYPE)?.unwrap_or(0);
        let jpeg_tables = match directory.entries.get(&tags::JPEG_TABLES) {
            Some(entry) => reader.blob(entry)?,
            None => Vec::new(),
        };
        Ok(Self {
            width,
            height,
            block,
            is_tiled,
            samples,
            is_planar,
            bits,
            data_type,
            codec,
            predictor: first(tags::PREDICTOR)?.unwrap_or(1),
            photometric: first(tags::PHOTOMETRIC)?.unwrap_or(1),
            extra_samples: reader.all(directory, tags::EXTRA_SAMPLES)?,
            has_reversed_bits: first(tags::FILL_ORDER)? == Some(2),
            jpeg_tables,
            is_reduced: kind & 1 != 0,
            is_mask: kind & 4 != 0,
            is_divided,
            offsets,
            counts: directory.entries.get(&counts).cloned(),
            table: OnceLock::new(),
        })
    }

    /// Returns the number of columns and rows of blocks.
    pub fn grid(&self) -> (usize, usize) {
        (self.width.div_ceil(self.block.0), self.height.div_ceil(self.block.1))
    }

    /// Returns the part of a block inside of the image.
    pub fn rect(&self, column: usize, row: usize) -> Rect {
        let (x, y) = (column * self.block.0, row * self.block.1);
        Rect { x, y, width: self.block.0.min(self.width - x), height: self.block.1.min(self.height - y) }
    }

    /// Returns the number of samples of a pixel in one block.
    pub fn samples_in_block(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    /// Returns the number of rows that a block stores: strips end with the image, tiles do not.
    pub fn stored_rows(&self, row: usize) -> usize {
        if self.is_tiled { self.block.1 } else { self.block.1.min(self.height - row * self.block.1) }
    }

    /// Returns the number of bytes of a decoded row of a block.
    pub fn row_bytes(&self) -> usize {
        (self.block.0 * self.bits).saturating_mul(self.samples_in_block()).div_ceil(8)
    }

    /// Returns offset and length of a block in the file; the length of a sparse block is 0.
    pub fn position(&self, reader: &Reader, plane: usize, column: usize, row: usize) -> Result<(u64, u64)> {
        let table = self.table(reader)?;
        let damaged = || Error::invalid("the table of its blocks is too short: the file is damaged");
        let (columns, rows) = self.grid();
        if self.is_divided {
            let offset = *table.offsets.get(plane).ok_or_else(damaged)?;
            let start = (row * self.block.1 * self.row_bytes()) as u64;
            let length = (self.stored_rows(row) * self.row_bytes()) as u64;
            return Ok((offset.saturating_add(start), if offset == 0 { 0 } else { length }));
        }
        // Large sizes overflow; the table cannot have as many entries.
        let index = (plane * rows + row).saturating_mul(columns).saturating_add(column);
        let offset = *table.offsets.get(index).ok_or_else(damaged)?;
        let count = match (&self.counts, self.codec) {
            (Some(_), _) => *table.counts.get(index).ok_or_else(damaged)?,
            (None, Codec::None) => (self.stored_rows(row) * self.row_bytes()) as u64,
            (None, _) => return Err(damaged()),
        };
        Ok((offset, if offset == 0 { 0 } else { count }))
    }

    fn table(&self, reader: &Reader) -> Result<Arc<Table>> {
        if let Some(table) = self.table.get() {
            return Ok(table.clone());
        }
        let (columns, rows) = self.grid();
        let planes = if self.is_planar { self.samples as u64 } else { 1 };
        let most = if self.is_divided { planes } else { planes.saturating_mul((columns * rows) as u64) };
        let counts = match &self.counts {
            Some(counts) => reader.integers(counts, most)?,
            None => Vec::new(),
        };
        let table = Arc::new(Table { offsets: reader.integers(&self.offsets, most)?, counts });
        Ok(self.table.get_or_init(|| table).clone())
    }
}

/// Returns the number of bits of a sample, and its type: all samples must have the same.
fn data_type(reader: &Reader, directory: &Directory) -> Result<(usize, DataType)> {
    let same = |tag, default| {
        let values = reader.all(directory, tag)?;
        let first = values.first().copied().unwrap_or(default);
        match values.iter().all(|value| *value == first) {
            true => Ok(first),
            false => Err(Error::invalid(
                "its bands have different types: convert each of them by `gdal_translate -b N`",
            )),
        }
    };
    let (bits, format) = (same(tags::BITS_PER_SAMPLE, 1)?, same(tags::SAMPLE_FORMAT, 1)?);
    let data_type = match (format, bits) {
        (1 | 4, 1..=8) => DataType::U8,
        (1 | 4, 9..=16) => DataType::U16,
        (1 | 4, 32) => DataType::U32,
        (1 | 4, 64) => DataType::U64,
        (2, 8) => DataType::I8,
        (2, 16) => DataType::I16,
        (2, 32) => DataType::I32,
        (2, 64) => DataType::I64,
        (3, 16) => DataType::F16,
        (3, 32) => DataType::F32,
        (3, 64) => DataType::F64,
        (5, 32) => DataType::ComplexI16,
        (5, 64) => DataType::ComplexI32,
        (6, 64) => DataType::ComplexF32,
        (6, 128) => DataType::ComplexF64,
        _ => {
            return Err(Error::invalid(format!(
                "values of {bits} bits in format {format} are not supported: \
                 convert the file by `gdal_translate -ot Float32`"
            )));
        }
    };
    Ok((bits as usize, data_type))
}
