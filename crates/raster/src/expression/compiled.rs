//! Expressions whose bands are found.

use up42_core::{Error, Result};

use super::Expression;
use super::operation::Operation;
use crate::band_names;

/// Values that are evaluated at a time: a few buffers of this length fit into the fastest cache.
const CHUNK: usize = 512;

/// Expression whose names are replaced by the positions of a raster's bands.
#[derive(Clone, Debug)]
pub struct Compiled {
    operations: Vec<Operation<usize>>,
    /// Positions of the bands, ascending.
    bands: Vec<usize>,
    /// Factor and summand of each band of the raster; empty if stored values are used.
    scales: Vec<(f64, f64)>,
    /// Largest number of values on the stack.
    depth: usize,
}

impl Expression {
    /// Finds the bands of the expression among the names of a raster's bands. Bands without a name
    /// have an empty one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) if the raster has no such
    /// band, or the expression has no band at all.
    pub fn compile<S: AsRef<str>>(&self, names: &[S]) -> Result<Compiled> {
        let find = |operation: &Operation<_>| {
            Ok(match operation {
                Operation::Band(band) => Operation::Band(band_names::find(names, band)?),
                Operation::Constant(number) => Operation::Constant(*number),
                Operation::Unary(operation) => Operation::Unary(*operation),
                Operation::Binary(operation) => Operation::Binary(*operation),
            })
        };
        let operations: Vec<_> = self
            .operations
            .iter()
            .map(find)
            .collect::<Result<_>>()
            .map_err(|error| error.context(format!("expression `{}`", self.name())))?;
        let is_band = |operation: &Operation<usize>| match operation {
            Operation::Band(band) => Some(*band),
            _ => None,
        };
        let mut bands: Vec<usize> = operations.iter().filter_map(is_band).collect();
        bands.sort_unstable();
        bands.dedup();
        if bands.is_empty() {
            return Err(Error::invalid(format!("the expression `{self}` contains no band")));
        }
        Ok(Compiled { depth: depth(&operations), operations, bands, scales: Vec::new() })
    }
}

impl Compiled {
    /// Evaluates on scaled values: `stored * scale + offset`, with scale and offset of each band of
    /// the raster.
    ///
    /// # Panics
    ///
    /// If there are fewer scales than the raster has bands that the expression uses.
    pub fn scaled(mut self, scales: &[(f64, f64)]) -> Self {
        assert!(self.bands.iter().all(|band| *band < scales.len()), "a scale for each band");
        self.scales = scales.to_vec();
        self
    }

    /// Returns the positions of the bands that are needed, ascending, from 0.
    pub fn bands(&self) -> &[usize] {
        &self.bands
    }

    /// Evaluates a block: `bands` are the values of each band of the raster, as many as `out` has;
    /// bands that are not needed may be empty. NaN is no data.
    ///
    /// # Panics
    ///
    /// If a band that is needed has another number of values than `out`.
    pub fn evaluate(&self, bands: &[&[f64]], out: &mut [f64]) {
        for band in &self.bands {
            assert_eq!(bands[*band].len(), out.len(), "a value of each band for each pixel");
        }
        let mut stack = vec![0.0; self.depth * CHUNK.min(out.len())];
        for (index, out) in out.chunks_mut(CHUNK).enumerate() {
            self.evaluate_chunk(bands, index * CHUNK, &mut stack, out);
        }
    }

    fn evaluate_chunk(&self, bands: &[&[f64]], start: usize, stack: &mut [f64], out: &mut [f64]) {
        let count = out.len();
        let mut top = 0;
        for operation in &self.operations {
            match operation {
                Operation::Constant(number) => {
                    stack[top..top + count].fill(*number);
                    top += count;
                }
                Operation::Band(band) => {
                    let values = &mut stack[top..top + count];
                    values.copy_from_slice(&bands[*band][start..start + count]);
                    if let Some((scale, offset)) = self.scales.get(*band) {
                        values.iter_mut().for_each(|value| *value = *value * scale + offset);
                    }
                    top += count;
                }
                Operation::Unary(operation) => operation.apply(&mut stack[top - count..top]),
                Operation::Binary(operation) => {
                    let (left, right) = stack[top - 2 * count..top].split_at_mut(count);
                    operation.apply(left, right);
                    top -= count;
                }
            }
        }
        for (out, value) in out.iter_mut().zip(&stack[..count]) {
            *out = if value.is_finite() { *value } else { f64::NAN };
        }
    }
}

