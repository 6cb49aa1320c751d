//! Scenes from files of other programs: a saved search, a STAC ItemCollection, or NDJSON with one
//! item per line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use geo::CoordsIter;

use super::parts::Parts;
use super::{Scene, Scenes, geoparquet};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::json::Walk;
use up42_core::limits::{ReadBudget, ReadLimits};
use up42_core::parallel::{cores, in_parallel};

/// Number of items that one thread reads at a time.
const CHUNK: usize = 500;
/// First bytes of a Parquet file.
const PARQUET: &[u8; 4] = b"PAR1";

impl Scenes {
    /// Reads scenes from a file: GeoJSON as for [`from_geojson`](Self::from_geojson), or
    /// GeoParquet as for [`read_geoparquet`](Self::read_geoparquet).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it exceeds one of
    /// [`ReadLimits::for_scenes`]; else as for the two formats.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_within(path, ReadLimits::for_scenes())
    }

    /// Reads scenes from a file as [`read`](Self::read) does, within the given limits.
    ///
    /// ```
    /// # use up42::aoi::ReadLimits;
    /// # use up42::catalog::Scenes;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("scenes.ndjson");
    /// # std::fs::write(&path, r#"{"id": "a"}"#)?;
    /// let large = ReadLimits::for_scenes().bytes(8_000_000_000).count(4_000_000);
    /// let scenes = Scenes::read_within(&path, large)?;
    /// # assert_eq!(scenes.len(), 1);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read).
    pub fn read_within(path: impl AsRef<Path>, limits: ReadLimits) -> Result<Self> {
        let path = path.as_ref();
        let budget = ReadBudget::new(limits);
        let read = || -> Result<Self> {
            let mut start = [0; PARQUET.len()];
            let is_parquet = File::open(path)?.read_exact(&mut start).is_ok() && start == *PARQUET;
            if is_parquet {
                return geoparquet::read(path, &budget);
            }
            let text = String::from_utf8(budget.read_to_end(File::open(path)?)?)
                .map_err(|_| Error::invalid("not UTF-8 text: GeoJSON, NDJSON and GeoParquet can be read"))?;
            from_text(&text, &budget)
        };
        read().with_context(|| format!("read scenes `{}`", path.display()))
    }

    /// Reads scenes from the text of STAC items: a FeatureCollection (also called ItemCollection,
    /// or a page of a search), one item, a list of items, or NDJSON with one item per line.
    ///
    /// An item with unreadable parts is a scene as well: these parts are null in the frame, and its
    /// [`note`](Scene::note) gives the reason.
    ///
    /// ```
    /// # use up42::catalog::Scenes;
    /// let scenes = Scenes::from_geojson(r#"{"type": "FeatureCollection", "features": [
    ///     {"id": "a", "properties": {"datetime": "2020-06-01T11:34:00Z", "eo:cloud_cover": 7}}
    /// ]}"#)?;
    /// assert_eq!(scenes.get("a").unwrap().cloud_cover, Some(7.0));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not JSON (with
    /// the line), if a value is neither an item nor a list of items, or if the text exceeds one of
    /// [`ReadLimits::for_scenes`].
    pub fn from_geojson(text: &str) -> Result<Self> {
        from_text(text, &ReadBudget::new(ReadLimits::for_scenes()))
    }
}

fn from_text(text: &str, budget: &ReadBudget) -> Result<Scenes> {
    let mut walk = Walk::new(text.trim_start_matches('\u{feff}'));
    let mut items = Items { found: Vec::new(), budget };
    let mut read = || -> Result<()> {
        while walk.peek().is_some() {
            items.collect(&mut walk)?;
        }
        Ok(())
    };
    read().map_err(|error| match error.kind() {
        // The caller passed the text: the error is not a server's.
        ErrorKind::Response => Error::invalid(format!("not GeoJSON: {error}")),
        _ => error,
    })?;
    let chunks: Vec<_> = items.found.chunks(CHUNK).collect();
    let scenes =
        in_parallel(&chunks, cores(), |chunk| chunk.iter().map(|item| Scene::of(item, "")).collect());
    let scenes: Vec<Scene> = scenes.into_iter().flat_map(|chunk: Vec<Scene>| chunk).collect();
    for footprint in scenes.iter().filter_map(|scene| scene.footprint.as_ref()) {
        budget.take_positions(footprint.coords_count())?;
    }
    Ok(Scenes::new(scenes, false))
}

/// Items of a text, as text.
struct Items<'a, 'b> {
    found: Vec<Parts<'a>>,
    budget: &'b ReadBudget,
}

impl<'a> Items<'a, '_> {
    /// Adds the next item. Its properties and geometry count against the limits; the whole item is
    /// checked, since its other parts may be parsed later.
    fn add(&mut self, walk: &mut Walk<'a>) -> Result<()> {
        self.budget.take_count(1, "scenes")?;
        let item = Parts::read(walk)?;
        self.budget.check_json(item.whole.as_bytes())?;
        for part in [item.properties, item.geometry].into_iter().flatten() {
            self.budget.take_json(part.as_bytes())?;
        }
        self.found.push(item);
        Ok(())
    }

    /// Adds the items of the next value: those of a collection or of a list, or the value itself.
    fn collect(&mut self, walk: &mut Walk<'a>) -> Result<()> {
        match walk.peek() {
            Some(b'[') => walk.elements(|walk| self.add(walk)),
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
                    walk.elements(|walk| self.add(walk))
                })?;
                match (is_collection, is_item) {
                    (true, _) => Ok(()),
                    (false, true) => self.add(&mut whole),
                    (false, false) => {
                        Err(Error::response("there are no `features`: is it a STAC ItemCollection?"))
                    }
                }
            }
            _ => Err(Error::response(format!("a value that is no item: {:.40}", walk.value()?))),
        }
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
    fn four_forms_of_items_are_read() {
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
    fn invalid_geojson_is_an_error_with_its_position() {
        let message = |text| Scenes::from_geojson(text).unwrap_err().to_string();
        assert_eq!(
            message("{\"id\": \"a\"}\n{\"id\""),
            "not GeoJSON: EOF while parsing an object at line 2 column 5"
        );
        assert_eq!(message(r#"{"features": {}}"#), "not GeoJSON: `features` should be a list");
        assert_eq!(
            message(r#"{"stac_version": "1.0.0"}"#),
            "not GeoJSON: there are no `features`: is it a STAC ItemCollection?"
        );
        assert_eq!(message("7"), "not GeoJSON: a value that is no item: 7");
        let error = Scenes::read("no/such.json").unwrap_err().to_string();
        assert!(error.starts_with("read scenes `no/such.json`: "), "{error}");
    }

    /// Generates any JSON, often with the member names of an item.
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
                let debug = format!("{scene:?}");
                prop_assert!(!scene.id.is_empty() && !debug.contains('\n'));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Scenes::from_geojson(&text);
        }
    }
}
