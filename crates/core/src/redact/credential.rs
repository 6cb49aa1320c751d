//! Values that are secret by the words before them.

use super::LEFT_OUT;
use super::random::is_random;

/// How the names of secrets end, in lower case and without hyphens.
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
/// What stands between a name and its value.
const MARKS: [char; 3] = [':', '=', '>'];
/// Headers whose whole line is the secret.
const HEADERS: [&str; 2] = ["authorization", "cookie"];
/// Schemes of logins with one word behind them (RFC 9110, 11).
const SCHEMES: [&str; 5] = ["apikey", "basic", "bearer", "negotiate", "sharedkey"];
/// Bytes of a name with its hyphens, at most.
const LONGEST_NAME: usize = 64;
/// Letters of a login, at least.
const LOGIN: usize = 8;
/// Letters of a word of prose, at most.
const PROSE: usize = 20;
/// Bytes of a value that are looked at.
const LOOKED_AT: usize = 128;

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Name {
    /// It is a secret.
    Secret,
    /// `pass`: a password, or that of a satellite. A plain word (`descending`) and a number are none.
    Pass,
    /// `key`: which member is meant, mostly. What looks random is a secret.
    Key,
}

impl Name {
    /// What the name at the end of a text says. `pass` and `key` have to be words of their own:
    /// `DB_PASS`, `userPass`, and not `bypass`.
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

    /// Whether a value behind the name is a secret.
    pub fn hides(self, value: &str) -> bool {
        let value = value.get(..value.floor_char_boundary(LOOKED_AT)).unwrap_or_default();
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

/// What the words so far announce.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    Text,
    /// The value behind a name.
    Value(Name),
    /// The same, up to the end of the line.
    Line,
    /// What stands behind the scheme of a login in a header.
    Login,
    /// A value behind a `:` or `=` of its own, or what looks like a login.
    Either,
    /// The former alone.
    Marked(Name),
}

impl Expected {
    /// Whether a value in quotes is the secret.
    pub fn hides(self, value: &str) -> bool {
        match self {
            Self::Value(name) => name.hides(value),
            Self::Line => true,
            _ => false,
        }
    }
}

/// What a word announces.
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

/// What to do with a word that was announced.
pub enum Word {
    /// It is one like others.
    Usual,
    /// It is shown, and announces something itself.
    Shown(Expected),
    /// It is the secret, from this byte on.
    Secret(usize),
    /// The line is the secret.
    SecretLine,
}

pub fn announced_word(expected: Expected, word: &str) -> Word {
    let value = word.trim_start_matches(MARKS);
    let marks = word.len() - value.len();
    match expected {
        Expected::Text => Word::Usual,
        Expected::Either if marks == 0 && is_login(word) => Word::Secret(0),
        Expected::Either | Expected::Marked(_) if marks == 0 => Word::Usual,
        // `: Some("…")`, and the brackets of lists.
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

/// Where the secret value begins of which a word holds the name, as in `token=…`, and what the
/// name says. The value may be in the next word.
pub fn named(word: &str) -> Option<(usize, Name)> {
    word.match_indices([':', '=']).find_map(|(at, _)| {
        let name = Name::of(&word[..at])?;
        let value = word[at..].trim_start_matches(MARKS);
        (value.is_empty() || name.hides(value)).then_some((word.len() - value.len(), name))
    })
}

/// Whether a text ends with the name of a secret.
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

/// Whether a word tells something to people, and is no value.
pub fn is_prose(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_lower = word.chars().skip(1).all(char::is_lowercase);
    word.chars().all(char::is_alphabetic)
        && (is_lower || word.chars().all(char::is_uppercase))
        && word.chars().count() <= PROSE
}

/// Whether a word may be what stands behind the scheme of a login (RFC 9110, 11.2, `token68`).
fn is_login(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=:".contains(letter);
    // Marks may follow it, or it is cut off.
    let word = &word[..word.find(|letter| !is_letter(letter)).unwrap_or(word.len())];
    let is_odd = |(at, letter): (usize, char)| {
        letter.is_ascii_digit() || "+/=".contains(letter) || (at > 0 && letter.is_ascii_uppercase())
    };
    word.len() >= LOGIN && word.char_indices().any(is_odd) && !is_prose(word)
}

/// A word without the secret that begins at a byte; brackets behind it stay.
pub fn hidden(word: &str, start: usize) -> String {
    let end = word.trim_end_matches([',', ';', ')', ']', '}']).len().max(start);
    format!("{}{LEFT_OUT}{}", &word[..start], &word[end..])
}
