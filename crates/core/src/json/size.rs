//! Memory of JSON values.

use serde_json::Value;

/// Memory in bytes of a list's element and of an object's member, and overhead of a list and of an
/// object, as allocated by `serde_json`, including spare capacity.
const ELEMENT: u64 = 2 * size_of::<Value>() as u64;
const MEMBER: u64 = 96;
const LIST: u64 = 160;
const OBJECT: u64 = 240;

/// Memory in bytes of coordinates, which are parsed as numbers: of a position, and of a number.
const POSITION: u64 = 64;
const NUMBER: u64 = 24;

/// Largest memory in bytes that one byte of text can need.
pub const MOST_PER_BYTE: u64 = OBJECT + ELEMENT + 1;

/// Estimates the memory in bytes of text as `serde_json` values, rounded up: numbers and short
/// strings are not much longer in memory than in text, but each of them needs a `Value`. Text that
/// is not valid JSON has an estimate, too.
pub fn size(text: &[u8]) -> u64 {
    let mut size = text.len() as u64 + ELEMENT;
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        size += match first {
            b',' => ELEMENT,
            b':' => MEMBER,
            b'[' => LIST + ELEMENT,
            b'{' => OBJECT + ELEMENT,
            b'"' => {
                rest = behind_string(rest);
                0
            }
            _ => 0,
        };
    }
    size
}

/// Estimates the memory in bytes of coordinates, which are nested lists of numbers.
pub fn size_of_coordinates(text: &[u8]) -> u64 {
    let mark = |byte: &u8| match byte {
        b'[' => POSITION,
        b',' => NUMBER,
        _ => 0,
    };
    text.iter().map(mark).sum()
}

/// Returns the text after a string whose opening quotation mark has been consumed.
fn behind_string(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else { return &[] };
        // A backslash and the character that it escapes are skipped together.
        let length = if rest[at] == b'\\' { 2 } else { 1 };
        let is_end = rest[at] == b'"';
        rest = rest.get(at + length..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the memory of a value in bytes, by the capacities of its parts.
    fn held(value: &Value) -> usize {
        let parts = match value {
            Value::String(text) => text.capacity(),
            Value::Array(list) => {
                list.iter().map(held).sum::<usize>() + (list.capacity() - list.len()) * size_of::<Value>()
            }
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| 32 + name.capacity() + held(value);
                members.iter().map(member).sum::<usize>()
            }
            _ => 0,
        };
        size_of::<Value>() + parts
    }

    #[test]
    fn brackets_in_a_string_count_as_its_bytes_only() {
        assert_eq!(size(br#""[[[[,,,,{{{{""#), 14 + ELEMENT);
        assert_eq!(size(br#"["\"[", 1]"#), 10 + LIST + 3 * ELEMENT);
        assert_eq!(size(b"\"\\"), 2 + ELEMENT);
        assert!(size(b"{{{{[[[[") <= 8 * MOST_PER_BYTE + ELEMENT);
        assert_eq!(size_of_coordinates(b"[[0,1],[2,3]]"), 3 * POSITION + 3 * NUMBER);
    }

    proptest! {
        #[test]
        fn the_estimate_is_an_upper_bound(text in "[\\[\\]{}:,\"\\\\a1 ]{0,60}", lists in prop::collection::vec(prop::collection::vec(0..9, 0..9), 0..9)) {
            for text in [text, serde_json::to_string(&lists).unwrap()] {
                if let Ok(value) = serde_json::from_str::<Value>(&text) {
                    prop_assert!(held(&value) as u64 <= size(text.as_bytes()), "{text}");
                }
            }
        }
    }
}
