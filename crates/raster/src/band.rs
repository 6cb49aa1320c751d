//! Bands of a raster.

/// Band of a raster, as the header describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Name, such as `red`: `None` unless the file or the caller states one.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
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
    /// Complex number of two 32-bit floats, read as its modulus.
    ComplexF32,
}

/// Meaning of a band in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Color {
    Undefined,
    Gray,
    Palette,
    Red,
    Green,
    Blue,
    Alpha,
}
