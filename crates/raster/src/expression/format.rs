//! Expressions as text.

use std::fmt;

use super::Expression;
use super::operation::{Binary, Operation, Unary};
use crate::band_names::BandRef;

/// Text of a part of an expression, with the precedence of its last operation.
struct Part {
    text: String,
    precedence: u8,
}

const COMPARISON: u8 = 0;
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const POWER: u8 = 4;
const ATOM: u8 = 5;

impl Part {
    /// Returns the text, in parentheses if its precedence is less than `precedence`.
    fn at(self, precedence: u8) -> String {
        if self.precedence < precedence { format!("({})", self.text) } else { self.text }
    }
}

/// Writes text that [`Expression::parse`] reads.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stack: Vec<Part> = Vec::new();
        let pop = |stack: &mut Vec<Part>| stack.pop().expect("each operation follows its operands");
        for operation in &self.operations {
            let part = match operation {
                Operation::Constant(number) => {
                    Part { text: number.to_string(), precedence: if *number < 0.0 { SIGN } else { ATOM } }
                }
                Operation::Band(band) => Part { text: name(band), precedence: ATOM },
                Operation::Unary(operation) => unary(*operation, pop(&mut stack)),
                Operation::Binary(operation) => {
                    let right = pop(&mut stack);
                    binary(*operation, pop(&mut stack), right)
                }
            };
            stack.push(part);
        }
        f.write_str(&pop(&mut stack).text)
    }
}

fn name(band: &BandRef) -> String {
    match band {
        BandRef::Number(number) => format!("band({number})"),
        BandRef::Name(name) if is_plain(name) => name.clone(),
        BandRef::Name(name) => format!("band(\"{name}\")"),
    }
}

/// Returns whether a name can be written without quotes.
fn is_plain(name: &str) -> bool {
    let is_letter = |char: char| char.is_alphabetic() || char == '_';
    name.starts_with(is_letter) && name.chars().all(|char| is_letter(char) || char.is_alphanumeric())
}

fn unary(operation: Unary, operand: Part) -> Part {
    let function = match operation {
        Unary::Negate => return Part { text: format!("-{}", operand.at(SIGN)), precedence: SIGN },
        Unary::Absolute => "abs",
        Unary::SquareRoot => "sqrt",
        Unary::Exponential => "exp",
        Unary::Logarithm => "log",
        Unary::Logarithm10 => "log10",
    };
    Part { text: format!("{function}({})", operand.text), precedence: ATOM }
}

fn binary(operation: Binary, left: Part, right: Part) -> Part {
    // The right operand of an operator that is read from the left needs the next precedence.
    let (sign, precedence) = match operation {
        Binary::Minimum => return function("min", left, right),
        Binary::Maximum => return function("max", left, right),
        Binary::Power => {
            let text = format!("{} ** {}", left.at(ATOM), right.at(SIGN));
            return Part { text, precedence: POWER };
        }
        Binary::Add => ("+", SUM),
        Binary::Subtract => ("-", SUM),
        Binary::Multiply => ("*", PRODUCT),
        Binary::Divide => ("/", PRODUCT),
        Binary::Less => ("<", COMPARISON),
        Binary::LessOrEqual => ("<=", COMPARISON),
        Binary::Greater => (">", COMPARISON),
        Binary::GreaterOrEqual => (">=", COMPARISON),
        Binary::Equal => ("==", COMPARISON),
        Binary::NotEqual => ("!=", COMPARISON),
    };
    // Comparisons are not read one after another.
    let left = left.at(if precedence == COMPARISON { SUM } else { precedence });
    Part { text: format!("{left} {sign} {}", right.at(precedence + 1)), precedence }
}

fn function(name: &str, left: Part, right: Part) -> Part {
    Part { text: format!("{name}({}, {})", left.text, right.text), precedence: ATOM }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band;

    #[test]
    fn text_has_the_parentheses_that_are_needed() {
        let (a, b) = (band("a"), band("b 1"));
        let expression = (&a - (&b - 2)) / -(&a * 3) + a.power(-1.0).power(2).less(&b).sqrt();
        let text = "(a - (band(\"b 1\") - 2)) / -(a * 3) + sqrt((a ** -1) ** 2 < band(\"b 1\"))";
        assert_eq!(expression.to_string(), text);
    }

    #[test]
    fn text_is_parsed_to_the_same_expression() {
        for text in [
            "a",
            "band(2) * 1.5",
            "a - b - c",
            "a - (b - c)",
            "a / (b / c) * d",
            "a ** b ** c",
            "(a ** b) ** c",
            "-(a ** 2)",
            "(-a) ** 2",
            "(a < b) < c",
            "min(a + 1, max(b, 3)) * abs(-c)",
        ] {
            let expression = Expression::parse(text).unwrap();
            let again = Expression::parse(&expression.to_string()).unwrap();
            assert_eq!(again, expression, "{text}: {expression}");
        }
    }
}
