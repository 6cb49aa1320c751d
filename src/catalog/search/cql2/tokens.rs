//! Tokens of CQL2 text.

use serde_json::Value;

use up42_core::error::{Error, Result};
use up42_core::sanitize::sanitize;

/// Signs; of two that begin alike, the longer one is first.
const SIGNS: [&str; 15] = ["<=", ">=", "<>", "<", ">", "=", "(", ")", ",", "+", "-", "*", "/", "%", "^"];

/// Token of CQL2 text.
#[derive(Clone, Debug)]
pub(super) enum Token<'a> {
    /// Keyword, or name without quotes.
    Word(&'a str),
    /// Name in double quotes.
    Name(String),
    /// Text in single quotes.
    Text(String),
    /// Number without a sign.
    Number(Value),
    /// Operator, parenthesis or comma.
    Sign(&'a str),
}

/// Returns the tokens of a text, each with the text from its beginning to the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, &str)>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '\'' => quoted(rest, first).map(|(text, after)| (Token::Text(text), after))?,
            '"' => quoted(rest, first).map(|(name, after)| (Token::Name(name), after))?,
            '.' | '0'..='9' => number(rest)?,
            _ if is_in_word(first) => {
                let after = rest.trim_start_matches(|c: char| is_in_word(c) || c == '.');
                (Token::Word(&rest[..rest.len() - after.len()]), after)
            }
            _ => sign(rest)?,
        };
        tokens.push((token, rest));
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Returns the beginning of a text, for a message.
pub(super) fn excerpt(text: &str) -> String {
    sanitize(text, 30)
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// Splits a text after its leading quotes, and returns their content. A doubled quote stands for
/// one, and so does a quote after a backslash.
fn quoted(text: &str, quote: char) -> Result<(String, &str)> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if (c == quote || c == '\\') && chars.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else if c == quote {
            return Ok((content, &text[at + 1..]));
        } else {
            content.push(c);
        }
    }
    Err(Error::invalid(format!("the quotes of `{}` are not closed", excerpt(text))))
}

/// Splits a text after its leading number: digits, a point, and a power of ten.
fn number(text: &str) -> Result<(Token<'_>, &str)> {
    let is_digit = |c: char| c.is_ascii_digit();
    let after = text.trim_start_matches(|c: char| is_digit(c) || c == '.');
    let power = after.strip_prefix(['e', 'E']).map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
    let after = match power {
        Some(power) if power.starts_with(is_digit) => power.trim_start_matches(is_digit),
        _ => after,
    };
    let digits = &text[..text.len() - after.len()];
    let whole = digits.parse::<i64>().ok().map(Value::from);
    match whole.or_else(|| digits.parse::<f64>().ok().map(Value::from)) {
        Some(number @ Value::Number(_)) => Ok((Token::Number(number), after)),
        _ => Err(Error::invalid(format!("`{digits}` is not a number"))),
    }
}

fn sign(text: &str) -> Result<(Token<'_>, &str)> {
    let sign = SIGNS.into_iter().find_map(|sign| Some((Token::Sign(sign), text.strip_prefix(sign)?)));
    sign.ok_or_else(|| Error::invalid(format!("unexpected `{}`", excerpt(text))))
}
