//! Reader of WKT geometries (OGC 06-103r4), one or several, and of EWKT with its prefix `SRID=…;`.

use geo::Geometry;
use wkt::Wkt;

use super::source::{Features, Layer};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::limits::ReadBudget;

/// Largest nesting depth; the parser recurses into collections.
const DEEPEST: usize = 32;

const SHAPES: [&str; 7] =
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];

/// Returns whether a text begins like WKT.
pub fn is_wkt(text: &str) -> bool {
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let word = word.to_ascii_uppercase();
    word == "SRID" || SHAPES.iter().any(|shape| word == *shape || word == format!("{shape}Z"))
}

/// Reads WKT: WGS 84, longitude before latitude, unless an `SRID` states another system.
pub fn read(text: &str, budget: &ReadBudget) -> Result<Layer> {
    let (crs, text) = srid(text)?;
    let mut features = Features::new(budget);
    let between = |c: char| c.is_whitespace() || ",;".contains(c);
    let mut rest = text.trim_matches(between);
    while !rest.is_empty() {
        let end = end_of_first(rest)?.ok_or_else(|| {
            let start: String = rest.chars().take(40).collect();
            Error::invalid(format!("not WKT: `{start}` has no end"))
        })?;
        // Each position but the last is followed by a comma. It takes more memory than its text.
        budget.check_positions(rest[..end].matches(',').count() + 1)?;
        features.push(None, shape(&rest[..end]))?;
        rest = rest[end..].trim_start_matches(between);
    }
    Ok(Layer { name: None, crs, features: features.found })
}

fn srid(text: &str) -> Result<(Crs, &str)> {
    let is_ewkt = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("SRID="));
    match text.split_once(';') {
        Some((srid, rest)) if is_ewkt => Ok((Crs::from_authority("EPSG", srid[5..].trim()), rest)),
        _ if is_ewkt => Err(Error::invalid("not WKT: a `;` is missing after the SRID")),
        _ => Ok((Crs::Wgs84, text)),
    }
}

/// Returns the end of the first geometry: after its closing parenthesis, or after `EMPTY`. Does not
/// read beyond the next geometry, since there may be many.
fn end_of_first(text: &str) -> Result<Option<usize>> {
    let mut at = 0;
    // Words of the type.
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let word = text[at..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        at += word.len();
        match word {
            "" => break,
            _ if word.eq_ignore_ascii_case("EMPTY") => return Ok(Some(at)),
            _ => {}
        }
    }
    if !text[at..].starts_with('(') {
        return Ok(None);
    }
    // Searches for single characters, which is fast also in unoptimised code.
    let (mut next_open, mut depth) = (at, 0_usize);
    loop {
        let Some(close) = text[at..].find(')').map(|close| at + close) else { return Ok(None) };
        while next_open < close {
            depth += 1;
            next_open = text[next_open + 1..].find('(').map_or(text.len(), |open| next_open + 1 + open);
            if depth > DEEPEST {
                return Err(Error::invalid(format!("not WKT: it is nested more than {DEEPEST} deep")));
            }
        }
        depth = depth.saturating_sub(1);
        at = close + 1;
        if depth == 0 {
            return Ok(Some(at));
        }
    }
}

fn shape(text: &str) -> Result<Option<Geometry>> {
    let parsed: Wkt<f64> =
        text.parse().map_err(|message: &str| Error::invalid(format!("not WKT: {message}")))?;
    match Geometry::try_from(parsed) {
        Ok(shape) => Ok(Some(shape)),
        // `geo` has no empty point.
        Err(_) => Ok(None),
    }
}
