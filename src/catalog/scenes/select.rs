//! Scenes by the ids of a frame or a map.

use std::collections::{HashMap, HashSet};

use polars::prelude::DataFrame;

use super::{Scene, Scenes};
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

impl Scenes {
    /// Returns the scenes whose `id` is in the DataFrame, in its order, such as a frame that was
    /// filtered or sorted. The column `collection` must match as well, if there is one.
    ///
    /// ```
    /// # use up42::{Aoi, Client, polars::prelude::*};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).between("2019-01-01", "2020-12-31"))?;
    /// let clear = scenes.to_dataframe()?.lazy().filter(col("cloud_cover").lt(lit(10.0))).collect()?;
    /// assert_eq!(scenes.select(&clear)?.len(), clear.height());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there is no String column
    /// `id`, or if an id is not among these scenes.
    pub fn select(&self, frame: &DataFrame) -> Result<Self> {
        let message = "select scenes by the column `id`";
        let ids = frame.column("id").context(message)?.str().context(message)?.clone();
        let collections = frame.column("collection").ok().and_then(|column| column.str().ok().cloned());
        let mut known: HashMap<(&str, Option<&str>), &Scene> = HashMap::new();
        for scene in &self.scenes {
            let collection = scene.collection.as_deref().filter(|_| collections.is_some());
            known.entry((&scene.id, collection)).or_insert(scene);
        }
        let pick = |row: usize, id: Option<&str>| {
            let id = id.ok_or_else(|| Error::invalid(format!("row {row} has no id")))?;
            let collection = collections.as_ref().and_then(|names| names.get(row));
            let scene = known.get(&(id, collection)).copied();
            scene
                .cloned()
                .ok_or_else(|| Error::invalid(format!("`{id}` is not one of these {} scenes", self.len())))
        };
        let picked = ids.iter().enumerate().map(|(row, id)| pick(row, id)).collect::<Result<Vec<_>>>();
        Ok(Self { scenes: picked.context(message)?, origin: self.origin.clone(), ..Self::default() })
    }
    /// Returns the scenes with these ids, in the order of the ids and each once. A map copies the
    /// ids of the scenes that are selected on it.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).between("2019-01-01", "2020-12-31"))?;
    /// # let [first, second] = [0, 1].map(|i| scenes.iter().nth(i).unwrap().id.clone());
    /// let picked = scenes.select_ids([&second, &first])?;
    /// assert_eq!(picked.iter().map(|scene| &scene.id).collect::<Vec<_>>(), [&second, &first]);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if ids are not among these
    /// scenes, or if scenes of several collections have the same id, since ids are unique within a
    /// collection only; the message names them. [`select`](Self::select) compares collections too.
    pub fn select_ids(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let mut known: HashMap<&str, Vec<&Scene>> = HashMap::new();
        for scene in &self.scenes {
            let alike = known.entry(&scene.id).or_default();
            if !alike.iter().any(|other| other.collection == scene.collection) {
                alike.push(scene);
            }
        }
        let (mut scenes, mut taken, mut unknown) = (Vec::new(), HashSet::new(), Vec::new());
        for id in ids {
            let id = id.as_ref();
            match known.get(id).map(Vec::as_slice) {
                Some([scene]) if taken.insert(scene.id.as_str()) => scenes.push((*scene).clone()),
                Some([_]) => {}
                Some(alike) => return Err(ambiguous(id, alike)).context("select scenes by id"),
                None => unknown.push(format!("`{}`", sanitize(id, 80))),
            }
        }
        if unknown.is_empty() {
            return Ok(Self { scenes, origin: self.origin.clone(), ..Self::default() });
        }
        unknown.dedup();
        let (verb, more) = (if unknown.len() == 1 { "is" } else { "are" }, unknown.len().saturating_sub(5));
        unknown.truncate(5);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("{}{more} {verb} not among these {} scenes", unknown.join(", "), self.len());
        Err(Error::invalid(message)).context("select scenes by id")
    }
}

fn ambiguous(id: &str, alike: &[&Scene]) -> Error {
    let name = |scene: &&Scene| match &scene.collection {
        Some(name) => format!("`{}`", sanitize(name, 80)),
        None => "none".to_owned(),
    };
    let collections: Vec<_> = alike.iter().map(name).collect();
    Error::invalid(format!(
        "`{}` is the id of scenes in several collections ({}): take one by `scenes.select(&frame)`, \
         with the frame's columns `id` and `collection`",
        sanitize(id, 80),
        collections.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenes() -> Scenes {
        let item = |id: &str| {
            format!(r#"{{"type": "Feature", "id": "{id}", "properties": {{}}, "geometry": null}}"#)
        };
        let items = ["a", "b", "c"].map(item).join(",");
        Scenes::from_geojson(&format!(r#"{{"type": "FeatureCollection", "features": [{items}]}}"#)).unwrap()
    }

    #[test]
    fn scenes_are_selected_in_the_order_of_ids_and_once() {
        let picked = scenes().select_ids(["c", "a", "c"]).unwrap();
        assert_eq!(picked.iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>(), ["c", "a"]);
        assert_eq!(scenes().select_ids(Vec::<String>::new()).unwrap().len(), 0);
        assert_eq!(scenes().select_ids(&[String::from("b")]).unwrap().len(), 1);
    }

    #[test]
    fn an_id_in_several_collections_is_an_error() {
        let item = |collection: &str| {
            format!(
                r#"{{"type": "Feature", "id": "a", "collection": "{collection}", "properties": {{}}, "geometry": null}}"#
            )
        };
        let read = |names: [&str; 2]| {
            let items = names.map(item).join(",");
            Scenes::from_geojson(&format!(r#"{{"type": "FeatureCollection", "features": [{items}]}}"#))
                .unwrap()
        };
        assert_eq!(read(["phr", "phr"]).select_ids(["a"]).unwrap().len(), 1);
        let error = read(["phr", "spot"]).select_ids(["a"]).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"select scenes by id: `a` is the id of scenes in several collections (`phr`, `spot`): take one by `scenes.select(&frame)`, with the frame's columns `id` and `collection`");
    }

    #[test]
    fn the_error_of_unknown_ids_contains_them() {
        let message = |ids: &[&str]| scenes().select_ids(ids).unwrap_err().to_string();
        insta::assert_snapshot!(message(&["a", "x"]), @"select scenes by id: `x` is not among these 3 scenes");
        insta::assert_snapshot!(message(&["1", "2", "3", "4", "5", "6", "7"]), @"select scenes by id: `1`, `2`, `3`, `4`, `5` and 2 more are not among these 3 scenes");
    }
}
