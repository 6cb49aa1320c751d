//! Conversion of decoded blocks to numbers: byte order, predictor, type.

use up42_core::{Error, Result};

use crate::band::DataType;
use crate::tiff::ByteOrder;
use crate::window::Rect;

/// Layout of the samples in a decoded block.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Number of pixels of a row, and of samples of a pixel.
    pub width: usize,
    pub samples: usize,
    /// Number of bits of a sample, which may be less than those of the type.
    pub bits: usize,
    pub data_type: DataType,
    pub order: ByteOrder,
    pub predictor: Predictor,
}

/// Differences that are stored in place of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predictor {
    None,
    /// Differences to the pixel on the left (TIFF 6.0, section 14).
    Horizontal,
    /// Differences of the bytes of floats, the highest bytes of a row first (Adobe's TIFF Technical
    /// Note 3).
    Float,
}

impl Predictor {
    pub fn of_tag(number: u64, layout_bits: usize, data_type: DataType) -> Result<Self> {
        match (number, layout_bits) {
            (0 | 1, _) => Ok(Self::None),
            (2, 8 | 16 | 32 | 64 | 128) => Ok(Self::Horizontal),
            (3, 16 | 32 | 64) if !data_type.is_integer() => Ok(Self::Float),
            _ => Err(Error::invalid(format!(
                "predictor {number} of {layout_bits} bits is not supported: \
                 convert the file by `gdal_translate -co PREDICTOR=1`"
            ))),
        }
    }
}

impl Layout {
    /// Returns the values of the samples `wanted` in a part of the block, for each of them row by
    /// row. Values equal to `nodata` become NaN; a `nodata` of NaN has no effect.
    pub fn values(&self, bytes: &[u8], part: Rect, wanted: &[usize], nodata: f64) -> Vec<Vec<f64>> {
        let request = Request { layout: self, part, wanted, nodata };
        match self.data_type {
            _ if !self.bits.is_multiple_of(8) => {
                let whole = Layout { bits: 16, order: ByteOrder::Little, ..*self };
                let request = Request { layout: &whole, ..request };
                request.read(&self.unpacked(bytes, part), |bits: u16| f64::from(bits))
            }
            DataType::U8 => request.read(bytes, |bits: u8| f64::from(bits)),
            DataType::I8 => request.read(bytes, |bits: u8| f64::from(bits as i8)),
            DataType::U16 => request.read(bytes, |bits: u16| f64::from(bits)),
            DataType::I16 => request.read(bytes, |bits: u16| f64::from(bits as i16)),
            DataType::U32 => request.read(bytes, |bits: u32| f64::from(bits)),
            DataType::I32 => request.read(bytes, |bits: u32| f64::from(bits as i32)),
            DataType::U64 => request.read(bytes, |bits: u64| bits as f64),
            DataType::I64 => request.read(bytes, |bits: u64| bits as i64 as f64),
            DataType::F16 => request.read(bytes, half),
            DataType::F32 => request.read(bytes, |bits: u32| f64::from(f32::from_bits(bits))),
            DataType::F64 => request.read(bytes, f64::from_bits),
            DataType::ComplexI16 => self.complex(bytes, request, |bits: u32| {
                [bits as u16, (bits >> 16) as u16].map(|bits| f64::from(bits as i16))
            }),
            DataType::ComplexI32 => self.complex(bytes, request, |bits: u64| {
                [bits as u32, (bits >> 32) as u32].map(|bits| f64::from(bits as i32))
            }),
            DataType::ComplexF32 => self.complex(bytes, request, |bits: u64| {
                [bits as u32, (bits >> 32) as u32].map(|bits| f64::from(f32::from_bits(bits)))
            }),
            DataType::ComplexF64 => self
                .complex(bytes, request, |bits: u128| [bits as u64, (bits >> 64) as u64].map(f64::from_bits)),
        }
    }

    /// Returns the moduli of complex numbers; `parts` returns the lower and the higher half of a
    /// word. As in GDAL, the nodata value is that of the real part, which is first in the file.
    fn complex<W: Word>(
        &self,
        bytes: &[u8],
        request: Request,
        parts: impl Fn(W) -> [f64; 2],
    ) -> Vec<Vec<f64>> {
        let real = if self.order == ByteOrder::Little { 0 } else { 1 };
        let nodata = request.nodata;
        Request { nodata: f64::NAN, ..request }.read(bytes, |word| {
            let parts = parts(word);
            if parts[real] == nodata { f64::NAN } else { parts[0].hypot(parts[1]) }
        })
    }

    /// Returns samples of other than whole bytes as 16-bit words. Rows start at whole bytes, and
    /// the highest bit is first in both byte orders.
    fn unpacked(&self, bytes: &[u8], part: Rect) -> Vec<u8> {
        let count = self.width * self.samples;
        let row_bytes = (count * self.bits).div_ceil(8);
        let mut words = Vec::with_capacity(count * 2 * (part.y + part.height));
        for row in bytes.chunks_exact(row_bytes).take(part.y + part.height) {
            let (mut bits, mut length) = (0_u32, 0);
            let mut next = row.iter();
            for _ in 0..count {
                while length < self.bits {
                    bits = bits << 8 | u32::from(*next.next().unwrap_or(&0));
                    length += 8;
                }
                length -= self.bits;
                let word = (bits >> length) & ((1 << self.bits) - 1);
                words.extend_from_slice(&(word as u16).to_le_bytes());
            }
        }
        words
    }
}

/// Part of a block that is converted.
#[derive(Clone, Copy)]
struct Request<'a> {
    layout: &'a Layout,
    part: Rect,
    wanted: &'a [usize],
    nodata: f64,
}

