//! `--set name=value`: variables that a notebook is run with.

use std::str::FromStr;

use ra_ap_syntax::ast::{HasModuleItem, LiteralKind, PrefixExpr, UnaryOp};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, ast};

/// Variable with its value, as written in Rust.
#[derive(Clone, Debug)]
pub struct Parameter {
    name: String,
    value: String,
}

impl FromStr for Parameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))?;
        if SyntaxKind::from_keyword(name, Edition::Edition2024).is_some() || !is_identifier(name) {
            return Err(format!("`{name}` cannot name a variable: use letters, digits and `_`"));
        }
        let value = if is_plain(value) { value.to_owned() } else { format!("{value:?}") };
        Ok(Self { name: name.to_owned(), value })
    }
}

/// Returns the code of the cell that sets the variables; `None` if there are none.
pub fn cell(parameters: &[Parameter]) -> Option<String> {
    let lines: Vec<_> = parameters.iter().map(|one| format!("let {} = {};", one.name, one.value)).collect();
    (!lines.is_empty()).then(|| format!("// Set by `up42 run --set`.\n{}", lines.join("\n")))
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
        && name != "_"
}

/// Returns whether the text is a number or a boolean in Rust. Digits after a leading zero, as in
/// ids, make it a string.
fn is_plain(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value).as_bytes();
    if digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() {
        return false;
    }
    let file = SourceFile::parse(&format!("const VALUE: () = {value};"), Edition::Edition2024);
    let item = file.tree().items().next().filter(|_| file.errors().is_empty());
    let Some(ast::Item::Const(constant)) = item else { return false };
    // The whole text, so that nothing follows the value.
    let Some(body) = constant.body().filter(|body| body.syntax().text() == value) else { return false };
    let literal = match body {
        ast::Expr::PrefixExpr(negative) => number(&negative),
        ast::Expr::Literal(literal) => Some(literal.kind()),
        _ => None,
    };
    matches!(literal, Some(LiteralKind::Bool(_) | LiteralKind::IntNumber(_) | LiteralKind::FloatNumber(_)))
}

fn number(negative: &PrefixExpr) -> Option<LiteralKind> {
    let literal = match negative.expr()? {
        ast::Expr::Literal(literal) if negative.op_kind() == Some(UnaryOp::Neg) => literal.kind(),
        _ => return None,
    };
    (!matches!(literal, LiteralKind::Bool(_))).then_some(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Result<String, String> {
        text.parse::<Parameter>().map(|parameter| cell(&[parameter]).unwrap_or_default())
    }

    #[test]
    fn numbers_and_booleans_are_literals_and_others_are_text() {
        let value = |text: &str| {
            let code = set(&format!("x={text}")).unwrap();
            code.lines().nth(1).unwrap().strip_prefix("let x = ").unwrap().trim_end_matches(';').to_owned()
        };
        for plain in ["7", "-7", "2_000u16", "0", "0.5", "-1e3", "0x1f", "true", "false", "3.0f32"] {
            assert_eq!(value(plain), plain);
        }
        for text in
            ["", "Dakar", "007", "2020-01-01", "1;2", "1 ", "-true", "'a'", "f()", "// 1", "1 + 1", "-"]
        {
            assert_eq!(value(text), format!("{text:?}"));
        }
        assert_eq!(value("a\"b\\\n"), r#""a\"b\\\n""#);
        assert_eq!(value("a=b"), r#""a=b""#);
    }

    #[test]
    fn an_invalid_variable_name_is_refused() {
        for name in ["", "1a", "a b", "let", "a-b", "_", "é;"] {
            assert!(set(&format!("{name}=1")).unwrap_err().contains("cannot name a variable"), "{name}");
        }
        assert_eq!(set("year").unwrap_err(), "`year` is not of the form NAME=VALUE");
    }
}
