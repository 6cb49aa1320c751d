//! Reader of GeoJSON: RFC 7946, the older format of 2008 with its `crs`, and sequences of texts:
//! one per line (GeoJSONL), or each after a record separator (RFC 8142).

use geojson::{Feature as Given, Geometry};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::broken;
use super::source::{Features, Layer, name_of};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::geo::crs::Crs;
use crate::geo::geojson::to_shape;
use crate::json::{self, Walk};
use crate::limits::ReadBudget;

/// Largest depth of nested collections whose memory is estimated by member.
const DEEPEST: usize = 32;

/// Character before each text of a sequence (RFC 7464, 2.2).
pub const SEPARATOR: char = '\u{1e}';

/// Members of a text that are read, as text: only one feature of a collection at a time is in
/// memory as JSON.
#[derive(Default)]
struct Members<'a> {
    whole: &'a str,
    kind: Option<&'a str>,
    crs: Option<&'a str>,
    name: Option<&'a str>,
    /// `None` if they are not a list.
    features: Option<Vec<&'a str>>,
}

impl<'a> Members<'a> {
    fn read(walk: &mut Walk<'a>, budget: &ReadBudget) -> Result<Self> {
        let mut members = Self::default();
        let start = *walk;
        walk.members(|name, walk| {
            if name == "features" && walk.peek() == Some(b'[') {
                let mut features = Vec::new();
                walk.elements(|walk| {
                    features.push(walk.value()?);
                    budget.check_count(features.len(), "features")
                })?;
                members.features = Some(features);
                return Ok(());
            }
            let value = Some(walk.value()?);
            match &*name {
                "type" => members.kind = value,
                "crs" => members.crs = value,
                "name" => members.name = value,
                _ => {}
            }
            budget.check_time()
        })?;
        Ok(Self { whole: start.until(walk), ..members })
    }

    fn crs(&self, budget: &ReadBudget) -> Result<Crs> {
        let crs: Option<Value> = self.crs.map(|crs| parse(crs, budget)).transpose()?;
        let name = crs.as_ref().and_then(|crs| crs.pointer("/properties/name")).and_then(Value::as_str);
        Ok(name.map_or(Crs::Wgs84, Crs::from_name))
    }

    fn add_to(&self, features: &mut Features, budget: &ReadBudget) -> Result<()> {
        let kind = self.kind.ok_or_else(|| Error::invalid("not GeoJSON: there is no `type`"))?;
        match (kind.trim_matches('"'), &self.features) {
            ("FeatureCollection", Some(list)) => list.iter().enumerate().try_for_each(|(index, feature)| {
                let given = parse(feature, budget).with_context(|| format!("feature {index}"))?;
                push(features, given)
            }),
            ("FeatureCollection", None) => Err(Error::invalid("not GeoJSON: `features` should be a list")),
            ("Feature", _) => push(features, parse(self.whole, budget)?),
            _ => features.push(None, to_shape(parse::<Geometry>(self.whole, budget)?).map(Some)),
        }
    }
}

/// Returns the features of all texts, and the name if there is one text only.
pub fn read(text: &str, budget: &ReadBudget) -> Result<(Option<String>, Layer)> {
    let mut features = Features::new(budget);
    // Coordinate system and name of the first text.
    let mut first: Option<(Crs, Option<String>)> = None;
    let mut count = 0;
    for record in text.split(SEPARATOR) {
        let mut walk = Walk::new(record);
        while walk.peek().is_some() {
            if let Some(other) = walk.rest().chars().next().filter(|first| *first != '{') {
                return Err(Error::invalid(format!(
                    "not GeoJSON: a text begins with `{other}`, not with `{{`"
                )));
            }
            let members = Members::read(&mut walk, budget).map_err(wrong)?;
            members.add_to(&mut features, budget)?;
            let crs = members.crs(budget)?;
            count += 1;
            match &first {
                None => {
                    let name = members.name.and_then(|name| serde_json::from_str(name).ok());
                    first = Some((crs, name));
                }
                Some((same, _)) if *same == crs => {}
                Some(_) => {
                    return Err(Error::invalid(
                        "its texts are in several coordinate systems: write each into a file of its own",
                    ));
                }
            }
        }
    }
    let Some((crs, name)) = first else { return Err(Error::invalid("not GeoJSON: there is no text")) };
    Ok((name.filter(|_| count == 1), Layer { name: None, crs, features: features.found }))
}

/// Parses text, if its values do not take too much memory.
fn parse<T: DeserializeOwned>(text: &str, budget: &ReadBudget) -> Result<T> {
    budget.check_values(text.as_bytes(), |_| size(text, DEEPEST))?;
    serde_json::from_str(text).map_err(broken("GeoJSON"))
}

/// Estimates the memory in bytes of a feature or a geometry. Foreign members are held twice while
/// they are parsed.
fn size(text: &str, depth: usize) -> u64 {
    let mut sum = 0_u64;
    let mut add = |size: u64| sum = sum.saturating_add(size);
    let walked = Walk::new(text).members(|name, walk| {
        match (&*name, depth.checked_sub(1)) {
            ("geometry", Some(depth)) => add(size(walk.value()?, depth)),
            ("geometries", Some(depth)) if walk.peek() == Some(b'[') => {
                walk.elements(|walk| {
                    add(size(walk.value()?, depth));
                    Ok(())
                })?;
            }
            ("coordinates", _) => add(json::size_of_coordinates(walk.value()?.as_bytes())),
            ("properties", _) => add(json::size(walk.value()?.as_bytes())),
            _ => add(2 * json::size(walk.value()?.as_bytes())),
        }
        Ok(())
    });
    if walked.is_ok() { sum } else { json::size(text.as_bytes()) }
}

/// Converts errors of invalid text to [`ErrorKind::InvalidInput`]; those of exceeded limits stay.
fn wrong(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Response => Error::invalid(format!("not GeoJSON: {error}")),
        _ => error,
    }
}

fn push(features: &mut Features, given: Given) -> Result<()> {
    let named = given.properties.as_ref().and_then(|properties| name_of(properties.iter()));
    let name = named.or_else(|| match given.id.as_ref()? {
        geojson::feature::Id::String(id) => Some(id.clone()),
        geojson::feature::Id::Number(id) => Some(id.to_string()),
    });
    features.push(name, given.geometry.map(to_shape).transpose())
}
