//! Filtering of row groups by the smallest and the largest value of each column.

use polars::prelude::{DataType, Expr, Operator};

/// Returns `false` only if no row can pass. `bounds` returns the smallest and the largest value of
/// a column, if they are known.
pub(super) fn may_pass(filter: &Expr, bounds: &dyn Fn(&str) -> Option<(f64, f64)>) -> bool {
    let Expr::BinaryExpr { left, op, right } = filter else { return true };
    match op {
        Operator::And | Operator::LogicalAnd => may_pass(left, bounds) && may_pass(right, bounds),
        Operator::Or | Operator::LogicalOr => may_pass(left, bounds) || may_pass(right, bounds),
        _ => match (column(left), number(right), column(right), number(left)) {
            (Some(name), Some(limit), _, _) => holds(bounds(name), *op, limit),
            (_, _, Some(name), Some(limit)) => holds(bounds(name), mirrored(*op), limit),
            _ => true,
        },
    }
}

/// Returns whether a value within the bounds may compare to the limit as `op` requires.
fn holds(bounds: Option<(f64, f64)>, op: Operator, limit: f64) -> bool {
    // Some writers include NaN in the bounds, which then prove nothing.
    let known = bounds.filter(|(least, greatest)| least <= greatest);
    let Some((least, greatest)) = known else { return true };
    match op {
        Operator::Lt => least < limit,
        Operator::LtEq => least <= limit,
        Operator::Gt => greatest > limit,
        Operator::GtEq => greatest >= limit,
        Operator::Eq => least <= limit && limit <= greatest,
        _ => true,
    }
}

/// Swaps the sides of a comparison: `5 < x` is `x > 5`.
fn mirrored(op: Operator) -> Operator {
    match op {
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        other => other,
    }
}

fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(name) => Some(name),
        _ => None,
    }
}

fn number(expr: &Expr) -> Option<f64> {
    let Expr::Literal(literal) = expr else { return None };
    let value = literal.to_any_value()?;
    let is_number = matches!(
        value.dtype(),
        DataType::Int32
            | DataType::Int64
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float32
            | DataType::Float64
    );
    is_number.then(|| value.extract::<f64>()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{col, lit};

    fn passes(filter: Expr) -> bool {
        may_pass(&filter, &|name| (name == "x").then_some((2.0, 5.0)))
    }

    #[test]
    fn invalid_bounds_exclude_nothing() {
        for bounds in [(f64::NAN, f64::NAN), (5.0, -2.0)] {
            for filter in [col("x").lt(lit(3)), col("x").gt(lit(3)), col("x").eq(lit(3))] {
                assert!(may_pass(&filter, &|_| Some(bounds)), "{filter:?}");
            }
        }
    }

    #[test]
    fn only_impossible_conditions_exclude_a_row_group() {
        for (filter, expected) in [
            (col("x").lt(lit(2.0)), false),
            (col("x").lt_eq(lit(2)), true),
            (col("x").gt(lit(5.0)), false),
            (col("x").gt_eq(lit(5)), true),
            (col("x").eq(lit(6)), false),
            (col("x").neq(lit(6)), true),
            (lit(6.0).lt(col("x")), false),
            (lit(6.0).gt(col("x")), true),
            (col("y").gt(lit(100)), true),
            (col("x").gt(lit(9)).and(col("y").gt(lit(1))), false),
            (col("x").gt(lit(9)).or(col("y").gt(lit(1))), true),
            (col("x").gt(lit(9)).not(), true),
            (col("x").gt(lit("9")), true),
        ] {
            assert_eq!(passes(filter.clone()), expected, "{filter:?}");
        }
    }
}
