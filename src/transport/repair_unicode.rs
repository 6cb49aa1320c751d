//! Repair of invalid Unicode in JSON: a name cut in the middle of a character must not make a whole
//! page unreadable.

/// Returns the text with U+FFFD for bytes that are not UTF-8 and for unpaired surrogates, which
/// JSON can escape (RFC 8259, 8.2); `None` if there are none.
pub(super) fn repaired_unicode(json: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        out.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            // The backslash and the character that it escapes, which may be another backslash.
            _ => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        out.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    out.push_str(rest);
    (out.as_bytes() != json).then_some(out)
}

/// Returns the UTF-16 unit of `\uXXXX` at the beginning of the text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_lone_surrogates_and_invalid_bytes_are_replaced() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (br#"["\ud83d\ude00", "\\ud800", "\u00e9", "\n"]"#, None),
            (br#"["a\ud800"]"#, Some("[\"a\u{fffd}\"]")),
            (br#"["\ude00\ud83d\ud83d\ude00"]"#, Some("[\"\u{fffd}\u{fffd}\\ud83d\\ude00\"]")),
            (br#"["\\\ud800"]"#, Some("[\"\\\\\u{fffd}\"]")),
            (b"[\"\xff\"]", Some("[\"\u{fffd}\"]")),
            (br#"["\ud8"#, None),
        ];
        for (json, expected) in cases {
            assert_eq!(repaired_unicode(json).as_deref(), expected, "{}", String::from_utf8_lossy(json));
        }
    }

    proptest! {
        #[test]
        fn a_repaired_text_is_not_repaired_again(json in prop::collection::vec(any::<u8>(), 0..40), escapes in "(\\\\(u(d8|dc|00)..|n|\\\\)|é){0,8}") {
            let json = [escapes.as_bytes(), &json].concat();
            let once = repaired_unicode(&json).unwrap_or_else(|| String::from_utf8(json).unwrap());
            prop_assert_eq!(repaired_unicode(once.as_bytes()), None);
        }

        #[test]
        fn valid_text_is_unchanged(text: String) {
            let json = serde_json::to_vec(&text).unwrap();
            prop_assert_eq!(repaired_unicode(&json), None);
        }
    }
}
