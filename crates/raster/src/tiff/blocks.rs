//! Blocks of an image: positions in the file, bytes and values.

use std::ops::Range;

use up42_core::{Error, Result};

use super::byte_order::ByteOrder;
use super::directory::Reader;
use super::image::Image;
use super::pages::read_exact;
use crate::codec::{Codec, JpegForm, Picture, decode_jpeg};
#[cfg(feature = "lerc")]
use crate::codec::{LercForm, decode_lerc};
use crate::samples::{Layout, Predictor};
use crate::window::Rect;

/// Value of the tag PhotometricInterpretation.
const YCBCR: u64 = 6;

/// Block of an image, by its plane (of planar images), column and row.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub image: &'a Image,
    pub plane: usize,
    pub column: usize,
    pub row: usize,
}

impl Block<'_> {
    /// Returns the bytes of the block in the file; `None` if it is sparse.
    pub fn range(&self, reader: &Reader) -> Result<Option<Range<u64>>> {
        let (offset, length) = self.image.position(reader, self.plane, self.column, self.row)?;
        Ok((length > 0).then(|| offset..offset.saturating_add(length)))
    }

    /// Reads samples in a part of the image that lies in the block. `nodata` becomes NaN, and fills
    /// sparse blocks; without it, they are 0 (GDAL, "Sparse files").
    pub fn values(
        &self,
        reader: &Reader,
        part: Rect,
        wanted: &[usize],
        nodata: Option<f64>,
    ) -> Result<Vec<Vec<f64>>> {
        let Some(range) = self.range(reader)? else {
            let fill = if nodata.is_some() { f64::NAN } else { 0.0 };
            return Ok(vec![vec![fill; part.pixels()]; wanted.len()]);
        };
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        reader.budget.take_bytes(length as u64)?;
        let mut bytes = read_exact(reader.pages.source(), range.start, length)?;
        if self.image.has_reversed_bits && self.image.codec != Codec::Jpeg {
            bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        let inside = Rect {
            x: part.x - self.column * self.image.block.0,
            y: part.y - self.row * self.image.block.1,
            ..part
        };
        let decoded = self.decode(reader, bytes, inside.y + inside.height)?;
        let layout = self.layout(reader)?;
        Ok(layout.values(&decoded, inside, wanted, nodata.unwrap_or(f64::NAN)))
    }

    fn layout(&self, reader: &Reader) -> Result<Layout> {
        let Image { bits, data_type, codec, .. } = *self.image;
        let is_differenced = matches!(codec, Codec::Deflate | Codec::Lzw | Codec::Zstd);
        let predictor = if is_differenced { self.image.predictor } else { 1 };
        Ok(Layout {
            width: self.image.block.0,
            samples: self.image.samples_in_block(),
            bits,
            data_type,
            order: if codec.is_lerc() { ByteOrder::Little } else { reader.format.order },
            predictor: Predictor::of_tag(predictor, bits, data_type)?,
        })
    }

    /// Decodes the bytes of the block to whole rows: at least the first `needed` ones, of which a part
    /// of a window is often made.
    fn decode(&self, reader: &Reader, bytes: Vec<u8>, needed: usize) -> Result<Vec<u8>> {
        let image = self.image;
        let stored = image.stored_rows(self.row);
        let rows = if image.codec.ends_early() { needed.min(stored) } else { stored };
        let length = image.row_bytes().saturating_mul(rows);
        reader.budget.take_bytes(length as u64)?;
        if image.codec == Codec::None && bytes.len() >= length {
            return Ok(bytes);
        }
        if image.codec == Codec::Jpeg {
            return self.decode_jpeg(&bytes, length);
        }
        if image.photometric == YCBCR {
            return Err(Error::invalid(
                "YCbCr without JPEG is not supported: convert the file by `gdal_translate -co COMPRESS=DEFLATE`",
            ));
        }
        #[cfg(feature = "lerc")]
        if image.codec.is_lerc() {
            let form = LercForm {
                width: image.block.0,
                height: image.stored_rows(self.row),
                samples: image.samples_in_block(),
                data_type: image.data_type,
            };
            return decode_lerc(image.codec, &bytes, &form);
        }
        let mut decoded = vec![0; length];
        image.codec.decode(&bytes, &mut decoded)?;
        Ok(decoded)
    }

    fn decode_jpeg(&self, bytes: &[u8], length: usize) -> Result<Vec<u8>> {
        let image = self.image;
        let samples = image.samples_in_block();
        if image.bits != 8 {
            return Err(Error::invalid(format!(
                "JPEG of {} bits is not supported: convert the file by `gdal_translate -co COMPRESS=DEFLATE`",
                image.bits
            )));
        }
        let form = JpegForm {
            tables: &image.jpeg_tables,
            samples,
            is_ycbcr: image.photometric == YCBCR && samples == 3,
            most: image.block,
        };
        let Picture { width, height, bytes } = decode_jpeg(bytes, &form)?;
        let rows = image.stored_rows(self.row);
        if (width, height) == (image.block.0, rows) {
            return Ok(bytes);
        }
        if width < image.block.0 || height < rows {
            return Err(Error::invalid("a JPEG is smaller than its block: the file is damaged"));
        }
        let mut cut = Vec::with_capacity(length);
        for row in bytes.chunks_exact(width * samples).take(rows) {
            cut.extend_from_slice(&row[..image.row_bytes()]);
        }
        Ok(cut)
    }
}
