//! Multipart responses with several results (1.0, 7.13.2; RFC 2046, 5.1).

use up42_core::error::{Error, Result};

/// Largest number of parts; a response with more is rejected.
const MOST: usize = 10_000;

/// Part of a multipart response: one result.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Part<'a> {
    /// Name of the output, from `Content-ID` or `Content-Disposition`.
    pub(super) name: Option<String>,
    pub(super) content_type: Option<String>,
    /// URL of the content, if the part refers to it (`Content-Location`).
    pub(super) location: Option<String>,
    pub(super) is_base64: bool,
    pub(super) body: &'a [u8],
}

/// Returns the boundary of a multipart content type; `None` for other types.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, _) = content_type.split_once(';')?;
    let is_multipart = kind.trim().to_ascii_lowercase().starts_with("multipart/");
    parameter(content_type, "boundary").filter(|boundary| is_multipart && !boundary.is_empty())
}

/// Splits the body into its parts, in order.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>> {
    let cut_off = || Error::response("the answer of several parts is cut off: ask for the results again");
    let delimiter = format!("--{boundary}");
    let delimiter = delimiter.as_bytes();
    let (_, mut rest) = split(body, delimiter).ok_or_else(cut_off)?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (_, start) = line(rest).ok_or_else(cut_off)?;
        let (part, next) = split(start, delimiter).ok_or_else(cut_off)?;
        parts.push(Part::read(part).ok_or_else(cut_off)?);
        rest = next;
        if parts.len() > MOST {
            return Err(Error::response(format!("the answer has more than {MOST} parts")));
        }
    }
    Ok(parts)
}

impl<'a> Part<'a> {
    fn read(mut rest: &'a [u8]) -> Option<Self> {
        let mut part = Self::default();
        // A part may have no body (RFC 2046, 5.1.1).
        while !rest.is_empty() {
            let (header, next) = line(rest)?;
            rest = next;
            if header.is_empty() {
                part.body = rest;
                return Some(part);
            }
            let header = String::from_utf8_lossy(header);
            let Some((name, value)) = header.split_once(':') else { continue };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                // Content ids have the form of message ids: `<output@server>`.
                "content-id" => {
                    let id = value.trim_matches(['<', '>', '"']);
                    part.name = id.split('@').next().filter(|id| !id.is_empty()).map(str::to_owned);
                }
                "content-disposition" => {
                    let named = ["name", "filename"].iter().find_map(|name| parameter(value, name));
                    part.name = part.name.or(named.map(str::to_owned));
                }
                "content-type" => part.content_type = Some(value.to_owned()),
                "content-location" => part.location = Some(value.to_owned()),
                "content-transfer-encoding" => part.is_base64 = value.eq_ignore_ascii_case("base64"),
                _ => {}
            }
        }
        Some(part)
    }
}

/// Splits the text at a delimiter, which begins a line, and returns the text before and after it.
/// The preceding line break belongs to the delimiter (RFC 2046, 5.1.1).
fn split<'a>(text: &'a [u8], delimiter: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    loop {
        let found = text[from..].windows(delimiter.len()).position(|part| part == delimiter)? + from;
        let (before, after) = (&text[..found], &text[found + delimiter.len()..]);
        // Another boundary may begin with this one.
        let is_whole = after.is_empty() || after.starts_with(b"--") || after[0].is_ascii_whitespace();
        match before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\n")) {
            Some(before) if is_whole => return Some((before, after)),
            None if found == 0 && is_whole => return Some((before, after)),
            _ => from = found + 1,
        }
    }
}

/// Returns the first line without its line break, and the rest.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    Some((line, &text[end + 1..]))
}

/// Returns a parameter of a header, such as `boundary`.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').skip(1).find_map(|one| {
        let (known, value) = one.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_boundary_is_read_from_multipart_types_only() {
        assert_eq!(boundary("multipart/related; type=\"a/b\"; boundary=\"x y\""), Some("x y"));
        assert_eq!(boundary("Multipart/Mixed;BOUNDARY=x"), Some("x"));
        for other in ["application/json; boundary=x", "multipart/mixed", "multipart/mixed; boundary=", ""] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }

    #[test]
    fn parts_are_named_by_their_headers() {
        let body = b"preamble\r\n--x\r\nContent-ID: <echo@h>\r\nContent-Type: text/plain\r\n\r\nHello --x\r\n\
            --x\r\ncontent-location: https://h/a.tif\r\nContent-Disposition: form-data; name=\"grid\"\r\n\r\n\r\n\
            --xy\r\n\
            --x\r\nContent-Location: https://h/b.tif\r\n\r\n--x--\r\n";
        let found = parts(body, "x").unwrap();
        assert_eq!((found[0].name.as_deref(), found[0].body), (Some("echo"), &b"Hello --x"[..]));
        assert_eq!((found[1].name.as_deref(), found[1].body), (Some("grid"), &b"\r\n--xy"[..]));
        assert_eq!(found[1].location.as_deref(), Some("https://h/a.tif"));
        assert_eq!((found[2].location.as_deref(), found[2].body), (Some("https://h/b.tif"), &b""[..]));
        for cut in [&body[..40], b"", b"--x", b"--x\r\n\r\n"] {
            let message = parts(cut, "x").unwrap_err().to_string();
            assert!(message.contains("cut off"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn bodies_are_read_unchanged(bodies in vec(vec(any::<u8>(), 0..60), 0..5)) {
            prop_assume!(bodies.iter().all(|body| !body.windows(4).any(|part| part == b"--x-")));
            let mut text = Vec::new();
            for body in &bodies {
                text.extend_from_slice(b"--x-1\r\nContent-Type: a/b\r\n\r\n");
                text.extend_from_slice(body);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"--x-1--");
            let read: Vec<_> = parts(&text, "x-1").unwrap().iter().map(|part| part.body.to_vec()).collect();
            prop_assert_eq!(read, bodies);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(text in vec(prop_oneof![Just(b'-'), Just(b'\n'), Just(b'x'), Just(b':'), any::<u8>()], 0..80)) {
            let _ = parts(&text, "x");
        }
    }
}
