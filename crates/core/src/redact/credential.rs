//! Secrets that are recognised by the words before them.

use super::REDACTED;
use super::random::is_random;

/// Endings of the names of secrets, in lower case and without `-`, `_` and `.`.
const NAMES: [&str; 23] = [
    "accesskey",
    "accesskeyid",
    "accountkey",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "hmac",
    "jwt",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "projectkey",
    "pwd",
    "secret",
    "secretkey",
    "sharedkey",
    "signature",
    "subscriptionkey",
    "token",
];
/// Characters between a name and its value.
const MARKS: [char; 3] = [':', '=', '>'];
/// Headers whose whole line is secret.
const HEADERS: [&str; 2] = ["authorization", "cookie"];
/// Authentication schemes with one word after them (RFC 9110, 11).
const SCHEMES: [&str; 5] = ["apikey", "basic", "bearer", "negotiate", "sharedkey"];
/// Largest length of a name with its separators, in bytes.
const LONGEST_NAME: usize = 64;
/// Smallest length of a login, in bytes.
const LOGIN: usize = 8;
/// Largest length of a word of prose, in characters.
const PROSE: usize = 20;
/// Number of bytes of a value that are checked.
const CHECKED_BYTES: usize = 128;

/// Meaning of a name for its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Name {
    /// The value is a secret.
    Secret,
    /// `pass`: a password, or the pass of a satellite. A plain word (`descending`) and a number are
    /// not secret.
    Pass,
    /// `key`: mostly the name of a member. A value that looks random is a secret.
    Key,
}

impl Name {
    /// Returns the meaning of the name at the end of a text. `pass` and `key` must be separate
    /// words: `DB_PASS`, `userPass`, but not `bypass`.
    pub fn of(text: &str) -> Option<Self> {
        if is_name(text) {
            return Some(Self::Secret);
        }
        [("pass", Self::Pass), ("key", Self::Key)].into_iter().find_map(|(name, says)| {
            let (before, word) = text.split_at_checked(text.len().checked_sub(name.len())?)?;
            let joins = before.ends_with(|letter: char| match word.starts_with(char::is_uppercase) {
                true => letter.is_uppercase() || letter.is_numeric(),
                false => letter.is_alphanumeric(),
            });
            (word.eq_ignore_ascii_case(name) && !joins).then_some(says)
        })
    }

    /// Returns whether a value after the name is a secret.
    pub fn hides(self, value: &str) -> bool {
        let value = value.get(..value.floor_char_boundary(CHECKED_BYTES)).unwrap_or_default();
        match self {
            Self::Secret => true,
            Self::Pass => {
                let word = value.trim_matches(|letter: char| !letter.is_alphanumeric());
                !is_prose(value)
                    && !word.bytes().all(|letter| letter.is_ascii_digit() || b".,".contains(&letter))
            }
            Self::Key => is_random(value),
        }
    }
}

/// Expectation for the next word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    Text,
    /// The value of a name.
    Value(Name),
    /// The value of a name, up to the end of the line.
    Line,
    /// The credentials after the authentication scheme in a header.
    Login,
    /// A value if it begins with `:` or `=`, or a word that looks like a login.
    Either,
    /// A value, if it begins with `:` or `=`.
    Marked(Name),
}

impl Expected {
    /// Returns whether a value in quotes is a secret.
    pub fn hides(self, value: &str) -> bool {
        match self {
            Self::Value(name) => name.hides(value),
            Self::Line => true,
            _ => false,
        }
    }
}

/// Returns the expectation for the word after `word`.
pub fn announced(word: &str) -> Expected {
    match (named(word), Name::of(word)) {
        (Some((end, name)), _) if end == word.len() => {
            match HEADERS.iter().any(|header| ends_with(word.trim_end_matches(MARKS), header)) {
                true => Expected::Line,
                false => Expected::Value(name),
            }
        }
        (_, Some(Name::Secret)) => Expected::Either,
        (_, Some(name)) => Expected::Marked(name),
        _ if is_scheme(word) => Expected::Either,
        _ => Expected::Text,
    }
}

