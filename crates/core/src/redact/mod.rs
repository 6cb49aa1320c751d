//! Secrets in text from outside, taken out before the text is shown or written.
//!
//! Of a URL only what is on a list stays: the scheme, the host with its port, the path, and
//! the parameters that are known to be harmless. A part of the path that looks
//! random is a secret too. URLs are found as they stand, escaped for JSON or
//! HTML, and percent-encoded any number of times. In other text a value is a
//! secret behind the name of one (`X-Api-Key: …`, `password=…`, `pwd=…`), behind the scheme of a
//! login (`Bearer …`, `Basic …`), and as a JSON Web Token. Two names mean other things as well:
//! behind `pass` a plain word and a number stay (the pass of a satellite), and behind `key` all
//! that does not look random ("duplicate key: B04").

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

/// Stands where something was left out.
const LEFT_OUT: &str = "…";

/// The text, of any number of lines, for people: `…` stands where something was left out.
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

/// The path of a URL without the parts that are keys.
pub fn path(path: &str) -> String {
    link::without_keys(path, true)
}

/// The text for files and frames: nothing stands where a query or a fragment was, so that a
/// URL stays one, and JSON stays JSON.
pub fn data(text: &str) -> Cow<'_, str> {
    match IN_FILES.of(text) {
        Cow::Owned(_) if text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            json(text)
        }
        kept => kept,
    }
}

/// How text is written without its secrets.
#[derive(Clone, Copy)]
struct Redaction {
    /// A query and a fragment leave a mark.
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
                    out.push_str(LEFT_OUT);
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
                    out.push_str(LEFT_OUT);
                    rest = &line[line.find(['\n', '"']).unwrap_or(line.len())..];
                    expected = Expected::Text;
                }
            }
        }
        if out == text { text.into() } else { out.into() }
    }

    /// Writes a word, and says what it announces.
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
            None => out.push_str(LEFT_OUT),
        }
        credential::announced(word)
    }

    /// A word that is not encoded.
    fn shown(self, word: &str) -> String {
        let start = link::start(word);
        let (before, link) = word.split_at(start.unwrap_or(word.len()));
        if link::is_query(before) {
            let (path, parameters) = word.split_at(word.find('?').unwrap_or(0));
            return self.of(path).into_owned() + &link::parameters(parameters, self.marks);
        }
        if let Some((value, _)) = credential::named(before).filter(|(value, _)| *value < word.len()) {
            let is_told =
                start.is_none() && !word[..value].ends_with('=') && credential::is_prose(&word[value..]);
            return if is_told { word.to_owned() } else { credential::hidden(word, value) };
        }
        let before = random::without_tokens(before);
        match link.is_empty() {
            true => before,
            false => before + &link::shown(link, self.marks),
        }
    }
}

/// Whether there is anything to look for: most texts are a word or a name.
fn may_hold_secrets(text: &str) -> bool {
    text.contains([':', '=', '%', '@', '&', '\\'])
        || text.contains(random::TOKEN)
        || text.split_whitespace().any(|word| credential::is_scheme(word) || credential::is_name(word))
}

#[cfg(test)]
mod tests;
