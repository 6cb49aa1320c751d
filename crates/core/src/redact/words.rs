//! Words of a text: the parts between whitespace and quotes; a URL is one word.

use super::decode::{escape, slashes};

/// Returns the number of bytes before the first word of a text.
pub fn gap(text: &str) -> usize {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        at += match letter {
            '\\' if escape(&text[at..]).is_none() => {
                // The character after the backslashes belongs to them, as in `\n`.
                let slashes = slashes(&text[at..]);
                let next = text[at + slashes..].chars().next();
                slashes + usize::from(next.is_some_and(|next| "nrtbf0\"'".contains(next)))
            }
            '\\' => break,
            letter if ends(letter, text[at + letter.len_utf8()..].chars().next()) => letter.len_utf8(),
            '\'' => 1,
            _ => break,
        };
    }
    at
}

/// Returns the length in bytes of the word at the beginning of a text.
pub fn word(text: &str) -> usize {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        at += match letter {
            '\\' => match escape(&text[at..]) {
                Some((_, length)) => length,
                None => break,
            },
            letter if ends(letter, text[at + letter.len_utf8()..].chars().next()) => break,
            letter => letter.len_utf8(),
        };
    }
    at
}

/// Returns the length in bytes of a quoted value whose opening quote ends `before`.
pub fn closing(before: &str, text: &str) -> usize {
    let Some(quote) = before.chars().next_back() else { return text.len() };
    let escapes = |text: &str| text.len() - text.trim_end_matches('\\').len();
    let depth = escapes(&before[..before.len() - quote.len_utf8()]);
    let mut ends = text.match_indices(quote).map(|(at, _)| (at, escapes(&text[..at])));
    ends.find(|(_, escapes)| *escapes <= depth).map_or(text.len(), |(at, escapes)| at - escapes)
}

/// Returns whether a character separates words. A `'` may be part of a URL (RFC 3986, 2.2), so it
/// separates words only if no character of a URL follows.
fn ends(letter: char, next: Option<char>) -> bool {
    match letter {
        '"' | '<' | '>' | '`' => true,
        '\'' => next.is_none_or(|next| !next.is_alphanumeric() && !"&/%=_-".contains(next)),
        letter => letter.is_whitespace() || letter.is_control(),
    }
}
