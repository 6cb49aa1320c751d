//! Compression of blocks.

mod deflate;
mod jpeg;
#[cfg(feature = "lerc")]
mod lerc;
mod lzw;
mod pack_bits;
mod zstd;

use std::fmt;

use up42_core::{Error, Result};

pub(crate) use jpeg::{Form as JpegForm, Picture, decode as decode_jpeg};
#[cfg(feature = "lerc")]
pub(crate) use lerc::{Form as LercForm, decode as decode_lerc};

/// Compression of blocks (tag Compression), or of a whole JPEG 2000 file.
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
    /// Codec that is not supported, by its number.
    Other(u16),
}

impl Codec {
    /// Returns the codec of a value of the tag Compression; `additional` is the one that LERC blocks
    /// are compressed with besides (tag LERC_PARAMETERS).
    pub(crate) fn of_tag(compression: u64, additional: Option<u64>) -> Self {
        match (compression, additional) {
            (1, _) => Self::None,
            (5, _) => Self::Lzw,
            (7, _) => Self::Jpeg,
            (8 | 32946, _) => Self::Deflate,
            (32773, _) => Self::PackBits,
            (34887, Some(1)) => Self::LercDeflate,
            (34887, Some(2)) => Self::LercZstd,
            (34887, _) => Self::Lerc,
            (50000, _) => Self::Zstd,
            (other, _) => Self::Other(u16::try_from(other).unwrap_or(u16::MAX)),
        }
    }
}

impl Codec {
    /// Returns whether the first rows of a block can be decoded without the others.
    pub(crate) fn ends_early(self) -> bool {
        matches!(self, Self::None | Self::Deflate | Self::Lzw | Self::PackBits)
    }

    /// Decodes bytes into `target`, which they must fill. Longer input is cut off.
    pub(crate) fn decode(self, bytes: &[u8], target: &mut [u8]) -> Result<()> {
        let count = match self {
            Self::Deflate => deflate::decode(bytes, target),
            Self::Lzw => lzw::decode(bytes, target),
            Self::Zstd => zstd::decode(bytes, target),
            Self::PackBits => Ok(pack_bits::decode(bytes, target)),
            Self::None => {
                let count = bytes.len().min(target.len());
                target[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
            _ => return Err(self.unsupported()),
        }?;
        match count == target.len() {
            true => Ok(()),
            false => Err(Error::invalid("its data end too early: the file is damaged, download it again")),
        }
    }

    /// Returns whether blocks are LERC, which decodes to numbers in the order of this library.
    pub(crate) fn is_lerc(self) -> bool {
        matches!(self, Self::Lerc | Self::LercDeflate | Self::LercZstd)
    }

    /// Returns the error of a codec that cannot be decoded.
    pub(crate) fn unsupported(self) -> Error {
        let remedy = "convert the file by `gdal_translate -co COMPRESS=DEFLATE`";
        Error::invalid(match self {
            _ if self.is_lerc() => {
                format!("codec {self} needs the feature `lerc`: enable it, or {remedy}")
            }
            _ => format!("codec {self} is not supported: {remedy}"),
        })
    }
}

impl fmt::Display for Codec {
    /// Formats the name as in GDAL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Deflate => "DEFLATE",
            Self::Lzw => "LZW",
            Self::Zstd => "ZSTD",
            Self::PackBits => "PACKBITS",
            Self::Jpeg => "JPEG",
            Self::Lerc => "LERC",
            Self::LercDeflate => "LERC_DEFLATE",
            Self::LercZstd => "LERC_ZSTD",
            Self::Jpeg2000 | Self::Other(34712) => "JPEG2000",
            Self::Other(2) => "CCITTRLE",
            Self::Other(3) => "CCITTFAX3",
            Self::Other(4) => "CCITTFAX4",
            Self::Other(6) => "OJPEG",
            Self::Other(34925) => "LZMA",
            Self::Other(50001) => "WEBP",
            Self::Other(50002 | 52546) => "JXL",
            Self::Other(number) => return write!(f, "number {number}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_first_bytes_are_decoded_without_the_others() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|number| ((number * number) >> 7) as u8).collect();
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&bytes).unwrap();
        let lzw =
            weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&bytes).unwrap();
        let pack_bits: Vec<u8> = bytes.chunks(125).flat_map(|part| [&[124], part].concat()).collect();
        let encoded = [
            (Codec::None, bytes.clone()),
            (Codec::Deflate, deflate.finish().unwrap()),
            (Codec::Lzw, lzw),
            (Codec::PackBits, pack_bits),
        ];
        for (codec, encoded) in encoded {
            assert!(codec.ends_early());
            for count in [1, 100, 12_345, 20_000] {
                let mut target = vec![0; count];
                codec.decode(&encoded, &mut target).unwrap();
                assert!(target == bytes[..count], "{codec}: {count}");
            }
            assert!(codec.decode(&encoded, &mut vec![0; 20_001]).is_err(), "{codec}");
        }
    }
}
