//! Bands of a raster.

use std::fmt;

/// Band of a raster, as the header describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Name, such as `red`: the description unless the caller states another one.
    pub name: Option<String>,
    /// Description of GDAL.
    pub description: Option<String>,
    /// Type of the stored values.
    pub data_type: DataType,
    /// Value of pixels without data.
    pub nodata: Option<f64>,
    /// Factor of stored values; 1 unless stated.
    pub scale: f64,
    /// Summand of scaled values; 0 unless stated.
    pub offset: f64,
    /// Meaning of the band in a picture.
    pub color: Color,
}

/// Type of stored values.
///
/// Integers of other than whole bytes have the next larger type, such as `U16` for 12 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum DataType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
    /// Complex number of two 16-bit integers, read as its modulus.
    ComplexI16,
    /// Complex number of two 32-bit integers, read as its modulus.
    ComplexI32,
    /// Complex number of two 32-bit floats, read as its modulus.
    ComplexF32,
    /// Complex number of two 64-bit floats, read as its modulus.
    ComplexF64,
}

impl DataType {
    /// Returns the number of bits of a value; half of it for each part of a complex number.
    pub fn bits(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 8,
            Self::U16 | Self::I16 | Self::F16 => 16,
            Self::U32 | Self::I32 | Self::F32 | Self::ComplexI16 => 32,
            Self::U64 | Self::I64 | Self::F64 | Self::ComplexI32 | Self::ComplexF32 => 64,
            Self::ComplexF64 => 128,
        }
    }

    /// Returns whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        use DataType::{I8, I16, I32, I64, U8, U16, U32, U64};
        matches!(self, U8 | I8 | U16 | I16 | U32 | I32 | U64 | I64)
    }
}

impl fmt::Display for DataType {
    /// Formats the name as in NumPy and rasterio.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::ComplexI16 => "complex_int16",
            Self::ComplexI32 => "complex_int32",
            Self::ComplexF32 => "complex64",
            Self::ComplexF64 => "complex128",
        })
    }
}

/// Meaning of a band in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Color {
    Undefined,
    Gray,
    Palette,
    Red,
    Green,
    Blue,
    Alpha,
}
