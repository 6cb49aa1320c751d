//! Parser of CQL2 text, which returns CQL2 JSON (OGC 21-065r2).
//!
//! Operators are parsed by their precedence. `AND` and `OR` take any number of operands, as in JSON.

use serde_json::{Value, json};

use super::is_condition;
use super::tokens::{Token, excerpt, tokens};
use up42_core::error::{Error, Result};

/// Largest nesting depth: the parser recurses, and so do readers of the JSON.
const DEEPEST: usize = 50;

// Precedence of operators, the weakest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const POWER: u8 = 7;
const OPERAND: u8 = 8;

/// Functions of the standard, as JSON spells them. Text has them in any case.
const FUNCTIONS: [&str; 29] = [
    "casei",
    "accenti",
    "s_contains",
    "s_crosses",
    "s_disjoint",
    "s_equals",
    "s_intersects",
    "s_overlaps",
    "s_touches",
    "s_within",
    "t_after",
    "t_before",
    "t_contains",
    "t_disjoint",
    "t_during",
    "t_equals",
    "t_finishedBy",
    "t_finishes",
    "t_intersects",
    "t_meets",
    "t_metBy",
    "t_overlappedBy",
    "t_overlaps",
    "t_startedBy",
    "t_starts",
    "a_containedBy",
    "a_contains",
    "a_equals",
    "a_overlaps",
];

/// Geometries in WKT by their GeoJSON names, with the number of lists around each position.
const SHAPES: [(&str, usize); 6] = [
    ("Point", 0),
    ("LineString", 1),
    ("MultiPoint", 1),
    ("Polygon", 2),
    ("MultiLineString", 2),
    ("MultiPolygon", 3),
];

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Value> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(Error::invalid("the filter is empty"));
    }
    let expression = parser.expression(OR)?;
    if parser.at < parser.tokens.len() { Err(parser.unexpected()) } else { Ok(expression) }
}

