//! Scenes and quicklooks supplied by the user.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use geo::Geometry;
use serde_json::Value;

use super::filter::instant;
use super::shape::{self, Bbox};
use super::stac_root::StacRoot;
use up42_core::error::{Context, Error, ErrorKind, Result};

/// STAC items from files, in the catalog as they are.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub items: Vec<GivenItem>,
    /// Images by item id, the smallest first.
    images: HashMap<String, Vec<Image>>,
}

#[derive(Debug)]
struct Image {
    path: PathBuf,
    pixels: u64,
}

#[derive(Debug)]
pub(crate) struct GivenItem {
    pub id: String,
    pub collection: String,
    /// First and last instant in milliseconds, if the item states them.
    pub time: Option<(i64, i64)>,
    pub shape: Option<Geometry>,
    pub bbox: Option<Bbox>,
    pub item: Value,
}

/// Collection of items that do not name one.
const NO_COLLECTION: &str = "samples";

impl Given {
    /// Adds the items of a file with one item per line.
    pub(crate) fn read_items(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path)?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let item = parse(line).with_context(|| format!("line {}", number + 1))?;
            self.add(item)?;
        }
        Ok(())
    }

    /// Adds a folder of images and their items.
    pub(crate) fn read_quicklooks(&mut self, dir: &Path) -> Result<()> {
        let index = parse(&fs::read_to_string(dir.join("index.json")).context("read `index.json`")?)?;
        let entries = index.as_array().ok_or_else(|| Error::invalid("`index.json` is no list"))?;
        for entry in entries {
            let file = |key: &str| entry[key].as_str().map(|name| dir.join(name));
            let (Some(image), Some(item)) = (file("file"), file("item")) else {
                return Err(Error::invalid("an entry of `index.json` lacks `file` or `item`"));
            };
            let text = fs::read_to_string(&item).with_context(|| format!("read `{}`", item.display()))?;
            let item = parse(&text).with_context(|| format!("read `{}`", item.display()))?;
            let id = self.add(item)?;
            let side = |nth: usize| entry["size"][nth].as_u64().unwrap_or(1);
            let images = self.images.entry(id).or_default();
            images.push(Image { path: image, pixels: side(0) * side(1) });
            images.sort_by_key(|image| image.pixels);
        }
        Ok(())
    }

    /// Adds an item and returns its id; an item that exists is not replaced.
    fn add(&mut self, item: Value) -> Result<String> {
        let id = item["id"].as_str().ok_or_else(|| Error::invalid("the item has no `id`"))?.to_string();
        let collection = item["collection"].as_str().unwrap_or(NO_COLLECTION).to_string();
        if !self.items.iter().any(|known| known.id == id && known.collection == collection) {
            let shape = shape::parse(&item["geometry"]);
            let bbox = shape.as_ref().and_then(shape::bbox_of);
            let time = time_of(&item["properties"]);
            self.items.push(GivenItem { id: id.clone(), collection, time, shape, bbox, item });
        }
        Ok(id)
    }

    /// Returns the image of an item's asset.
    pub(crate) fn image(&self, id: &str, asset: &str) -> Option<&Path> {
        let images = self.images.get(id)?;
        let image = if asset == "thumbnail" { images.first() } else { images.last() };
        image.map(|image| image.path.as_path())
    }
}

fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
}

fn time_of(properties: &Value) -> Option<(i64, i64)> {
    let time = |name: &str| properties[name].as_str().and_then(instant);
    match (time("start_datetime"), time("end_datetime")) {
        (Some(start), Some(end)) => Some((start, end)),
        _ => time("datetime").map(|at| (at, at)),
    }
}

impl GivenItem {
    pub(crate) fn property(&self, name: &str) -> Option<Value> {
        match name {
            "id" => Some(self.id.as_str().into()),
            "collection" => Some(self.collection.as_str().into()),
            // Items of the storage also have the shorter name.
            "asset_id" => self.property("up42-system:asset_id"),
            _ => self.item["properties"].get(name).filter(|value| !value.is_null()).cloned(),
        }
    }

    /// Returns whether the item originally had a picture; then one is generated.
    fn had_a_picture(&self) -> bool {
        ["thumbnail", "rendered_preview", "overview", "preview", "quicklook"]
            .iter()
            .any(|key| self.item["assets"].get(key).is_some())
    }

    /// Returns the item with links and assets of the simulator only.
    pub(crate) fn item(&self, given: &Given, root: &StacRoot) -> Value {
        let mut item = self.item.clone();
        let pictured = self.had_a_picture() || given.images.contains_key(&self.id);
        let keys: &[&str] = if pictured { &["thumbnail", "quicklook"] } else { &[] };
        item["collection"] = self.collection.as_str().into();
        item["links"] = root.item_links(&self.collection, &self.id);
        item["assets"] = root.image_assets(&self.collection, &self.id, keys);
        item
    }

    /// Returns whether the item has a picture.
    pub(crate) fn has_picture(&self, given: &Given) -> bool {
        self.had_a_picture() || given.images.contains_key(&self.id)
    }

    /// Returns the corners of the picture: the footprint's corners if it has four, or else those of
    /// its bounding box.
    pub(crate) fn corners(&self) -> Option<[[f64; 2]; 4]> {
        let [west, south, east, north] = self.bbox?;
        if let Some(Geometry::Polygon(polygon)) = &self.shape {
            let ring: Vec<[f64; 2]> = polygon.exterior().coords().map(|c| [c.x, c.y]).collect();
            if ring.len() == 5 {
                let middle = [(west + east) / 2.0, (south + north) / 2.0];
                let mut corners = ring[..4].to_vec();
                // Clockwise from the upper left, seen from the middle.
                corners.sort_by(|a, b| turn(*a, middle).total_cmp(&turn(*b, middle)));
                return corners.try_into().ok();
            }
        }
        Some(shape::corners([west, south, east, north]))
    }
}

/// Returns the clockwise angle from the left to a point, seen from the middle, in radians.
fn turn([x, y]: [f64; 2], middle: [f64; 2]) -> f64 {
    let angle = (y - middle[1]).atan2(middle[0] - x);
    angle.rem_euclid(std::f64::consts::TAU)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use serde_json::json;

    #[test]
    fn items_without_time_and_geometry_are_stored() {
        let mut given = Given::default();
        given.add(json!({"id": "a", "properties": {"datetime": null}, "geometry": null})).unwrap();
        let odd = &given.items[0];
        assert_eq!((odd.time, odd.bbox, odd.collection.as_str()), (None, None, NO_COLLECTION));
        assert!(
            odd.item(&given, &StacRoot::of(&Request::default(), "http://x"))["assets"]
                .as_object()
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn corners_start_at_the_upper_left() {
        let mut given = Given::default();
        let ring = json!([[[1.0, 0.1], [0.9, 1.0], [0.0, 0.9], [0.1, 0.0], [1.0, 0.1]]]);
        given.add(json!({"id": "a", "geometry": {"type": "Polygon", "coordinates": ring}})).unwrap();
        let frame = given.items[0].corners().unwrap();
        assert_eq!(frame, [[0.0, 0.9], [0.9, 1.0], [1.0, 0.1], [0.1, 0.0]]);
    }
}
