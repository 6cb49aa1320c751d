//! JSON text, traversed without parsing unused values: most of an item is assets that are only
//! passed on.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use crate::error::{Error, ErrorKind, Result};

/// Position in JSON text, before a value.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Starts at the first byte of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the first byte of the next value; `None` at the end of the text.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips the next value and returns its text.
    pub fn value(&mut self) -> Result<&'a str> {
        self.peek();
        let start = self.at;
        self.read::<IgnoredAny>()?;
        Ok(&self.text[start..self.at])
    }

    /// Returns the remaining text.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Returns the text from this position to a later one.
    pub fn until(&self, later: &Self) -> &'a str {
        &self.text[self.at..later.at]
    }

    /// Visits the members of an object; `each` must consume the value.
    pub fn members(&mut self, mut each: impl FnMut(Cow<'a, str>, &mut Self) -> Result<()>) -> Result<()> {
        self.between(b'{', b'}', |walk| {
            if walk.peek() != Some(b'"') {
                return Err(walk.wrong());
            }
            let Name(name) = walk.read()?;
            walk.take(b':')?;
            each(name, walk)
        })
    }

    /// Visits the elements of a list; `each` must consume the value.
    pub fn elements(&mut self, each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.between(b'[', b']', each)
    }

    fn between(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.take(open)?;
        if self.peek() == Some(close) {
            return self.take(close);
        }
        loop {
            each(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(close),
            }
        }
    }

    fn read<T: Deserialize<'a>>(&mut self) -> Result<T> {
        let mut stream = Deserializer::from_str(&self.text[self.at..]).into_iter();
        match stream.next() {
            Some(Ok(value)) => {
                self.at += stream.byte_offset();
                Ok(value)
            }
            _ => Err(self.wrong()),
        }
    }

    fn take(&mut self, byte: u8) -> Result<()> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.wrong()),
        }
    }

    /// Returns the error of invalid text, with line and column.
    fn wrong(&self) -> Error {
        let mut values = Deserializer::from_str(self.text).into_iter::<IgnoredAny>();
        match values.find_map(std::result::Result::err) {
            Some(error) => Error::foreign(ErrorKind::Response, error),
            None => Error::response(format!("unexpected text at byte {}", self.at)),
        }
    }
}

/// Name of a member, borrowed if it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_their_source_text() {
        let mut walk = Walk::new(r#" {"a" : [1, {"b": "}"}], "\u0063": null }  7"#);
        let mut found = Vec::new();
        walk.members(|name, walk| {
            found.push((name.into_owned(), walk.value()?));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [("a".to_owned(), r#"[1, {"b": "}"}]"#), ("c".to_owned(), "null")]);
        assert_eq!(walk.value().unwrap(), "7");
        assert_eq!(walk.peek(), None);
    }

    #[test]
    fn an_error_names_line_and_column() {
        let message = |text| {
            let mut walk = Walk::new(text);
            walk.members(|_, walk| walk.value().map(drop)).unwrap_err().to_string()
        };
        assert_eq!(message("{\"a\": 1,\n \"b\": tru}"), "expected ident at line 2 column 10");
        assert_eq!(message("{\"a\": 1,"), "EOF while parsing an object at line 1 column 8");
        assert_eq!(message("[]"), "unexpected text at byte 0");
    }
}
