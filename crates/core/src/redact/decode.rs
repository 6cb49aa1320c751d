//! Removal of the escapes of JSON, HTML and URLs.

use std::borrow::Cow;

/// Largest number of decoding passes; the last must change nothing.
const LAYERS: usize = 8;

/// Returns the text without the escapes of JSON and HTML that a URL may have.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '&']) {
        return text.into();
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['\\', '&']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let length = match escape(found).or_else(|| entity(found)) {
            Some((letter, length)) => {
                out.push(letter);
                length
            }
            None => {
                let length = slashes(found).max(1);
                out.push_str(&found[..length]);
                length
            }
        };
        rest = &found[length..];
    }
    out.push_str(rest);
    out.into()
}

/// Returns the text without any escapes; `None` if it has too many layers of them.
pub fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..LAYERS {
        let next = percent(&unescaped(&text)).into_owned();
        if next == *text {
            return Some(text);
        }
        text = next.into();
    }
    None
}

/// Returns the character of a JSON escape (`\/` or `\u002f`) at the beginning of a text, and the
/// length of the escape. JSON in JSON has more backslashes.
pub fn escape(text: &str) -> Option<(char, usize)> {
    let slashes = slashes(text);
    let escaped = text.get(slashes..).filter(|_| slashes > 0)?;
    if escaped.starts_with('/') {
        return Some(('/', slashes + 1));
    }
    let digits = escaped.strip_prefix("u00")?.get(..2)?;
    Some((char::from(u8::from_str_radix(digits, 16).ok()?), slashes + 5))
}

/// Returns the number of backslashes at the beginning of a text.
pub fn slashes(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'\\').count()
}

/// Returns the character of an HTML escape (`&amp;`, `&#47;` or `&#x2f;`) at the beginning of a
/// text, and the length of the escape.
fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) =
        text.strip_prefix('&')?.split_at_checked(text.get(..10).unwrap_or(text).find(';')? - 1)?;
    let letter = match name.strip_prefix('#') {
        Some(code) => {
            let hex = code.strip_prefix(['x', 'X']);
            char::from_u32(hex.map_or_else(|| code.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?)?
        }
        None if name == "amp" => '&',
        None => return None,
    };
    Some((letter, name.len() + 2))
}

/// Returns the text without one layer of percent-encoding (RFC 3986, 2.1).
fn percent(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned().into()
}