/// Returns the largest number of values on the stack.
fn depth(operations: &[Operation<usize>]) -> usize {
    let (mut now, mut most) = (0, 0);
    for operation in operations {
        match operation {
            Operation::Constant(_) | Operation::Band(_) => now += 1,
            Operation::Unary(_) => {}
            Operation::Binary(_) => now -= 1,
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band;

    const NAMES: [&str; 3] = ["red", "nir", ""];

    fn value(text: &str, red: f64, nir: f64) -> f64 {
        let mut out = [0.0];
        let expression = Expression::parse(text).unwrap();
        expression.compile(&NAMES).unwrap().evaluate(&[&[red], &[nir], &[7.0]], &mut out);
        out[0]
    }

    #[test]
    fn each_operation_has_its_value() {
        for (text, expected) in [
            ("red + nir * 2", 17.0),
            ("(red - nir) / (red + nir)", -0.4),
            ("-red ** 2", -9.0),
            ("2 ** -1 + 0 * red", 0.5),
            ("nir ** 0.5 - sqrt(nir)", 0.0),
            ("abs(red - nir)", 4.0),
            ("min(red, nir) + 10 * max(red, nir)", 73.0),
            ("clamp(nir, 0, 5) + clamp(-red, 0, 5)", 5.0),
            ("log(exp(red)) + log10(100)", 5.0),
            ("power(red, 3)", 27.0),
            ("(red < nir) + 10 * (red > nir) + 100 * (red == 3) + 1000 * (red != 3)", 101.0),
            ("(red <= 3) + (nir >= 7)", 2.0),
            ("band(3) + band(\"red\") + b2", 17.0),
        ] {
            let found = value(text, 3.0, 7.0);
            assert!((found - expected).abs() < 1e-12, "{text}: {found}");
        }
    }

    #[test]
    fn no_data_and_undefined_results_are_nan() {
        for text in ["red / 0", "0 / (red - red)", "1 / (1 / (red - 3))", "sqrt(-red)", "log(red - red)"] {
            assert!(value(text, 3.0, 7.0).is_nan(), "{text}");
        }
        for text in ["red + nir", "min(red, nir)", "max(nir, red)", "red < nir", "red != red", "red ** 0"] {
            assert!(value(text, f64::NAN, 7.0).is_nan(), "{text}");
        }
        assert_eq!(value("nir", f64::NAN, 7.0), 7.0, "a band that is not used");
    }

    #[test]
    fn blocks_longer_than_a_chunk_are_evaluated_completely() {
        let (red, nir): (Vec<f64>, Vec<f64>) = (0..1300).map(|i| (f64::from(i), f64::from(3 * i))).unzip();
        let mut out = vec![0.0; 1300];
        let (red_band, nir_band) = (band("red"), band("nir"));
        let expression = (&nir_band - &red_band) / (nir_band + red_band);
        expression.compile(&NAMES).unwrap().evaluate(&[&red, &nir, &[]], &mut out);
        assert!(out[0].is_nan());
        assert!(out[1..].iter().all(|value| *value == 0.5));
    }

    #[test]
    fn scale_and_offset_are_applied_when_asked() {
        let compiled = band("nir").compile(&NAMES).unwrap();
        let mut out = [0.0];
        compiled
            .clone()
            .scaled(&[(1.0, 0.0), (0.1, -2.0), (1.0, 0.0)])
            .evaluate(&[&[], &[50.0], &[]], &mut out);
        assert_eq!(out, [3.0]);
        compiled.evaluate(&[&[], &[50.0], &[]], &mut out);
        assert_eq!(out, [50.0]);
    }

    #[test]
    fn an_unknown_band_is_named_with_the_nearest() {
        let message = |expression: Expression| expression.compile(&NAMES).unwrap_err().to_string();
        assert_eq!(
            message((band("reed") + 1).named("x")),
            "expression `x`: there is no band `reed`: did you mean `red`, `nir`?"
        );
        assert_eq!(
            message(band(4)),
            "expression `band(4)`: there is no band 4: the raster has 3, numbered from 1"
        );
        assert_eq!(message(1.0.into()), "the expression `1` contains no band");
    }
}
