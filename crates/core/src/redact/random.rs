//! Text that no person and no archive would choose: keys.

use super::LEFT_OUT;

/// How a JSON Web Token begins: `{"` in base64 (RFC 7519).
pub const TOKEN: &str = "eyJ";
/// Letters of a token behind its beginning, at least.
const TOKEN_LENGTH: usize = 8;
/// Letters in runs of both cases from which a text is random. Of random texts of base64 with 22
/// letters a tenth has fewer, of those with 43 letters one in two hundred.
const MIXED: usize = 16;
/// Letters of a run of one case and digits from which it is random: longer than the ids of
/// Landsat before its collections (21) and of MongoDB (24), shorter than MD5 (32).
const ONE_CASE: usize = 25;

/// Whether a part of a path, without its escapes, is a key.
///
/// It is one when it
/// - looks random ([`is_random`]),
/// - holds a JSON Web Token,
/// - is signed as Cloudinary does it (`s--…--`),
/// - has fields, as the tokens of Akamai and Google (`exp=…~hmac=…`), or ends with the padding
///   of base64; a single field is a partition (`year=2020`), unless its value is a key,
/// - holds a URL or a query.
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

/// Whether letters and digits change as in random text.
///
/// A *run* is a text of letters and digits alone; a *turn* is a letter beside a digit, or an
/// upper-case letter behind a lower-case one. Runs of both cases with a turn for less than five
/// letters count, and are random when they have 16 letters together. A run of one case and
/// digits is random when it has 25 letters and a turn for each eight. Numbers, words, times,
/// UUIDs with their hyphens and the ids of satellite images are never random.
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

/// The text with [`LEFT_OUT`] for its JSON Web Tokens.
pub fn without_tokens(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((start, end)) = token(rest) {
        out.push_str(&rest[..start]);
        out.push_str(LEFT_OUT);
        rest = &rest[end..];
    }
    out + rest
}

/// Where the first JSON Web Token begins and ends.
fn token(text: &str) -> Option<(usize, usize)> {
    let is_one = |letter: char| letter.is_ascii_alphanumeric() || "-_.=".contains(letter);
    text.match_indices(TOKEN).find_map(|(start, _)| {
        let found = &text[start..];
        let length = found.find(|letter: char| !is_one(letter)).unwrap_or(found.len());
        (length >= TOKEN.len() + TOKEN_LENGTH).then_some((start, start + length))
    })
}
