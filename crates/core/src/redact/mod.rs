//! Redaction of secrets in external text, before the text is displayed or written.
//!
//! Of a URL only listed parts stay: the scheme, the host with its port, the path, and the
//! parameters that are known to be harmless. A segment of the path that looks random is a secret,
//! too. URLs are found as plain text, escaped for JSON or HTML, and percent-encoded any number of
//! times. In other text a value is a secret after the name of one (`X-Api-Key: …`, `password=…`,
//! `pwd=…`), after an authentication scheme (`Bearer …`, `Basic …`), and as a JSON Web Token. Two
//! names have other meanings, too: after `pass` a plain word and a number stay (the pass of a
//! satellite), and after `key` all values that do not look random ("duplicate key: B04").

mod credential;
mod decode;
mod json;
mod link;
mod random;
mod words;

use std::borrow::Cow;

use serde::de::IgnoredAny;

pub use json::{json, value};

use credential::{Expected, Name, Word};
use decode::{decoded, unescaped};
use words::{closing, gap, word};

/// Replacement for removed text.
const REDACTED: &str = "…";

/// Returns text of any number of lines for display, with `…` in place of each secret.
///
/// ```text
/// https://me:pw@h:8080/a.tif?f=json&sig=x#y    https://h:8080/a.tif?f=json&…#…
/// https://h/s--1b2C3d4E--/a.tif                https://h/…/a.tif
/// https%3A%2F%2Fh%2Fa%3Fsig%3Dx                https://h/a?…
/// Authorization: Bearer x1y2z3                 Authorization: Bearer …
/// ```
pub fn text(text: &str) -> Cow<'_, str> {
    FOR_PEOPLE.of(text)
}

/// Returns the path of a URL with `…` for the segments that are keys.
pub fn path(path: &str) -> String {
    link::without_keys(path, true)
}

/// Returns text for files and frames: a removed query or fragment has no replacement, so that a URL
/// stays valid, and JSON stays JSON.
pub fn data(text: &str) -> Cow<'_, str> {
    match IN_FILES.of(text) {
        Cow::Owned(_) if text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            json(text)
        }
        kept => kept,
    }
}

/// Form of redacted text.
#[derive(Clone, Copy)]
struct Redaction {
    /// Whether `…` replaces a removed query or fragment.
    marks: bool,
}

const FOR_PEOPLE: Redaction = Redaction { marks: true };
const IN_FILES: Redaction = Redaction { marks: false };

impl Redaction {
    fn of(self, text: &str) -> Cow<'_, str> {
        if !may_hold_secrets(text) {
            return text.into();
        }
        let (mut out, mut rest, mut expected) = (String::with_capacity(text.len()), text, Expected::Text);
        while !rest.is_empty() {
            let (between, after) = rest.split_at(gap(rest));
            out.push_str(between);
            let quoted = match expected {
                Expected::Value(_) | Expected::Line if between.ends_with(['"', '\'']) => {
                    Some(closing(between, after)).filter(|length| expected.hides(&after[..*length]))
                }
                _ => None,
            };
            let is_quoted = quoted.is_some();
            let length = quoted.unwrap_or_else(|| word(after));
            let (part, line) = after.split_at(length);
            rest = line;
            match credential::announced_word(expected, part) {
                _ if is_quoted => {
                    out.push_str(REDACTED);
                    expected = Expected::Text;
                }
                Word::Usual => expected = self.word(part, &mut out),
                Word::Shown(next) => {
                    out.push_str(part);
                    expected = next;
                }
                Word::Secret(start) => {
                    out.push_str(&credential::hidden(part, start));
                    expected = credential::announced(part);
                }
                Word::SecretLine => {
                    out.push_str(REDACTED);
                    rest = &line[line.find(['\n', '"']).unwrap_or(line.len())..];
                    expected = Expected::Text;
                }
            }
        }
        if out == text { text.into() } else { out.into() }
    }

    /// Writes a redacted word, and returns the expectation for the next one.
    fn word(self, word: &str, out: &mut String) -> Expected {
        let plain = unescaped(word);
        let shown = self.shown(&plain);
        if shown != plain {
            out.push_str(&shown);
            return match plain.ends_with('(') {
                true => Expected::Value(Name::Secret),
                false => credential::announced(&plain),
            };
        }
        match decoded(word) {
            Some(read) if read == word => out.push_str(word),
            Some(read) => match self.of(&read) {
                kept if kept == read => out.push_str(word),
                kept => out.push_str(&kept),
            },
            None => out.push_str(REDACTED),
        }
        credential::announced(word)
    }

    /// Redacts a word that is not encoded.
    fn shown(self, word: &str) -> String {
        let start = link::start(word);
        let (before, link) = word.split_at(start.unwrap_or(word.len()));
        if link::is_query(before) {
            let (path, parameters) = word.split_at(word.find('?').unwrap_or(0));
            return self.of(path).into_owned() + &link::parameters(parameters, self.marks);
        }
        if let Some((value, _)) = credential::named(before).filter(|(value, _)| *value < word.len()) {
            let is_harmless =
                start.is_none() && !word[..value].ends_with('=') && credential::is_prose(&word[value..]);
            return if is_harmless { word.to_owned() } else { credential::hidden(word, value) };
        }
        let before = random::without_tokens(before);
        match link.is_empty() {
            true => before,
            false => before + &link::shown(link, self.marks),
        }
    }
}

/// Returns whether a text needs redaction at all: most texts are a word or a name.
fn may_hold_secrets(text: &str) -> bool {
    text.contains([':', '=', '%', '@', '&', '\\'])
        || text.contains(random::TOKEN)
        || text.split_whitespace().any(|word| credential::is_scheme(word) || credential::is_name(word))
}

#[cfg(test)]
mod tests;
