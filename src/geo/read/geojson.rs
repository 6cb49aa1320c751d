//! GeoJSON: RFC 7946, the older format of 2008 with its `crs`, and several texts one after the
//! other: one a line (GeoJSONL), or each behind a record separator (RFC 8142).

use std::fmt;

use geojson::{Feature as Given, Geometry};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::broken;
use super::source::{Features, Layer, name_of};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::geo::geojson::to_shape;
use crate::limits::ReadBudget;

/// The mark in front of each text of a sequence (RFC 7464, 2.2).
pub(super) const SEPARATOR: char = '\u{1e}';

/// The members of a text that tell what it is. They are read first, so that one feature of a
/// collection at a time is held as JSON.
#[derive(Deserialize)]
#[serde(expecting = "an object with a `type`")]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    crs: Option<Value>,
    name: Option<Value>,
}

impl Head {
    fn crs(&self) -> Crs {
        let name = self.crs.as_ref().and_then(|crs| crs.pointer("/properties/name")).and_then(Value::as_str);
        name.map_or(Crs::Wgs84, Crs::from_name)
    }
}

/// The features of all texts, and the name of the only one.
pub(super) fn read(text: &str, budget: &ReadBudget) -> Result<(Option<String>, Layer)> {
    let mut features = Features::new(budget);
    let mut heads: Vec<Head> = Vec::new();
    for record in text.split(SEPARATOR) {
        let mut texts = serde_json::Deserializer::from_str(record).into_iter::<Head>();
        let mut start = 0;
        loop {
            if let Some(other) = record[start..].trim_start().chars().next().filter(|first| *first != '{') {
                return Err(Error::invalid(format!(
                    "not GeoJSON: a text begins with `{other}`, not with `{{`"
                )));
            }
            let Some(head) = texts.next() else { break };
            let head = head.map_err(broken("GeoJSON"))?;
            let end = texts.byte_offset();
            add(&record[start..end], &head.kind, &mut features)?;
            start = end;
            heads.push(head);
        }
    }
    let Some(first) = heads.first() else { return Err(Error::invalid("not GeoJSON: there is no text")) };
    let crs = first.crs();
    if heads.iter().any(|head| head.crs() != crs) {
        return Err(Error::invalid(
            "its texts are in several coordinate systems: write each into a file of its own",
        ));
    }
    let name = first.name.as_ref().filter(|_| heads.len() == 1).and_then(Value::as_str).map(str::to_owned);
    Ok((name, Layer { name: None, crs, features: features.found }))
}

/// Adds the features of one text.
fn add(text: &str, kind: &str, features: &mut Features) -> Result<()> {
    match kind {
        "FeatureCollection" => {
            let mut refused = None;
            let collection = Collection { features, refused: &mut refused };
            let read = collection.deserialize(&mut serde_json::Deserializer::from_str(text));
            // What was refused is told in its own words.
            refused.map_or(Ok(()), Err)?;
            read.map_err(broken("GeoJSON"))
        }
        "Feature" => push(features, serde_json::from_str(text).map_err(broken("GeoJSON"))?),
        _ => {
            let geometry: Geometry = serde_json::from_str(text).map_err(broken("GeoJSON"))?;
            features.push(None, to_shape(geometry).map(Some))
        }
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

/// Reads the features of a collection one by one.
struct Collection<'a, 'b> {
    features: &'a mut Features<'b>,
    refused: &'a mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for Collection<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collection<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { features, refused } = self;
        while let Some(member) = members.next_key::<String>()? {
            match member.as_str() {
                "features" => members.next_value_seed(List { features, refused })?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The list of a collection's features.
struct List<'a, 'b> {
    features: &'a mut Features<'b>,
    refused: &'a mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(given) = list.next_element::<Given>()? {
            if let Err(error) = push(self.features, given) {
                *self.refused = Some(error);
                return Err(A::Error::custom("a limit was passed"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Aoi;

    fn feature(name: &str, west: u32) -> String {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},0],[{},0],[{},1],[{west},0]]]}}}}"#,
            west + 1,
            west + 1
        )
    }

    #[test]
    fn texts_may_follow_each_other() {
        let (a, b) = (feature("a", 0), feature("b", 5));
        let collection = format!("{{\n\"type\": \"FeatureCollection\",\n\"features\": [{a}, {b}]}}");
        for text in [
            format!("{a}\n{b}"),
            format!("{a}\r\n\r\n{b}\r\n"),
            format!("\u{1e}{a}\n\u{1e}{b}\n"),
            format!("{a}{b}"),
            collection.clone(),
        ] {
            let aoi = Aoi::from_geojson(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let names: Vec<_> = aoi.features().iter().map(|feature| feature.name.clone().unwrap()).collect();
            assert_eq!(names, ["a", "b"], "{text}");
        }
        let both = format!("{collection}\n{}", feature("c", 9));
        assert_eq!(Aoi::from_geojson(&both).unwrap().features().len(), 3);
    }

    #[test]
    fn texts_that_do_not_fit_together_are_refused() {
        let told = |text: &str| Aoi::from_geojson(text).unwrap_err().to_string();
        let moved = feature("b", 5).replacen('{', r#"{"crs":{"properties":{"name":"EPSG:3857"}},"#, 1);
        let both = format!("{}\n{moved}", feature("a", 0));
        insta::assert_snapshot!(told(&both), @"its texts are in several coordinate systems: write each into a file of its own");
        let cut = format!("{}\n{}", feature("a", 0), &moved[..60]);
        insta::assert_snapshot!(told(&cut), @"not GeoJSON: EOF while parsing a value at line 2 column 60");
        insta::assert_snapshot!(told("\u{1e}\n"), @"not GeoJSON: there is no text");
        insta::assert_snapshot!(told(r#"{"type":"Topology","objects":{}}"#), @"not GeoJSON: unknown variant `Topology`, expected one of `Point`, `LineString`, `Polygon`, `MultiPoint`, `MultiLineString`, `MultiPolygon`, `GeometryCollection` at line 1 column 18");
        insta::assert_snapshot!(told(r#"{"type":"FeatureCollection","features":{}}"#), @"not GeoJSON: invalid type: map, expected a list of features at line 1 column 39");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = r#"{"type":"GeometryCollection","geometries":["#.repeat(50_000);
        let told = Aoi::from_geojson(&deep).unwrap_err().to_string();
        assert!(told.starts_with("not GeoJSON: "), "{told}");
        let closed = deep + &"]}".repeat(50_000);
        let told = Aoi::from_geojson(&closed).unwrap_err().to_string();
        assert!(told.starts_with("not GeoJSON: recursion limit"), "{told}");
    }
}
