//! Masks by classes or bits of a band.

use up42_core::Result;

use crate::band_names::{self, BandRef};

/// Mask of pixels by classes or bits of quality bands.
///
/// A pixel whose quality band has no data is masked as well.
///
/// ```
/// use up42_raster::Mask;
///
/// // Sentinel-2: no cloud shadow, no clouds, no cirrus.
/// let clear = Mask::band("scl").without([3, 8, 9, 10]);
/// // Landsat 8 and 9: neither cloud nor cloud shadow, and not saturated.
/// let clear_landsat = Mask::bits("qa_pixel", [3, 4]).and(Mask::band("qa_radsat").only([0]));
/// # let _ = (clear, clear_landsat);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mask(Vec<Condition<BandRef>>);

/// Band of a [`Mask`], whose classes are stated next.
#[derive(Clone, Debug)]
pub struct MaskBand(BandRef);

/// Mask whose names are replaced by the positions of a raster's bands.
#[derive(Clone, Debug)]
pub struct CompiledMask(Vec<Condition<usize>>);

/// Condition for pixels that are kept.
#[derive(Clone, Debug, PartialEq)]
struct Condition<B> {
    band: B,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Without(Vec<f64>),
    Only(Vec<f64>),
    /// None of these bits is set.
    Bits(u64),
}

impl Mask {
    /// Begins a mask by the classes of a band; [`MaskBand::without`] or [`MaskBand::only`] states
    /// them.
    pub fn band(band: impl Into<BandRef>) -> MaskBand {
        MaskBand(band.into())
    }

    /// Creates a mask that masks the pixels in which any of the bits is set. Bit 0 is the least
    /// significant one; bits above 52, which no value of a raster is precise enough for, are never set.
    pub fn bits(band: impl Into<BandRef>, bits: impl IntoIterator<Item = u8>) -> Self {
        let bits = bits.into_iter().filter(|bit| *bit <= 52).fold(0, |all, bit| all | 1 << bit);
        Self(vec![Condition { band: band.into(), test: Test::Bits(bits) }])
    }

    /// Masks the pixels as well that another mask masks.
    pub fn and(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    /// Finds the bands of the mask among the names of a raster's bands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if the raster has no such
    /// band.
    pub fn compile<S: AsRef<str>>(&self, names: &[S]) -> Result<CompiledMask> {
        let find = |condition: &Condition<BandRef>| {
            let band = band_names::find(names, &condition.band).map_err(|error| error.context("mask"))?;
            Ok(Condition { band, test: condition.test.clone() })
        };
        self.0.iter().map(find).collect::<Result<_>>().map(CompiledMask)
    }
}

impl MaskBand {
    fn mask(self, classes: impl IntoIterator<Item = i32>, test: fn(Vec<f64>) -> Test) -> Mask {
        let classes = classes.into_iter().map(f64::from).collect();
        Mask(vec![Condition { band: self.0, test: test(classes) }])
    }

    /// Creates a mask that masks pixels of these classes.
    pub fn without(self, classes: impl IntoIterator<Item = i32>) -> Mask {
        self.mask(classes, Test::Without)
    }

    /// Creates a mask that masks all pixels but those of these classes.
    pub fn only(self, classes: impl IntoIterator<Item = i32>) -> Mask {
        self.mask(classes, Test::Only)
    }
}

impl CompiledMask {
    /// Returns the positions of the bands that are needed, from 0.
    pub fn bands(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|condition| condition.band)
    }

    /// Sets masked values of a block to NaN: `bands` are the stored values of each band of the
    /// raster, as many as there are values; bands that are not needed may be empty.
    ///
    /// # Panics
    ///
    /// If a band that is needed has another number of values.
    pub fn apply(&self, bands: &[&[f64]], values: &mut [f64]) {
        for Condition { band, test } in &self.0 {
            let band = bands[*band];
            assert_eq!(band.len(), values.len(), "a value of each band for each pixel");
            for (value, class) in values.iter_mut().zip(band) {
                if !test.keeps(*class) {
                    *value = f64::NAN;
                }
            }
        }
    }
}

impl Test {
    fn keeps(&self, class: f64) -> bool {
        match self {
            Self::Without(classes) => !class.is_nan() && !classes.contains(&class),
            Self::Only(classes) => classes.contains(&class),
            // A cast of NaN is 0, and one of a negative value sets the bits of its two's complement.
            Self::Bits(bits) => !class.is_nan() && (class as i64) as u64 & bits == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["red", "SCL", "qa_pixel"];

    /// Returns which of the pixels are kept.
    fn kept(mask: &Mask, scl: &[f64], qa: &[f64]) -> Vec<bool> {
        let mut values = vec![1.0; scl.len()];
        mask.compile(&NAMES).unwrap().apply(&[&[], scl, qa], &mut values);
        values.iter().map(|value| !value.is_nan()).collect()
    }

    #[test]
    fn classes_and_bits_are_masked() {
        let (scl, qa) = (&[4.0, 8.0, 9.0, f64::NAN], &[0.0, 8.0, 16.0 + 4.0, 4.0]);
        assert_eq!(kept(&Mask::band("scl").without([8, 9]), scl, qa), [true, false, false, false]);
        assert_eq!(kept(&Mask::band(2).only([4, 9]), scl, qa), [true, false, true, false]);
        let bits = Mask::bits("qa_pixel", [3, 4]);
        assert_eq!(kept(&bits, scl, qa), [true, false, false, true]);
        assert_eq!(kept(&bits.and(Mask::band("scl").only([4])), scl, qa), [true, false, false, false]);
        assert_eq!(
            kept(&Mask::bits("qa_pixel", [0]), &[4.0; 3], &[-1.0, -2.0, f64::NAN]),
            [false, true, false]
        );
    }

    #[test]
    fn an_unknown_band_is_named() {
        let error = Mask::bits("qa", [1]).compile(&NAMES).unwrap_err();
        assert_eq!(error.to_string(), "mask: there is no band `qa`: did you mean `qa_pixel`, `red`, `SCL`?");
    }
}
