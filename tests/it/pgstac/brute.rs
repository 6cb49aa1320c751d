//! Expected results of a search, from a pass over every item, written without the library.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use geo::{Geometry, Intersects};
use jiff::Timestamp;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub collection: String,
    pub shape: Geometry,
    pub first: Timestamp,
    pub last: Timestamp,
    pub at: Timestamp,
    pub properties: serde_json::Map<String, Value>,
}

impl Item {
    pub fn number(&self, name: &str) -> Option<f64> {
        self.properties.get(name)?.as_f64()
    }
}

pub fn items(folder: &Path) -> Vec<Item> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "ndjson"));
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap() + "\n").collect();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| item(&serde_json::from_str(line).unwrap()))
        .collect()
}

fn item(json: &Value) -> Item {
    let shape: geojson::Geometry = serde_json::from_value(json["geometry"].clone()).unwrap();
    let instant =
        |name: &str| json["properties"][name].as_str().map(|text| text.parse::<Timestamp>().unwrap());
    let at = instant("datetime").unwrap();
    Item {
        id: json["id"].as_str().unwrap().to_owned(),
        collection: json["collection"].as_str().unwrap().to_owned(),
        shape: shape.try_into().unwrap(),
        first: instant("start_datetime").unwrap_or(at),
        last: instant("end_datetime").unwrap_or(at),
        at,
        properties: json["properties"].as_object().unwrap().clone(),
    }
}

/// Parts of a search.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub area: Geometry,
    pub dates: Option<(Timestamp, Timestamp)>,
    pub collections: Vec<String>,
    pub ids: Vec<String>,
    pub conditions: Vec<Condition>,
    pub keys: Vec<Key>,
}

#[derive(Clone, Debug)]
pub enum Condition {
    Between(String, f64, f64),
    Number(String, fn(&f64, &f64) -> bool, f64),
    OneOf(String, Vec<String>),
    Not(String, String),
}

#[derive(Clone, Copy, Debug)]
pub enum Key {
    Up(&'static str),
    Newest,
    Oldest,
}

impl Wanted {
    /// Returns the items that match, in order.
    pub fn of<'a>(&self, items: &'a [Item]) -> Vec<&'a Item> {
        let mut found: Vec<&Item> = items.iter().filter(|item| self.takes(item)).collect();
        found.sort_by(|a, b| {
            let by_keys = self.keys.iter().map(|key| key.compare(a, b)).find(|order| order.is_ne());
            by_keys.unwrap_or_else(|| a.id.cmp(&b.id))
        });
        found
    }

    fn takes(&self, item: &Item) -> bool {
        (self.collections.is_empty() || self.collections.contains(&item.collection))
            && (self.ids.is_empty() || self.ids.contains(&item.id))
            && self.dates.is_none_or(|(from, to)| item.first <= to && from <= item.last)
            && self.conditions.iter().all(|condition| condition.holds(item))
            && item.shape.intersects(&self.area)
    }
}

impl Condition {
    fn holds(&self, item: &Item) -> bool {
        let text = |name: &str| item.properties.get(name).and_then(Value::as_str);
        match self {
            Self::Between(name, least, most) => {
                item.number(name).is_some_and(|has| *least <= has && has <= *most)
            }
            Self::Number(name, test, value) => item.number(name).is_some_and(|has| test(&has, value)),
            Self::OneOf(name, values) => {
                text(name).is_some_and(|has| values.iter().any(|value| value == has))
            }
            Self::Not(name, value) => text(name).is_some_and(|has| has != value),
        }
    }
}

impl Key {
    fn compare(self, a: &Item, b: &Item) -> Ordering {
        match self {
            Self::Newest => b.at.cmp(&a.at),
            Self::Oldest => a.at.cmp(&b.at),
            // Unknown values come last.
            Self::Up(name) => {
                let figure = |item: &Item| item.number(name).unwrap_or(f64::INFINITY);
                figure(a).partial_cmp(&figure(b)).unwrap()
            }
        }
    }
}
