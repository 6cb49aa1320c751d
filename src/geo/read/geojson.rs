//! GeoJSON: RFC 7946, and the older format of 2008 with its `crs`.

use geojson::{Feature as Given, GeoJson};
use serde_json::Value;

use super::broken;
use super::source::{Feature, Layer, name_of};
use crate::error::Result;
use crate::geo::crs::Crs;
use crate::geo::geojson::to_shape;

/// A collection's name, and its features.
pub(super) fn read(text: &str) -> Result<(Option<String>, Layer)> {
    let json: GeoJson = text.parse().map_err(broken("GeoJSON"))?;
    let (members, features) = match json {
        GeoJson::Geometry(geometry) => {
            let members = geometry.foreign_members.clone();
            (members, vec![Given { geometry: Some(geometry), ..Given::default() }])
        }
        GeoJson::Feature(feature) => (feature.foreign_members.clone(), vec![feature]),
        GeoJson::FeatureCollection(collection) => (collection.foreign_members, collection.features),
    };
    let members = members.unwrap_or_default();
    let crs = members.get("crs").and_then(|crs| crs.pointer("/properties/name")).and_then(Value::as_str);
    let name = members.get("name").and_then(Value::as_str).map(str::to_owned);
    let layer = Layer {
        name: None,
        crs: crs.map_or(Crs::Wgs84, Crs::from_name),
        features: features.into_iter().map(feature).collect(),
    };
    Ok((name, layer))
}

fn feature(given: Given) -> Feature {
    let named = given.properties.as_ref().and_then(|properties| name_of(properties.iter()));
    let name = named.or_else(|| match given.id.as_ref()? {
        geojson::feature::Id::String(id) => Some(id.clone()),
        geojson::feature::Id::Number(id) => Some(id.to_string()),
    });
    Feature { name, shape: given.geometry.map(to_shape).transpose() }
}