/// Redaction of a word, given the expectation for it.
pub enum Word {
    /// The word is processed like any other.
    Usual,
    /// The word is shown, and sets the expectation for the next word.
    Shown(Expected),
    /// The word is a secret from this byte on.
    Secret(usize),
    /// The rest of the line is a secret.
    SecretLine,
}

pub fn announced_word(expected: Expected, word: &str) -> Word {
    let value = word.trim_start_matches(MARKS);
    let marks = word.len() - value.len();
    match expected {
        Expected::Text => Word::Usual,
        Expected::Either if marks == 0 && is_login(word) => Word::Secret(0),
        Expected::Either | Expected::Marked(_) if marks == 0 => Word::Usual,
        // `: Some("…")`, and brackets of lists.
        _ if value.is_empty() || value.ends_with(['(', '[', '{']) => Word::Shown(match expected {
            Expected::Value(name) | Expected::Marked(name) => Expected::Value(name),
            _ => Expected::Value(Name::Secret),
        }),
        Expected::Value(name) | Expected::Marked(name) if !name.hides(value) => Word::Usual,
        Expected::Value(_) | Expected::Line if is_scheme(word) => Word::Shown(Expected::Login),
        _ if is_prose(value) => Word::Shown(Expected::Text),
        Expected::Line => Word::SecretLine,
        _ => Word::Secret(marks),
    }
}

/// Returns the offset of the secret value in a word that contains its name, as in `token=…`, and
/// the meaning of the name. If the offset is the word's length, the value is in the next word.
pub fn named(word: &str) -> Option<(usize, Name)> {
    word.match_indices([':', '=']).find_map(|(at, _)| {
        let name = Name::of(&word[..at])?;
        let value = word[at..].trim_start_matches(MARKS);
        (value.is_empty() || name.hides(value)).then_some((word.len() - value.len(), name))
    })
}

/// Returns whether a text ends with the name of a secret.
pub fn is_name(text: &str) -> bool {
    NAMES.iter().any(|name| ends_with(text, name))
}

fn ends_with(text: &str, name: &str) -> bool {
    let letters = text.bytes().rev().take(LONGEST_NAME).filter(|letter| !b"-_.".contains(letter));
    let mut letters = letters.map(|letter| letter.to_ascii_lowercase());
    name.bytes().rev().all(|letter| letters.next() == Some(letter))
}

pub fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.trim_matches(['(', '[', '{', ',', ':']).eq_ignore_ascii_case(scheme))
}

/// Returns whether a word is prose and not a value.
pub fn is_prose(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_lower = word.chars().skip(1).all(char::is_lowercase);
    word.chars().all(char::is_alphabetic)
        && (is_lower || word.chars().all(char::is_uppercase))
        && word.chars().count() <= PROSE
}

/// Returns whether a word may be the credentials after an authentication scheme (RFC 9110, 11.2,
/// `token68`).
fn is_login(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=:".contains(letter);
    // Punctuation may follow, or the text is cut off.
    let word = &word[..word.find(|letter| !is_letter(letter)).unwrap_or(word.len())];
    let is_odd = |(at, letter): (usize, char)| {
        letter.is_ascii_digit() || "+/=".contains(letter) || (at > 0 && letter.is_ascii_uppercase())
    };
    word.len() >= LOGIN && word.char_indices().any(is_odd) && !is_prose(word)
}

/// Returns a word with `…` for the secret that begins at byte `start`; closing brackets, commas and
/// semicolons at its end stay.
pub fn hidden(word: &str, start: usize) -> String {
    let end = word.trim_end_matches([',', ';', ')', ']', '}']).len().max(start);
    format!("{}{REDACTED}{}", &word[..start], &word[end..])
}
