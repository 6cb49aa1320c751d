//! Parser of expressions.

use up42_core::{Error, Result};

use super::operation::{Binary, Operation, Unary};
use crate::band_names::BandRef;

/// Largest length of the text, in bytes, and largest number of parts within each other.
const LONGEST: usize = 10_000;
const DEEPEST: usize = 100;

/// Parses text to operations in postfix order.
pub(super) fn parse(text: &str) -> Result<Vec<Operation<BandRef>>> {
    if text.len() > LONGEST {
        return Err(Error::invalid(format!("the expression is longer than {LONGEST} bytes: shorten it")));
    }
    let mut parser = Parser { text, position: 0, depth: 0, operations: Vec::new() };
    parser.comparison()?;
    parser.skip_space();
    match parser.rest().is_empty() {
        true => Ok(parser.operations),
        false => Err(parser.error("an operator")),
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
    operations: Vec<Operation<BandRef>>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn skip_space(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len();
    }

    fn error(&self, expected: &str) -> Error {
        let found = match self.rest().chars().next() {
            Some(char) => format!("`{char}`"),
            None => "the end".to_owned(),
        };
        let character = self.text[..self.position].chars().count() + 1;
        Error::invalid(format!(
            "expression `{}`: expected {expected} at character {character}, found {found}",
            self.text
        ))
    }

    /// Takes a token if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.position += token.len();
        }
        is_next
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        if self.take(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    fn binary(&mut self, operation: Binary) {
        self.operations.push(Operation::Binary(operation));
    }

    /// Parses a part within another one.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::invalid(format!(
                "the expression has more than {DEEPEST} parts within each other: write it in several"
            )));
        }
        parse(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn comparison(&mut self) -> Result<()> {
        self.sum()?;
        // The longer signs first.
        let operation = match () {
            () if self.take("<=") => Some(Binary::LessOrEqual),
            () if self.take(">=") => Some(Binary::GreaterOrEqual),
            () if self.take("==") => Some(Binary::Equal),
            () if self.take("!=") => Some(Binary::NotEqual),
            () if self.take("<") => Some(Binary::Less),
            () if self.take(">") => Some(Binary::Greater),
            () => None,
        };
        if let Some(operation) = operation {
            self.sum()?;
            self.binary(operation);
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<()> {
        self.product()?;
        loop {
            let operation = match () {
                () if self.take("+") => Binary::Add,
                () if self.take("-") => Binary::Subtract,
                () => return Ok(()),
            };
            self.product()?;
            self.binary(operation);
        }
    }

    fn product(&mut self) -> Result<()> {
        self.signed()?;
        loop {
            let operation = match () {
                () if self.take("*") => Binary::Multiply,
                () if self.take("/") => Binary::Divide,
                () => return Ok(()),
            };
            self.signed()?;
            self.binary(operation);
        }
    }

    fn signed(&mut self) -> Result<()> {
        let mut is_negative = false;
        loop {
            match () {
                () if self.take("-") => is_negative = !is_negative,
                () if self.take("+") => {}
                () => break,
            }
        }
        let start = self.operations.len();
        self.power()?;
        if is_negative {
            match &mut self.operations[start..] {
                [Operation::Constant(number)] => *number = -*number,
                _ => self.operations.push(Operation::Unary(Unary::Negate)),
            }
        }
        Ok(())
    }

    fn power(&mut self) -> Result<()> {
        let mut powers = 0;
        loop {
            self.atom()?;
            if !self.take("**") {
                break;
            }
            powers += 1;
            self.skip_space();
            // The exponent may have a sign, and begins a new power.
            if self.rest().starts_with(['-', '+']) {
                self.nested(Self::signed)?;
                break;
            }
        }
        // Read from the right: `a ** b ** c` is `a ** (b ** c)`.
        (0..powers).for_each(|_| self.binary(Binary::Power));
        Ok(())
    }

    fn atom(&mut self) -> Result<()> {
        self.skip_space();
        let rest = self.rest();
        if self.take("(") {
            self.nested(Self::comparison)?;
            return self.expect(")");
        }
        if rest.starts_with(|char: char| char.is_ascii_digit() || char == '.') {
            return self.number();
        }
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        let name = &rest[..rest.find(|char| !is_part(char)).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(self.error("a band, a number or `(`"));
        }
        self.position += name.len();
        match self.take("(") {
            true => self.function(name),
            false => {
                self.operations.push(Operation::Band(BandRef::Name(name.to_owned())));
                Ok(())
            }
        }
    }

    fn number(&mut self) -> Result<()> {
        let rest = self.rest().as_bytes();
        let digits = |from: usize| {
            rest[from.min(rest.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut end = digits(0);
        if rest.get(end) == Some(&b'.') {
            end += 1 + digits(end + 1);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'-' | b'+')));
            end += match digits(end + 1 + sign) {
                0 => 0,
                count => 1 + sign + count,
            };
        }
        let number = self.rest()[..end].parse().map_err(|_| self.error("a number"))?;
        self.position += end;
        self.operations.push(Operation::Constant(number));
        Ok(())
    }

    /// Parses the arguments of a function, after its parenthesis.
    fn function(&mut self, name: &str) -> Result<()> {
        let unary = |operation| vec![(1, Operation::Unary(operation))];
        let binary = |operation| vec![(2, Operation::Binary(operation))];
        // Each operation, and the number of arguments before it.
        let operations = match name {
            "band" => return self.band(),
            "abs" => unary(Unary::Absolute),
            "sqrt" => unary(Unary::SquareRoot),
            "exp" => unary(Unary::Exponential),
            "log" => unary(Unary::Logarithm),
            "log10" => unary(Unary::Logarithm10),
            "min" => binary(Binary::Minimum),
            "max" => binary(Binary::Maximum),
            "power" => binary(Binary::Power),
            "clamp" => vec![(2, Operation::Binary(Binary::Maximum)), (3, Operation::Binary(Binary::Minimum))],
            _ => {
                return Err(Error::invalid(format!(
                    "expression `{}`: there is no function `{name}`: use `abs`, `sqrt`, `exp`, `log`, \
                     `log10`, `min`, `max`, `power`, `clamp` or `band`",
                    self.text
                )));
            }
        };
        let mut count = 0;
        for (arguments, operation) in operations {
            while count < arguments {
                if count > 0 {
                    self.expect(",")?;
                }
                self.nested(Self::comparison)?;
                count += 1;
            }
            self.operations.push(operation);
        }
        self.expect(")")
    }

    /// Parses `band(2)` or `band("name")`, after the parenthesis.
    fn band(&mut self) -> Result<()> {
        self.skip_space();
        let rest = self.rest();
        let band = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let name = rest[1..].split(quote).next().unwrap_or_default();
                self.position += 1 + name.len();
                self.expect(&quote.to_string())?;
                BandRef::Name(name.to_owned())
            }
            _ => {
                let digits = &rest[..rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len())];
                let number = digits.parse().map_err(|_| self.error("a number or a name in quotes"))?;
                self.position += digits.len();
                BandRef::Number(number)
            }
        };
        self.operations.push(Operation::Band(band));
        self.expect(")")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Expression;

    #[test]
    fn errors_state_the_position() {
        let message = |text: &str| Expression::parse(text).unwrap_err().to_string();
        for (text, expected) in [
            ("", "expression ``: expected a band, a number or `(` at character 1, found the end"),
            ("nir -", "expression `nir -`: expected a band, a number or `(` at character 6, found the end"),
            ("(é + 1", "expression `(é + 1`: expected `)` at character 7, found the end"),
            ("nir red", "expression `nir red`: expected an operator at character 5, found `r`"),
            ("a & b", "expression `a & b`: expected an operator at character 3, found `&`"),
            ("min(a)", "expression `min(a)`: expected `,` at character 6, found `)`"),
            ("abs(a, b)", "expression `abs(a, b)`: expected `)` at character 6, found `,`"),
            (".", "expression `.`: expected a number at character 1, found `.`"),
            (
                "band(x)",
                "expression `band(x)`: expected a number or a name in quotes at character 6, found `x`",
            ),
            (
                "median(a)",
                "expression `median(a)`: there is no function `median`: use `abs`, `sqrt`, `exp`, `log`, \
                 `log10`, `min`, `max`, `power`, `clamp` or `band`",
            ),
        ] {
            assert_eq!(message(text), expected);
        }
        assert!(message(&"(".repeat(200)).contains("more than 100 parts"));
        assert!(message(&"a ** -".repeat(200)).contains("more than 100 parts"));
        assert!(message(&"a+".repeat(6000)).contains("longer than 10000 bytes"));
    }
}