struct Parser<'a> {
    /// Tokens, each with the text from its beginning to the end.
    tokens: Vec<(Token<'a>, &'a str)>,
    /// Index of the next token.
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Parses operands and the operators between them, if these are at least as strong.
    fn expression(&mut self, weakest: u8) -> Result<Value> {
        let outside = self.depth;
        self.deepen()?;
        let (mut left, mut strongest) = match weakest <= NOT && self.takes("NOT") {
            true => (operation("not", vec![condition("NOT", self.expression(NOT)?)?]), NOT),
            false => (self.operand()?, OPERAND),
        };
        loop {
            let word = self.word();
            let strength = strength(&word);
            if !(weakest..=strongest).contains(&strength) {
                break;
            }
            self.at += 1;
            left = match strength {
                OR | AND => {
                    let mut args =
                        vec![condition(&word, left)?, condition(&word, self.expression(strength + 1)?)?];
                    while self.takes(&word) {
                        args.push(condition(&word, self.expression(strength + 1)?)?);
                    }
                    operation(&word.to_lowercase(), args)
                }
                COMPARISON => {
                    // The result is not compared again: `1 < x < 2` is an error.
                    strongest = NOT;
                    self.comparison(left, &word)?
                }
                _ => {
                    self.deepen()?;
                    // Powers are computed from the right.
                    let right = self.expression(if strength == POWER { POWER } else { strength + 1 })?;
                    operation(&word.to_lowercase(), vec![left, right])
                }
            };
        }
        self.depth = outside;
        Ok(left)
    }

    /// Parses the rest of a comparison, after its first operand and its operator.
    fn comparison(&mut self, left: Value, operator: &str) -> Result<Value> {
        let args = match operator {
            "NOT" => {
                let word = self.word();
                if !["BETWEEN", "IN", "LIKE"].contains(&word.as_str()) {
                    return Err(self.unexpected());
                }
                self.at += 1;
                return Ok(operation("not", vec![self.comparison(left, &word)?]));
            }
            "IS" => {
                let is_negated = self.takes("NOT");
                self.expect("NULL")?;
                let is_null = operation("isNull", vec![left]);
                return Ok(if is_negated { operation("not", vec![is_null]) } else { is_null });
            }
            "IN" => {
                self.expect("(")?;
                let list = self.list(false)?;
                if list.is_empty() {
                    return Err(Error::invalid("`IN` needs values: the list is empty"));
                }
                vec![left, Value::Array(list)]
            }
            "BETWEEN" => {
                let low = self.expression(SUM)?;
                self.expect("AND")?;
                vec![left, low, self.expression(SUM)?]
            }
            _ => vec![left, self.expression(SUM)?],
        };
        // `up42-order:id` without quotes is a difference.
        let has_text = |value: &Value| match value {
            Value::Array(list) => list.iter().any(Value::is_string),
            value => value.is_string(),
        };
        if args.iter().any(has_text) && args.iter().any(|arg| arg["op"] == "-") {
            let message =
                "a difference is compared with text: write a name that contains `-` in double quotes";
            return Err(Error::invalid(message));
        }
        Ok(operation(&operator.to_lowercase(), args))
    }

    fn operand(&mut self) -> Result<Value> {
        let Some((token, _)) = self.tokens.get(self.at).cloned() else { return Err(self.unexpected()) };
        self.at += 1;
        match token {
            Token::Word(word) => self.named(word),
            Token::Name(name) => Ok(json!({"property": name})),
            Token::Text(text) => Ok(text.into()),
            Token::Number(number) => Ok(number),
            Token::Sign("(") => {
                let mut list = self.list(false)?;
                Ok(if list.len() == 1 { list.remove(0) } else { Value::Array(list) })
            }
            Token::Sign("-") => Ok(negative(self.expression(OPERAND)?)),
            Token::Sign("+") => self.expression(OPERAND),
            Token::Sign(_) => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    /// Parses the rest of an operand that begins with a word: a literal, a function or a property.
    fn named(&mut self, name: &'a str) -> Result<Value> {
        let word = name.to_ascii_uppercase();
        match word.as_str() {
            "TRUE" => return Ok(true.into()),
            "FALSE" => return Ok(false.into()),
            word if word == "NULL" || strength(word) > 0 => {
                self.at -= 1;
                return Err(self.unexpected());
            }
            _ => {}
        }
        let after_name = self.at;
        let shape = SHAPES.into_iter().find(|(shape, _)| shape.eq_ignore_ascii_case(name));
        if shape.is_some() || word == "GEOMETRYCOLLECTION" {
            self.takes("Z");
        }
        if !self.takes("(") {
            self.at = after_name;
            return Ok(json!({"property": name}));
        }
        if let Some((shape, lists)) = shape {
            return Ok(json!({"type": shape, "coordinates": self.coordinates(lists)?}));
        }
        let function = FUNCTIONS.into_iter().find(|one| one.eq_ignore_ascii_case(name)).unwrap_or(name);
        let args = self.list(function.starts_with("a_"))?;
        let needs = |arguments: &str| Err(Error::invalid(format!("`{name}` needs {arguments}")));
        match (word.as_str(), args.as_slice()) {
            ("DATE", [Value::String(day)]) => Ok(json!({"date": day})),
            ("DATE", _) => needs("a day, such as '2020-12-31'"),
            ("TIMESTAMP", [Value::String(instant)]) => Ok(json!({"timestamp": instant})),
            ("TIMESTAMP", _) => needs("an instant, such as '2020-12-31T12:00:00Z'"),
            ("INTERVAL", [_, _]) => Ok(json!({"interval": args})),
            ("INTERVAL", _) => needs("two ends, such as '2020-01-01' and '..'"),
            ("BBOX", [_, _, _, _] | [_, _, _, _, _, _]) if args.iter().all(Value::is_number) => {
                Ok(json!({"bbox": args}))
            }
            ("BBOX", _) => needs("4 or 6 numbers"),
            ("GEOMETRYCOLLECTION", _) => Ok(json!({"type": "GeometryCollection", "geometries": args})),
            _ => Ok(operation(function, args)),
        }
    }

    /// Parses expressions up to the closing parenthesis. If `has_arrays`, parentheses around one of
    /// them make an array.
    fn list(&mut self, has_arrays: bool) -> Result<Vec<Value>> {
        let mut list = Vec::new();
        if self.takes(")") {
            return Ok(list);
        }
        loop {
            list.push(match has_arrays && self.takes("(") {
                true => Value::Array(self.list(false)?),
                false => self.expression(OR)?,
            });
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(list)
    }

    /// Parses coordinates in WKT up to the closing parenthesis.
    fn coordinates(&mut self, lists: usize) -> Result<Value> {
        let mut parts = Vec::new();
        loop {
            parts.push(match lists {
                0 => self.position()?,
                _ if self.takes("(") => self.coordinates(lists - 1)?,
                1 => self.position()?,
                _ => return Err(self.unexpected()),
            });
            if lists == 0 || !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(if lists == 0 { parts.remove(0) } else { Value::Array(parts) })
    }

    fn position(&mut self) -> Result<Value> {
        let mut numbers = Vec::new();
        while let Some((Token::Number(_) | Token::Sign("+" | "-"), _)) = self.tokens.get(self.at) {
            numbers.push(self.operand()?);
        }
        match numbers.len() {
            2 | 3 if numbers.iter().all(Value::is_number) => Ok(Value::Array(numbers)),
            _ => Err(Error::invalid(format!("a position {} needs 2 or 3 numbers", self.place()))),
        }
    }

    /// Returns the next token as a keyword in capitals or a sign; empty if it is neither.
    fn word(&self) -> String {
        match self.tokens.get(self.at) {
            Some((Token::Word(word), _)) => word.to_ascii_uppercase(),
            Some((Token::Sign(sign), _)) => (*sign).to_owned(),
            _ => String::new(),
        }
    }

    /// Skips the next token if it is this keyword or sign; returns whether it is.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.word() == word;
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        match self.takes(word) {
            true => Ok(()),
            false => Err(Error::invalid(format!("`{word}` is missing {}", self.place()))),
        }
    }

    fn deepen(&mut self) -> Result<()> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(Error::invalid(format!("the filter is nested more than {DEEPEST} deep"))),
            false => Ok(()),
        }
    }

    fn place(&self) -> String {
        match self.tokens.get(self.at) {
            Some((_, rest)) => format!("before `{}`", excerpt(rest)),
            None => "at the end".to_owned(),
        }
    }

    fn unexpected(&self) -> Error {
        Error::invalid(match self.tokens.get(self.at) {
            Some((_, rest)) => format!("unexpected `{}`", excerpt(rest)),
            None => "an operand is missing at the end".to_owned(),
        })
    }
}

/// Returns the precedence of a keyword or sign between operands; 0 for others.
fn strength(word: &str) -> u8 {
    match word {
        "OR" => OR,
        "AND" => AND,
        "=" | "<>" | "<" | "<=" | ">" | ">=" => COMPARISON,
        "BETWEEN" | "IN" | "IS" | "LIKE" | "NOT" => COMPARISON,
        "+" | "-" => SUM,
        "*" | "/" | "%" | "DIV" => PRODUCT,
        "^" => POWER,
        _ => 0,
    }
}

fn operation(op: &str, args: Vec<Value>) -> Value {
    json!({"op": op, "args": args})
}

fn negative(value: Value) -> Value {
    match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => (-whole).into(),
        (None, Some(number)) => (-number).into(),
        (None, None) => operation("*", vec![(-1).into(), value]),
    }
}

/// Returns an operand of `AND`, `OR` or `NOT`; an error if it is not a condition.
fn condition(operator: &str, operand: Value) -> Result<Value> {
    match operand.is_boolean() || is_condition(&operand) {
        true => Ok(operand),
        false => Err(Error::invalid(format!("`{operator}` needs conditions, such as `gsd < 1`"))),
    }
}
