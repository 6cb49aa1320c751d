//! Operations on the values of blocks.

/// Operation of an expression in postfix order; `B` refers to a band.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation<B> {
    Constant(f64),
    Band(B),
    Unary(Unary),
    Binary(Binary),
}

/// Operation on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Negate,
    Absolute,
    SquareRoot,
    Exponential,
    Logarithm,
    Logarithm10,
}

/// Operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Minimum,
    Maximum,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Unary {
    /// Applies the operation to each value.
    pub(crate) fn apply(self, values: &mut [f64]) {
        let mut each =
            |operation: fn(f64) -> f64| values.iter_mut().for_each(|value| *value = operation(*value));
        match self {
            Self::Negate => each(|x| -x),
            Self::Absolute => each(f64::abs),
            Self::SquareRoot => each(f64::sqrt),
            Self::Exponential => each(f64::exp),
            Self::Logarithm => each(f64::ln),
            Self::Logarithm10 => each(f64::log10),
        }
    }
}

impl Binary {
    /// Applies the operation to each pair of values; the result replaces the left one.
    pub(crate) fn apply(self, left: &mut [f64], right: &[f64]) {
        match self {
            Self::Add => each(left, right, |x, y| x + y),
            Self::Subtract => each(left, right, |x, y| x - y),
            Self::Multiply => each(left, right, |x, y| x * y),
            Self::Divide => each(left, right, |x, y| if y == 0.0 { f64::NAN } else { x / y }),
            Self::Power => each(left, right, |x, y| if y == 2.0 { x * x } else { power(x, y) }),
            Self::Minimum => each(left, right, |x, y| if x < y || x.is_nan() { x } else { y }),
            Self::Maximum => each(left, right, |x, y| if x > y || x.is_nan() { x } else { y }),
            Self::Less => each(left, right, |x, y| compared(x, y, x < y)),
            Self::LessOrEqual => each(left, right, |x, y| compared(x, y, x <= y)),
            Self::Greater => each(left, right, |x, y| compared(x, y, x > y)),
            Self::GreaterOrEqual => each(left, right, |x, y| compared(x, y, x >= y)),
            Self::Equal => each(left, right, |x, y| compared(x, y, x == y)),
            Self::NotEqual => each(left, right, |x, y| compared(x, y, x != y)),
        }
    }
}

/// Generic and not with a function pointer, so that each operation is compiled to vector
/// instructions.
#[inline]
fn each(left: &mut [f64], right: &[f64], operation: impl Fn(f64, f64) -> f64) {
    for (x, y) in left.iter_mut().zip(right) {
        *x = operation(*x, *y);
    }
}

/// Returns `x` raised to `y`. Of NaN there is no power, although IEEE 754 defines `NaN⁰` and `1^NaN`
/// as 1.
fn power(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { x.powf(y) }
}

fn compared(x: f64, y: f64, is: bool) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { f64::from(u8::from(is)) }
}
