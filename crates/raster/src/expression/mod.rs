//! Expressions over the bands of a raster, such as indices.

mod compiled;
mod format;
mod operation;
mod parse;

use std::ops::{Add, Div, Mul, Neg, Sub};

use up42_core::Result;

use crate::band_names::BandRef;

pub use self::compiled::Compiled;
use self::operation::{Binary, Operation, Unary};

/// Expression over the bands of a raster.
///
/// Made of [`band`]s, numbers, the operators `+`, `-`, `*`, `/` and methods, or from text by
/// [`parse`](Self::parse). A pixel without data in any band has no value, and neither has one whose
/// result is not a finite number, as after a division by zero.
///
/// ```
/// use up42_raster::{Expression, band};
///
/// let (red, nir) = (band("red"), band("nir"));
/// let ndvi = ((&nir - &red) / (&nir + &red)).named("ndvi");
/// assert_eq!(ndvi.name(), "ndvi");
/// assert_eq!(ndvi.to_string(), "(nir - red) / (nir + red)");
/// assert_eq!(Expression::parse("(nir - red) / (nir + red)")?.named("ndvi"), ndvi);
/// # Ok::<(), up42_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// In postfix order: an operation follows its operands. Neither evaluation nor `drop` recurses,
    /// however long the expression is.
    operations: Vec<Operation<BandRef>>,
    name: Option<String>,
}

/// Returns the expression of one band, by its name, such as `"red"` or `"B04"`, or by its number
/// from 1.
///
/// A name is searched among the names of the raster's bands, first as it is, then regardless of
/// case, then among the common names of STAC's EO extension and the bands of Sentinel-2 and Landsat
/// 8 and 9: `"nir"` finds the band `B08` or `SR_B5`.
pub fn band(band: impl Into<BandRef>) -> Expression {
    Expression::of(vec![Operation::Band(band.into())])
}

impl Expression {
    fn of(operations: Vec<Operation<BandRef>>) -> Self {
        Self { operations, name: None }
    }

    /// Parses an expression: band names, numbers, `+`, `-`, `*`, `/`, `**`, comparisons, and the
    /// functions `abs`, `sqrt`, `exp`, `log`, `log10`, `min`, `max`, `power` and `clamp`.
    ///
    /// A name with other characters than letters, digits and `_` is written as `band("name")`, and
    /// the second band as `band(2)`. `-x ** 2` is `-(x ** 2)`, as in Python.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) with the position of the
    /// error.
    pub fn parse(text: &str) -> Result<Self> {
        parse::parse(text).map(Self::of)
    }

