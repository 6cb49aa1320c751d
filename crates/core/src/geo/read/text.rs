//! Encoding of a text file: by its byte order mark, by its XML declaration, or UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::unknown;
use crate::error::{Error, Result};
use crate::limits::ReadBudget;

/// Largest number of bytes that are searched for an XML declaration.
const LONGEST: usize = 1000;

/// Decodes a file.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an unknown encoding, and for
/// bytes that are not valid in the stated encoding.
pub fn decode(bytes: Vec<u8>, budget: &ReadBudget) -> Result<String> {
    let (encoding, start) = match Encoding::for_bom(&bytes) {
        Some(marked) => marked,
        None => (declared(&bytes)?.unwrap_or(UTF_8), 0),
    };
    if encoding == UTF_8 {
        return String::from_utf8(bytes).map_err(|_| unknown());
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[start..]);
    let text = text.ok_or_else(|| Error::invalid(format!("it is not in {}, as it says", encoding.name())))?;
    budget.take_bytes(text.len() as u64)?;
    Ok(text.into_owned())
}

/// Returns the encoding of an XML text by its first bytes (XML 1.0, appendix F).
fn declared(bytes: &[u8]) -> Result<Option<&'static Encoding>> {
    match bytes {
        [b'<', 0, ..] => return Ok(Some(UTF_16LE)),
        [0, b'<', ..] => return Ok(Some(UTF_16BE)),
        _ => {}
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    let declaration = start.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let Some(value) = declaration.and_then(|(declaration, _)| declaration.split_once("encoding")) else {
        return Ok(None);
    };
    let mut quoted = value.1.trim_start().trim_start_matches('=').trim_start().split(['"', '\'']);
    let label = quoted.nth(1).unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        // A declaration that is readable as ASCII is not in UTF-16, whatever it states.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(Some(UTF_8)),
        Some(encoding) => Ok(Some(encoding)),
        None => Err(Error::invalid(format!("its encoding `{label}` is not known: write it in UTF-8"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<String> {
        decode(bytes.to_vec(), &ReadBudget::default())
    }

    #[test]
    fn texts_are_decoded_by_their_declared_encoding() {
        let text = "<?xml version='1.0' encoding = 'utf-16'?><name>Gärten №</name>";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in
            [&little, &big, &[&[0xff, 0xfe], &little[..]].concat(), &[&[0xfe, 0xff], &big[..]].concat()]
        {
            assert_eq!(decoded(bytes).unwrap(), text);
        }
        assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        let cyrillic = b"<?xml version=\"1.0\" encoding=\"windows-1251\"?><name>\xcf\xee\xeb\xe5</name>";
        assert!(decoded(cyrillic).unwrap().ends_with("<name>Поле</name>"));
        assert!(decoded(b"<name>encoding='x'\xc3\xa4</name>").unwrap().ends_with("ä</name>"));
    }

    #[test]
    fn a_text_with_a_wrong_or_unknown_encoding_is_refused() {
        let message = |bytes: &[u8]| decoded(bytes).unwrap_err().to_string();
        insta::assert_snapshot!(message(b"<?xml version='1.0' encoding='ebcdic-cp-be'?>"), @"its encoding `ebcdic-cp-be` is not known: write it in UTF-8");
        insta::assert_snapshot!(message(b"\xff\xfe\x00\xd8\x00\x00"), @"it is not in UTF-16LE, as it says");
        insta::assert_snapshot!(message(b"<?xml version='1.0' encoding='shift_jis'?>\x81"), @"it is not in Shift_JIS, as it says");
        assert!(message(b"POINT(\xe4)").starts_with("it is none of the formats"));
    }
}
