use std::borrow::Cow;
use std::fmt;

use geo::CoordsIter;
use geo_types::Geometry;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::footprint;
use super::parts::{Parts, Rest};
use super::preview::{self, QuicklookSource};
use up42_core::hash::hex;
use up42_core::json::Walk;
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Image of a catalog: acquisition time, footprint, cloud cover and other metadata.
///
/// Read from a STAC item (of any version since 0.6) or a feature of the classic search; all
/// properties of the provider are in [`properties`](Self::properties).
#[derive(Clone)]
#[non_exhaustive]
pub struct Scene {
    /// Id from the provider, unique in its collection (STAC `id`). An item without one is named by
    /// a hash of its content: `unnamed-3f2a91bc`.
    pub id: String,
    /// Collection, such as `phr` (STAC `collection`).
    pub collection: Option<String>,
    /// Provider (STAC `providers`, classic `producer` or `providerName`).
    pub provider: Option<String>,
    /// Satellites, such as `PHR` (`constellation`, else `platform`).
    pub constellation: Option<String>,
    /// Acquisition time, UTC (`datetime`, else `start_datetime`; classic `acquisitionDate`).
    pub datetime: Option<Timestamp>,
    /// Cloud cover of the whole scene, in % (`eo:cloud_cover`; classic
    /// `cloudCoverage`).
    pub cloud_cover: Option<f64>,
    /// Size of a pixel on the ground, in metres (`gsd`; classic `resolution`).
    pub resolution: Option<f64>,
    /// Angle between the view and the vertical at the ground, in degrees
    /// (`view:incidence_angle`).
    pub incidence_angle: Option<f64>,
    /// Delivery time: `MINUTES`, `HOURS` or `DAYS` (`deliveryTime`).
    pub delivery_time: Option<String>,
    /// Outline on the ground, WGS 84; `None` if the server sends none, an empty one, or one that
    /// cannot be read.
    pub footprint: Option<Geometry>,
    /// Share of the searched area that the footprint covers, in %.
    pub aoi_coverage: Option<f64>,
    /// All properties, as the server sent them.
    pub properties: Map<String, Value>,
    /// Problems of the metadata in words, such as a missing footprint.
    pub note: Option<String>,
    pub(in crate::catalog) quicklook: QuicklookSource,
    pub(in crate::catalog) rest: Rest,
}

impl Scene {
    /// Reads a STAC item or a classic feature; see [`of`](Self::of).
    pub(in crate::catalog) fn read(feature: &Value, page: &str) -> Self {
        let text = feature.to_string();
        Self::of(&Parts::read(&mut Walk::new(&text)).unwrap_or_default(), page)
    }

    /// Reads a STAC item or a classic feature. Parts that cannot be read become a note, so that one
    /// invalid scene never hides the others.
    ///
    /// `page` is the URL of the page with the feature, for relative links.
    pub(super) fn of(parts: &Parts, page: &str) -> Self {
        let mut notes = Vec::new();
        let properties = match parts.properties.map(serde_json::from_str) {
            Some(Ok(properties)) => properties,
            Some(Err(error)) => {
                notes.push(format!("the properties cannot be read: {error}"));
                Map::new()
            }
            None => Map::new(),
        };
        let footprint = footprint_of(parts.geometry).map_err(|note| notes.push(note)).ok();
        let id = parts.id.and_then(word);
        let mut scene = Self::made(id, parts.collection.and_then(word), footprint, properties, parts.rest());
        if scene.id.is_empty() {
            notes.push("no id".to_owned());
            scene.id = unnamed(parts.whole);
        }
        if scene.datetime.is_none() {
            notes.push("no acquisition date".to_owned());
        }
        scene.quicklook = match (&scene.rest.assets, scene.properties.get("providerName").and_then(text)) {
            (Some(_), _) => preview::of_assets(&parts.named, parts.links, page),
            (None, Some(provider)) => QuicklookSource::Classic(provider.into()),
            (None, None) => preview::of_host(page),
        };
        scene.note = (!notes.is_empty()).then(|| notes.join("; "));
        scene
    }

