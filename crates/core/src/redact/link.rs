//! Redaction of URLs.

use super::REDACTED;
use super::decode::decoded;
use super::random::{is_key, is_random};

/// Largest length of a host name (RFC 1035, 2.3.4): a longer one is the beginning of a login.
const LONGEST_HOST: usize = 253;

/// Largest number of nested URLs.
const NESTED: usize = 8;

/// Parameters that describe the request and not the user: of STAC and OGC APIs, WMS and WMTS, and
/// of tile servers. All others are removed.
const HARMLESS: [&str; 78] = [
    "asset",
    "asset_bidx",
    "assets",
    "band",
    "bands",
    "bbox",
    "bbox-crs",
    "bidx",
    "collection",
    "collections",
    "color_formula",
    "colormap_name",
    "count",
    "crs",
    "date",
    "datetime",
    "end",
    "end_date",
    "f",
    "fields",
    "filter-crs",
    "filter-lang",
    "format",
    "height",
    "id",
    "ids",
    "item",
    "items",
    "lang",
    "language",
    "layer",
    "layers",
    "limit",
    "max_size",
    "maxzoom",
    "minzoom",
    "month",
    "nodata",
    "offset",
    "order",
    "outputformat",
    "page",
    "page_size",
    "pagesize",
    "per_page",
    "profile",
    "quality",
    "request",
    "resampling",
    "rescale",
    "return_mask",
    "scale",
    "service",
    "size",
    "sort",
    "sortby",
    "srs",
    "srsname",
    "start",
    "start_date",
    "startindex",
    "status",
    "style",
    "styles",
    "tile_format",
    "tile_scale",
    "tilecol",
    "tilematrix",
    "tilematrixset",
    "tilerow",
    "time",
    "transparent",
    "type",
    "typename",
    "typenames",
    "version",
    "width",
    "year",
];

/// Returns the offset of the first URL in a word.
pub fn start(word: &str) -> Option<usize> {
    if word.starts_with("//") {
        return Some(0);
    }
    let end = word.find("://")?;
    let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    Some(word[..end].trim_end_matches(is_scheme).len())
}

/// Returns a URL without the parts that may be secret: user and password, all but harmless
/// parameters, the fragment, and the segments of its path that [are keys](is_key).
pub fn shown(link: &str, marks: bool) -> String {
    let (mut out, mut link) = (String::new(), link);
    // A URL may contain another one, as those of caches and archives do.
    for _ in 0..NESTED {
        let (scheme, rest) = link.split_at(link.find("//").map_or(0, |at| at + 2));
        out.push_str(scheme);
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let Some(host) = host(authority) else { break };
        let (path, after) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let own = start(path).unwrap_or(path.len());
        out += &(host + &without_keys(&path[..own], marks));
        if own == path.len() {
            return out + &without_secrets(after, marks);
        }
        link = &rest[own..];
    }
    out + REDACTED
}

/// Returns host and port without user and password; `None` if they are not valid, such as a
/// truncated login.
fn host(authority: &str) -> Option<String> {
    let whole = decoded(authority)?;
    let host = whole.rsplit('@').next().unwrap_or_default();
    let is_host =
        |letter: char| letter.is_ascii_alphanumeric() || !letter.is_ascii() || "-._~:[]{}*".contains(letter);
    // Punctuation may follow in a sentence.
    let (address, marks) = host.split_at(host.find(|letter| !is_host(letter)).unwrap_or(host.len()));
    let (name, port) = match address.rsplit_once(':') {
        Some((name, port)) if !address.ends_with(']') => (name, port),
        _ => (address, ""),
    };
    let is_one = name.len() <= LONGEST_HOST
        && port.bytes().all(|digit| digit.is_ascii_digit())
        && marks.bytes().all(|mark| mark.is_ascii_punctuation());
    is_one.then(|| host.to_owned())
}

/// Returns a path without the segments that [are keys](is_key), and without the segments'
/// parameters.
pub fn without_keys(path: &str, marks: bool) -> String {
    let part = |part: &str| {
        // Parameters of a segment (RFC 3986, 3.3).
        let (name, parameters) = part.split_once(';').map_or((part, None), |(name, rest)| (name, Some(rest)));
        let name = if decoded(name).is_none_or(|name| is_key(&name)) { REDACTED } else { name };
        let mark = if parameters.is_some() && marks { ";…" } else { "" };
        format!("{name}{mark}")
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Returns the redacted query and fragment, with their delimiters.
fn without_secrets(after: &str, marks: bool) -> String {
    let (query, fragment) = after.split_once('#').map_or((after, None), |(query, rest)| (query, Some(rest)));
    let mut out = match query.strip_prefix('?') {
        Some(query) if !query.is_empty() => harmless(query, '?', marks),
        _ => query.to_owned(),
    };
    match fragment {
        Some("") => out.push('#'),
        Some(_) if marks => out.push_str("#…"),
        _ => {}
    }
    out
}

/// Returns whether a text without a host has parameters: a relative URL, or a form.
pub fn is_query(text: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_.-~%[]$".contains(letter);
    text.match_indices(['?', '&']).any(|(at, _)| {
        let name = &text[at + 1..];
        let end = name.find(|letter| !is_name(letter)).unwrap_or(name.len());
        end > 0 && name[end..].starts_with('=')
    })
}

/// Returns the harmless parameters of a query, which begins with `?`, or of a form.
pub fn parameters(text: &str, marks: bool) -> String {
    match text.starts_with('?') {
        true => without_secrets(text, marks),
        false => harmless(text, '&', marks).trim_start_matches('&').to_owned(),
    }
}

/// Returns the harmless parameters after `mark`; empty if there are none.
fn harmless(query: &str, mark: char, marks: bool) -> String {
    let mut kept: Vec<&str> = query.split('&').filter(|pair| is_harmless(pair)).collect();
    if marks && kept.len() < query.split('&').count() {
        kept.push(REDACTED);
    }
    if kept.is_empty() { String::new() } else { format!("{mark}{}", kept.join("&")) }
}

fn is_harmless(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (Some(name), Some(value)) = (decoded(name), decoded(value)) else { return false };
    HARMLESS.contains(&&*name.to_ascii_lowercase())
        && !value.contains(['=', '&', ';', '?', '#', '@', '\\'])
        && !value.contains("//")
        && !is_random(&value)
        && super::random::without_tokens(&value) == value
}
