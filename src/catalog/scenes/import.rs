//! Scenes from files that others made: a saved search, a STAC ItemCollection, items a
//! line each.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::parts::Parts;
use super::walk::Walk;
use super::{Scene, Scenes};
use crate::error::{Context, Error, Result};
use crate::parallel::{cores, in_parallel};

/// Items that one thread reads at a time.
const CHUNK: usize = 500;
/// How a Parquet file begins.
const PARQUET: &[u8; 4] = b"PAR1";

impl Scenes {
    /// Reads scenes from a file: GeoJSON as for [`from_geojson`](Self::from_geojson), or
    /// GeoParquet as for [`read_geoparquet`](Self::read_geoparquet).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, else as for
    /// the two.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut start = [0; PARQUET.len()];
        let is_parquet = File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok();
        if is_parquet && start == *PARQUET {
            return Self::read_geoparquet(path);
        }
        let told = || format!("read scenes `{}`", path.display());
        let text = String::from_utf8(fs::read(path).with_context(told)?)
            .map_err(|_| Error::invalid("not UTF-8 text: GeoJSON, NDJSON and GeoParquet can be read"));
        text.and_then(|text| Self::from_geojson(&text)).with_context(told)
    }

    /// Reads scenes from the text of STAC items: a FeatureCollection (also called
    /// ItemCollection, or a page of a search), one item, a list of items, or items a line
    /// each (NDJSON).
    ///
    /// An odd item is a scene like any other: what cannot be read of it is null in the
    /// frame, and its [`note`](Scene::note) says why.
    ///
    /// ```
    /// # use up42::Scenes;
    /// let scenes = Scenes::from_geojson(r#"{"type": "FeatureCollection", "features": [
    ///     {"id": "a", "properties": {"datetime": "2020-06-01T11:34:00Z", "eo:cloud_cover": 7}}
    /// ]}"#)?;
    /// assert_eq!(scenes.get("a").unwrap().cloud_cover, Some(7.0));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the text is not
    /// JSON, with the line, or when it holds no items.
    pub fn from_geojson(text: &str) -> Result<Self> {
        let mut walk = Walk::new(text.trim_start_matches('\u{feff}'));
        let mut items = Vec::new();
        let mut read = || -> Result<()> {
            while walk.peek().is_some() {
                collect(&mut walk, &mut items)?;
            }
            Ok(())
        };
        // It was given by the caller: no server is to blame.
        read().map_err(|error| Error::invalid(format!("not GeoJSON: {error}")))?;
        let chunks: Vec<_> = items.chunks(CHUNK).collect();
        let scenes =
            in_parallel(&chunks, cores(), |chunk| chunk.iter().map(|item| Scene::of(item, "")).collect());
        Ok(Self::new(scenes.into_iter().flat_map(|chunk: Vec<Scene>| chunk).collect(), false))
    }
}

/// The items of the next value: those of a collection or of a list, or the value itself.
fn collect<'a>(walk: &mut Walk<'a>, items: &mut Vec<Parts<'a>>) -> Result<()> {
    match walk.peek() {
        Some(b'[') => walk.elements(|walk| {
            items.push(Parts::read(walk)?);
            Ok(())
        }),
        Some(b'{') => {
            let mut whole = *walk;
            let (mut is_collection, mut is_item) = (false, false);
            walk.members(|name, walk| {
                is_item |= matches!(&*name, "geometry" | "properties" | "id" | "assets");
                if name != "features" {
                    return walk.value().map(drop);
                }
                is_collection = true;
                if walk.peek() != Some(b'[') {
                    return Err(Error::response("`features` should be a list"));
                }
                walk.elements(|walk| {
                    items.push(Parts::read(walk)?);
                    Ok(())
                })
            })?;
            match (is_collection, is_item) {
                (true, _) => {}
                (false, true) => items.push(Parts::read(&mut whole)?),
                (false, false) => {
                    return Err(Error::response("there are no `features`: is it a STAC ItemCollection?"));
                }
            }
            Ok(())
        }
        _ => Err(Error::response(format!("a value that is no item: {:.40}", walk.value()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn ids(text: &str) -> Vec<String> {
        Scenes::from_geojson(text).unwrap().iter().map(|scene| scene.id.clone()).collect()
    }

    #[test]
    fn items_come_in_four_forms() {
        assert_eq!(
            ids(r#"{"features": [{"id": "a"}, {"id": "b"}], "type": "FeatureCollection"}"#),
            ["a", "b"]
        );
        assert_eq!(ids(r#"{"type": "Feature", "id": "a"}"#), ["a"]);
        assert_eq!(ids(r#"[{"id": "a"}, {"id": "b"}]"#), ["a", "b"]);
        assert_eq!(ids("\u{feff}{\"id\": \"a\"}\n{\"id\": \"b\"}\n"), ["a", "b"]);
        assert!(ids("").is_empty());
    }

    #[test]
    fn what_is_wrong_is_told() {
        let told = |text| Scenes::from_geojson(text).unwrap_err().to_string();
        assert_eq!(
            told("{\"id\": \"a\"}\n{\"id\""),
            "not GeoJSON: EOF while parsing an object at line 2 column 5"
        );
        assert_eq!(told(r#"{"features": {}}"#), "not GeoJSON: `features` should be a list");
        assert_eq!(
            told(r#"{"stac_version": "1.0.0"}"#),
            "not GeoJSON: there are no `features`: is it a STAC ItemCollection?"
        );
        assert_eq!(told("7"), "not GeoJSON: a value that is no item: 7");
        let error = Scenes::read("no/such.json").unwrap_err().to_string();
        assert!(error.starts_with("read scenes `no/such.json`: "), "{error}");
    }

    /// Any JSON, often with the names that an item has.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            prop::sample::select(vec!["Polygon", "Point", "2020-01-01T00:00:00Z", "GeometryCollection"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            let name = prop::sample::select(vec![
                "id",
                "geometry",
                "properties",
                "assets",
                "links",
                "type",
                "coordinates",
                "geometries",
                "datetime",
                "providers",
                "thumbnail",
                "href",
                "roles",
                "eo:cloud_cover",
                "collection",
                "x",
            ]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..8).prop_map(|members| {
                    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_page_becomes_rows(features in prop::collection::vec(any_json(), 0..8)) {
            let text = json!({"type": "FeatureCollection", "features": features}).to_string();
            let scenes = Scenes::from_geojson(&text).unwrap();
            prop_assert_eq!(scenes.len(), features.len(), "none is lost");
            prop_assert_eq!(scenes.to_dataframe().unwrap().height(), features.len());
            for scene in &scenes {
                let told = format!("{scene:?}");
                prop_assert!(!scene.id.is_empty() && !told.contains('\n'));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Scenes::from_geojson(&text);
        }
    }
}