    /// Makes a scene with the values of its properties.
    pub(super) fn made(
        id: Option<String>,
        collection: Option<String>,
        footprint: Option<Geometry>,
        properties: Map<String, Value>,
        rest: Rest,
    ) -> Self {
        let field = Fields(&properties);
        let dates = ["datetime", "acquisitionDate", "start_datetime", "dtr:start_datetime"];
        let provider = field.0.get("providers").and_then(|list| text(list.get(0)?.get("name")?));
        Self {
            id: id.or_else(|| field.text("id")).unwrap_or_default(),
            collection: collection.or_else(|| field.first_text(&["collection", "c:id"])),
            provider: provider.or_else(|| field.first_text(&["producer", "providerName"])),
            constellation: field.first_text(&[
                "constellation",
                "eo:constellation",
                "platform",
                "eo:platform",
            ]),
            datetime: dates.iter().find_map(|key| parse_timestamp(field.0.get(*key)?.as_str()?)),
            cloud_cover: field.first_number(&["eo:cloud_cover", "eo:cloud_coverage", "cloudCoverage"]),
            resolution: field.first_number(&["gsd", "eo:gsd", "resolution"]),
            incidence_angle: field
                .first_number(&["view:incidence_angle", "eo:incidence_angle"])
                .or_else(|| number(field.0.get("providerProperties")?.get("incidenceAngle")?)),
            delivery_time: field.text("deliveryTime"),
            footprint,
            aoi_coverage: None,
            quicklook: QuicklookSource::None,
            note: None,
            rest,
            properties,
        }
    }

    /// Returns the item's assets by name, as the server sent them; empty if there are none (STAC
    /// `assets`).
    pub fn assets(&self) -> Map<String, Value> {
        let text = self.rest.assets.as_deref().unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.id, 200))?;
        if let Some(at) = self.datetime {
            write!(f, ", {}", up42_core::time::minute(at))?;
        }
        if let Some(percent) = self.cloud_cover {
            write!(f, ", {percent:.0} % cloud")?;
        }
        Ok(())
    }
}

/// Returns the footprint, or the reason why there is none.
fn footprint_of(geometry: Option<&str>) -> Result<Geometry, String> {
    let geometry = geometry.ok_or_else(|| "no footprint".to_owned())?;
    match footprint::read(geometry) {
        Ok(shape) if shape.coords_count() == 0 => Err("the footprint is empty".to_owned()),
        Ok(shape) => Ok(shape),
        Err(error) => Err(format!("the footprint cannot be read: {error}")),
    }
}

/// Returns an id for an item without one, by its content, so that a frame's rows can be selected.
fn unnamed(whole: &str) -> String {
    format!("unnamed-{}", hex(whole, 4))
}

/// Typed access to the properties of a feature.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(self, key: &str) -> Option<String> {
        self.0.get(key).and_then(text)
    }

    fn first_text(self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    fn first_number(self, keys: &[&str]) -> Option<f64> {
        keys.iter().find_map(|key| number(self.0.get(*key)?))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads a number; some servers write numbers in quotes.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// Reads an id from its JSON text; some ids are numbers.
fn word(json: &str) -> Option<String> {
    if json.starts_with('"') {
        let text: Cow<'_, str> = serde_json::from_str::<String>(json).ok()?.into();
        return (!text.is_empty()).then(|| text.into_owned());
    }
    json.starts_with(|first: char| first.is_ascii_digit() || first == '-').then(|| json.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(item: Value) -> Scene {
        Scene::read(&item, "https://host/search")
    }

    #[test]
    fn an_invalid_footprint_becomes_a_note() {
        let note = |geometry: Value| {
            let scene =
                read(json!({"id": "a", "geometry": geometry, "properties": {"datetime": "2020-01-01"}}));
            assert_eq!(scene.footprint, None);
            scene.note.unwrap()
        };
        assert_eq!(note(Value::Null), "no footprint");
        assert_eq!(note(json!({"type": "Polygon", "coordinates": []})), "the footprint is empty");
        assert_eq!(
            note(json!({"type": "Polygon", "coordinates": [[[0], [1], [2], [0]]]})),
            "the footprint cannot be read: `coordinates`: a position needs a longitude and a latitude at line 1 column 5"
        );
    }

    #[test]
    fn properties_of_older_stac_versions_are_read() {
        // STAC 0.6: the extensions `eo`, `datetime-range` and `commons`.
        let old = read(json!({"id": 7, "properties": {"c:id": "old", "eo:cloud_coverage": "12.5",
            "dtr:start_datetime": "2019-05-03T11:42:01Z", "eo:gsd": 3, "eo:platform": "x1"}}));
        assert_eq!((old.id.as_str(), old.collection.as_deref()), ("7", Some("old")));
        assert_eq!((old.cloud_cover, old.resolution), (Some(12.5), Some(3.0)));
        assert_eq!(format!("{:?}", old), "7, 2019-05-03 11:42, 12 % cloud");
        assert_eq!(old.constellation.as_deref(), Some("x1"));
    }

    #[test]
    fn any_json_is_a_scene_with_an_id() {
        for item in [json!({}), json!(7), json!(null), json!([]), json!({"id": "", "properties": [1]})] {
            let (scene, again) = (read(item.clone()), read(item));
            assert!(scene.id.starts_with("unnamed-") && scene.id == again.id, "{scene:?}");
            assert!(scene.note.unwrap().contains("no id"));
        }
        assert_ne!(read(json!({"a": 1})).id, read(json!({"a": 2})).id);
    }
}
