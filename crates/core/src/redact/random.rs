//! Detection of keys by their random characters.

use super::REDACTED;

/// Beginning of a JSON Web Token: `{"` in base64 (RFC 7519).
pub const TOKEN: &str = "eyJ";
/// Smallest length of a token, in characters after its beginning.
const TOKEN_LENGTH: usize = 8;
/// Smallest total length of runs of both cases in random text, in characters. Of random base64
/// texts of 22 characters a tenth has less, of those of 43 characters one in two hundred.
const MIXED: usize = 16;
/// Smallest length of a random run of one case and digits, in characters: longer than the ids of
/// Landsat before its collections (21) and of MongoDB (24), shorter than MD5 (32).
const ONE_CASE: usize = 25;

/// Returns whether a segment of a path, without its escapes, is a key.
///
/// It is one if it
/// - looks random ([`is_random`]),
/// - contains a JSON Web Token,
/// - is a Cloudinary signature (`s--…--`),
/// - has more than one `=`, as the fields in tokens of Akamai and Google (`exp=…~hmac=…`) and the
///   padding of base64; a single field is a partition (`year=2020`), unless its value is a secret,
/// - contains a URL or a query.
pub fn is_key(part: &str) -> bool {
    let fields = part.matches('=').count();
    is_random(part)
        || token(part).is_some()
        || (part.starts_with("s--") && part.ends_with("--") && part.len() > 5)
        || fields > 1
        || super::credential::named(part).is_some_and(|(value, _)| value < part.len())
        || part.contains("://")
        || super::link::is_query(part)
}

/// Returns whether letters and digits alternate as in random text.
///
/// A *run* is a sequence of letters and digits; a *turn* is a letter next to a digit, or an
/// upper-case letter after a lower-case one. Runs of both cases with more than one turn per five
/// characters are random if they have 16 characters together. A run of one case and digits is
/// random if it has 25 characters and at least one turn per eight. Numbers, words, times, UUIDs
/// with their hyphens and the ids of satellite images are never random.
pub fn is_random(text: &str) -> bool {
    let mut mixed = 0;
    for run in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let any = |kind: fn(&u8) -> bool| run.bytes().any(|letter| kind(&letter));
        let (lower, upper) = (any(u8::is_ascii_lowercase), any(u8::is_ascii_uppercase));
        let (length, turns) = (run.len(), turns(run));
        if lower && upper && turns * 5 > length {
            mixed += length;
        }
        if lower != upper && any(u8::is_ascii_digit) && length >= ONE_CASE && turns * 8 >= length {
            return true;
        }
    }
    mixed >= MIXED
}

fn turns(run: &str) -> usize {
    let pairs = run.as_bytes().windows(2);
    let is_turn = |pair: &&[u8]| {
        pair[0].is_ascii_digit() != pair[1].is_ascii_digit()
            || (pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    };
    pairs.filter(is_turn).count()
}

/// Returns the text with [`REDACTED`] for its JSON Web Tokens.
pub fn without_tokens(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((start, end)) = token(rest) {
        out.push_str(&rest[..start]);
        out.push_str(REDACTED);
        rest = &rest[end..];
    }
    out + rest
}

/// Returns the start and the end of the first JSON Web Token.
fn token(text: &str) -> Option<(usize, usize)> {
    let is_one = |letter: char| letter.is_ascii_alphanumeric() || "-_.=".contains(letter);
    text.match_indices(TOKEN).find_map(|(start, _)| {
        let found = &text[start..];
        let length = found.find(|letter: char| !is_one(letter)).unwrap_or(found.len());
        (length >= TOKEN.len() + TOKEN_LENGTH).then_some((start, start + length))
    })
}