impl Request<'_> {
    /// Converts row by row, so that a row stays in the processor's cache from bytes to numbers.
    fn read<W: Word>(&self, bytes: &[u8], value: impl Fn(W) -> f64) -> Vec<Vec<f64>> {
        let Layout { width, samples, predictor, order, .. } = *self.layout;
        let Rect { x, y, width: columns, height: rows } = self.part;
        let row_bytes = width * samples * W::SIZE;
        let value = |word: &W| {
            let value = value(*word);
            if value == self.nodata { f64::NAN } else { value }
        };
        let mut found = vec![Vec::with_capacity(self.part.pixels()); self.wanted.len()];
        let mut words = vec![W::default(); width * samples];
        let mut differences = Vec::new();
        for bytes in bytes.chunks_exact(row_bytes).skip(y).take(rows) {
            match predictor {
                Predictor::Float => {
                    differences.clear();
                    differences.extend_from_slice(bytes);
                    add_left(&mut differences, samples);
                    W::join(&differences, &mut words);
                }
                _ => W::read(bytes, order, &mut words),
            }
            if predictor == Predictor::Horizontal {
                add_left(&mut words, samples);
            }
            for (found, sample) in found.iter_mut().zip(self.wanted) {
                match samples {
                    1 => found.extend(words[x..x + columns].iter().map(value)),
                    _ => {
                        let words = words[x * samples + sample..].iter().step_by(samples);
                        found.extend(words.take(columns).map(value));
                    }
                }
            }
        }
        found
    }
}

/// Replaces differences to the pixel on the left by values.
fn add_left<W: Word>(words: &mut [W], samples: usize) {
    if samples == 1 {
        let mut sum = W::default();
        for word in words {
            sum = sum.add(*word);
            *word = sum;
        }
        return;
    }
    for index in samples..words.len() {
        words[index] = words[index].add(words[index - samples]);
    }
}

/// Unsigned number with the bits of a sample.
trait Word: Copy + Default {
    const SIZE: usize;
    /// Adds without overflow.
    fn add(self, other: Self) -> Self;
    /// Reads words in a byte order.
    fn read(bytes: &[u8], order: ByteOrder, words: &mut [Self]);
    /// Joins the bytes of words: first the highest of all words, at last the lowest of all.
    fn join(bytes: &[u8], words: &mut [Self]);
}

macro_rules! word {
    ($($word:ty),*) => {$(
        impl Word for $word {
            const SIZE: usize = size_of::<$word>();

            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn read(bytes: &[u8], order: ByteOrder, words: &mut [Self]) {
                let (bytes, _) = bytes.as_chunks();
                let pairs = words.iter_mut().zip(bytes);
                match order {
                    ByteOrder::Little => pairs.for_each(|(word, bytes)| *word = <$word>::from_le_bytes(*bytes)),
                    ByteOrder::Big => pairs.for_each(|(word, bytes)| *word = <$word>::from_be_bytes(*bytes)),
                }
            }

            fn join(bytes: &[u8], words: &mut [Self]) {
                let count = words.len();
                words.fill(0);
                for (plane, bytes) in bytes.chunks_exact(count).enumerate() {
                    let shift = 8 * (Self::SIZE - 1 - plane);
                    for (word, byte) in words.iter_mut().zip(bytes) {
                        *word |= <$word>::from(*byte) << shift;
                    }
                }
            }
        }
    )*};
}

word!(u8, u16, u32, u64, u128);

/// Returns the value of a half-precision float (IEEE 754, binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    sign * match (bits >> 10) & 0x1f {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2.0_f64.powi(i32::from(exponent) - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Rect = Rect { x: 0, y: 0, width: 3, height: 1 };

    fn layout(data_type: DataType, bits: usize, predictor: Predictor) -> Layout {
        Layout { width: 3, samples: 1, bits, data_type, order: ByteOrder::Big, predictor }
    }

    #[test]
    fn differences_wrap_around() {
        let layout = layout(DataType::I16, 16, Predictor::Horizontal);
        let bytes = [0x7f, 0xff, 0, 1, 0xff, 0xff];
        assert_eq!(layout.values(&bytes, WHOLE, &[0], f64::NAN), [[32767.0, -32768.0, 32767.0]]);
        let part = Rect { x: 1, width: 2, ..WHOLE };
        let values = layout.values(&bytes, part, &[0], 32767.0);
        assert!(values[0][0] == -32768.0 && values[0][1].is_nan(), "{values:?}");
    }

    #[test]
    fn samples_of_few_bits_are_unpacked() {
        let twelve = layout(DataType::U16, 12, Predictor::None);
        let bytes = [0x12, 0x3a, 0xbc, 0xff, 0xf0];
        assert_eq!(twelve.values(&bytes, WHOLE, &[0], f64::NAN), [[0x123 as f64, 0xabc as f64, 4095.0]]);
        let one = layout(DataType::U8, 1, Predictor::None);
        assert_eq!(one.values(&[0b1010_0000], WHOLE, &[0], f64::NAN), [[1.0, 0.0, 1.0]]);
    }

    #[test]
    fn half_floats_have_all_ranges() {
        for (bits, value) in [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (1, 5.960_464_477_539_063e-8)]
        {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7c00) == f64::INFINITY && half(0x7e00).is_nan());
    }

    #[test]
    fn complex_numbers_are_moduli() {
        let layout = Layout { order: ByteOrder::Little, ..layout(DataType::ComplexI16, 32, Predictor::None) };
        let bytes = [3, 0, 4, 0, 0, 0, 1, 0, 0xff, 0xff, 0, 0];
        let values = layout.values(&bytes, WHOLE, &[0], 0.0);
        assert!(values[0][0] == 5.0 && values[0][1].is_nan() && values[0][2] == 1.0, "{values:?}");
    }
}
