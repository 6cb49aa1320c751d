//! Values that are secret by the words before them.

use super::LEFT_OUT;

/// How the names of secrets end, in lower case and without hyphens.
const NAMES: [&str; 21] = [
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
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "projectkey",
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

/// What the words so far announce.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expected {
    Text,
    /// The value of a secret.
    Value,
    /// The same, up to the end of the line.
    Line,
    /// What stands behind the scheme of a login in a header.
    Login,
    /// A value behind a `:` or `=` of its own, or what looks like a login.
    Either,
}

/// What a word announces.
pub(super) fn announced(word: &str) -> Expected {
    match named(word) {
        Some(end) if end == word.len() => {
            match HEADERS.iter().any(|header| ends_with(word.trim_end_matches(MARKS), header)) {
                true => Expected::Line,
                false => Expected::Value,
            }
        }
        _ if is_scheme(word) || is_name(word) => Expected::Either,
        _ => Expected::Text,
    }
}

/// What to do with a word that was announced.
pub(super) enum Word {
    /// It is one like others.
    Usual,
    /// It is shown, and announces something itself.
    Shown(Expected),
    /// It is the secret, from this byte on.
    Secret(usize),
    /// The line is the secret.
    SecretLine,
}

pub(super) fn announced_word(expected: Expected, word: &str) -> Word {
    let value = word.trim_start_matches(MARKS);
    let marks = word.len() - value.len();
    match expected {
        Expected::Text => Word::Usual,
        Expected::Either if marks == 0 && is_login(word) => Word::Secret(0),
        Expected::Either if marks == 0 => Word::Usual,
        // `: Some("…")`, and the brackets of lists.
        _ if value.is_empty() || value.ends_with(['(', '[', '{']) => Word::Shown(Expected::Value),
        Expected::Value | Expected::Line if is_scheme(word) => Word::Shown(Expected::Login),
        _ if is_prose(value) => Word::Shown(Expected::Text),
        Expected::Line => Word::SecretLine,
        _ => Word::Secret(marks),
    }
}

/// Where the value begins of which a word holds the name, as in `token=…`.
pub(super) fn named(word: &str) -> Option<usize> {
    let (at, _) = word.match_indices([':', '=']).find(|(at, _)| is_name(&word[..*at]))?;
    Some(word.len() - word[at..].trim_start_matches(MARKS).len())
}

/// Whether a text ends with the name of a secret.
pub(super) fn is_name(text: &str) -> bool {
    NAMES.iter().any(|name| ends_with(text, name))
}

fn ends_with(text: &str, name: &str) -> bool {
    let letters = text.bytes().rev().take(LONGEST_NAME).filter(|letter| !b"-_.".contains(letter));
    let mut letters = letters.map(|letter| letter.to_ascii_lowercase());
    name.bytes().rev().all(|letter| letters.next() == Some(letter))
}

pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.trim_matches(['(', '[', '{', ',', ':']).eq_ignore_ascii_case(scheme))
}

/// Whether a word tells something to people, and is no value.
pub(super) fn is_prose(word: &str) -> bool {
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
pub(super) fn hidden(word: &str, start: usize) -> String {
    let end = word.trim_end_matches([',', ';', ')', ']', '}']).len().max(start);
    format!("{}{LEFT_OUT}{}", &word[..start], &word[end..])
}