    /// Sets the name, which is used for columns and legends.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Returns the name: the one that was set, or the expression as text.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.to_string())
    }

    /// Returns the bands that the expression names, each once.
    pub fn bands(&self) -> Vec<&BandRef> {
        let mut bands: Vec<&BandRef> = Vec::new();
        for operation in &self.operations {
            if let Operation::Band(band) = operation
                && !bands.contains(&band)
            {
                bands.push(band);
            }
        }
        bands
    }

    /// Replaces names by numbers, such as the constants of an index by their values.
    pub(crate) fn with_constants(mut self, value: impl Fn(&str) -> Option<f64>) -> Self {
        self.replace(|name| value(name).map(Operation::Constant));
        self
    }

    /// Replaces names of bands by other names.
    pub(crate) fn with_names(mut self, name: impl Fn(&str) -> Option<&'static str>) -> Self {
        self.replace(|old| name(old).map(|new| Operation::Band(new.into())));
        self
    }

    fn replace(&mut self, new: impl Fn(&str) -> Option<Operation<BandRef>>) {
        for operation in &mut self.operations {
            if let Operation::Band(BandRef::Name(name)) = operation
                && let Some(new) = new(name)
            {
                *operation = new;
            }
        }
    }

    fn unary(mut self, operation: Unary) -> Self {
        self.operations.push(Operation::Unary(operation));
        Self::of(self.operations)
    }

    fn binary(mut self, operation: Binary, other: impl Into<Self>) -> Self {
        self.operations.append(&mut other.into().operations);
        self.operations.push(Operation::Binary(operation));
        Self::of(self.operations)
    }

    /// Returns the absolute value.
    pub fn abs(&self) -> Self {
        self.clone().unary(Unary::Absolute)
    }

    /// Returns the square root; negative values have none.
    pub fn sqrt(&self) -> Self {
        self.clone().unary(Unary::SquareRoot)
    }

    /// Returns e raised to the value.
    pub fn exp(&self) -> Self {
        self.clone().unary(Unary::Exponential)
    }

    /// Returns the natural logarithm; values up to 0 have none.
    pub fn log(&self) -> Self {
        self.clone().unary(Unary::Logarithm)
    }

    /// Returns the logarithm to base 10; values up to 0 have none.
    pub fn log10(&self) -> Self {
        self.clone().unary(Unary::Logarithm10)
    }

    /// Returns the value raised to a power.
    pub fn power(&self, exponent: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Power, exponent)
    }

    /// Returns the smaller of two values.
    pub fn min(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Minimum, other)
    }

    /// Returns the larger of two values.
    pub fn max(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Maximum, other)
    }

    /// Limits the value to a range.
    pub fn clamp(&self, low: impl Into<Self>, high: impl Into<Self>) -> Self {
        self.max(low).binary(Binary::Minimum, high)
    }

    /// Returns 1 where the value is less than another, else 0.
    pub fn less(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Less, other)
    }

    /// Returns 1 where the value is at most another, else 0.
    pub fn less_or_equal(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::LessOrEqual, other)
    }

    /// Returns 1 where the value is greater than another, else 0.
    pub fn greater(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Greater, other)
    }

    /// Returns 1 where the value is at least another, else 0.
    pub fn greater_or_equal(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::GreaterOrEqual, other)
    }

    /// Returns 1 where the value is equal to another, else 0.
    pub fn equal(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::Equal, other)
    }

    /// Returns 1 where the value is not equal to another, else 0.
    pub fn not_equal(&self, other: impl Into<Self>) -> Self {
        self.clone().binary(Binary::NotEqual, other)
    }
}

impl From<&Expression> for Expression {
    fn from(expression: &Expression) -> Self {
        expression.clone()
    }
}

impl From<f64> for Expression {
    fn from(number: f64) -> Self {
        Self::of(vec![Operation::Constant(number)])
    }
}

impl From<i32> for Expression {
    fn from(number: i32) -> Self {
        f64::from(number).into()
    }
}

impl Neg for Expression {
    type Output = Self;

    fn neg(self) -> Self {
        self.unary(Unary::Negate)
    }
}

impl Neg for &Expression {
    type Output = Expression;

    fn neg(self) -> Expression {
        -self.clone()
    }
}

/// Implements an operator for expressions and numbers on both sides.
macro_rules! impl_operator {
    ($trait:ident::$method:ident, $operation:ident) => {
        impl<T: Into<Expression>> $trait<T> for Expression {
            type Output = Expression;

            fn $method(self, other: T) -> Expression {
                self.binary(Binary::$operation, other)
            }
        }

        impl<T: Into<Expression>> $trait<T> for &Expression {
            type Output = Expression;

            fn $method(self, other: T) -> Expression {
                self.clone().binary(Binary::$operation, other)
            }
        }

        impl_operator!($trait::$method, $operation, f64, Expression);
        impl_operator!($trait::$method, $operation, f64, &Expression);
        impl_operator!($trait::$method, $operation, i32, Expression);
        impl_operator!($trait::$method, $operation, i32, &Expression);
    };
    ($trait:ident::$method:ident, $operation:ident, $number:ty, $other:ty) => {
        impl $trait<$other> for $number {
            type Output = Expression;

            fn $method(self, other: $other) -> Expression {
                Expression::from(self).binary(Binary::$operation, other)
            }
        }
    };
}

impl_operator!(Add::add, Add);
impl_operator!(Sub::sub, Subtract);
impl_operator!(Mul::mul, Multiply);
impl_operator!(Div::div, Divide);
