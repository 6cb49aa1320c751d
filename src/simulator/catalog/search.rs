//! What a search asks for, in whichever words, and the rows that answer it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use geo::{Geometry, Intersects};
use serde_json::Value;

use super::archive::Archive;
use super::filter::{Filter, instant, order};
use super::given::{Given, GivenItem};
use super::scene::Scene;
use super::sensor::{SENSORS, Sensor};
use super::shape::{Bbox, bbox_of, overlap, parse_bbox, rectangle};

/// A search finds no more rows than this in each collection, however large its
/// area.
pub(super) const MOST_ROWS: usize = 12_000;
/// Searches to remember, so that the pages of one cost its work once.
const REMEMBERED: usize = 16;

/// The conditions of a search, all of which must hold.
#[derive(Clone, Debug, Default)]
pub(in crate::simulator) struct Query {
    pub collections: Option<Vec<String>>,
    pub ids: Option<Vec<String>>,
    pub shape: Option<Geometry>,
    /// First and last instant in milliseconds.
    pub time: Option<(i64, i64)>,
    pub filters: Vec<Filter>,
    /// Property and whether it is sorted downwards.
    pub sort: Vec<(String, bool)>,
}

/// A scene that was drawn, or the number of one that was given.
#[derive(Clone, Debug)]
pub(in crate::simulator) enum Row {
    Drawn(Box<Scene>),
    Given(usize),
}

/// Everything there is to find.
#[derive(Debug)]
pub(in crate::simulator) struct Catalog {
    pub archive: Archive,
    pub given: Given,
    found: Mutex<HashMap<String, Arc<Vec<Row>>>>,
}

impl Catalog {
    pub(in crate::simulator) fn new(seed: u64, given: Given) -> Self {
        Self { archive: Archive::new(seed), given, found: Mutex::default() }
    }

    /// The rows of a search, in its order.
    pub(in crate::simulator) fn find(&self, query: &Query) -> Arc<Vec<Row>> {
        let key = format!("{query:?}");
        let lock = || self.found.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(rows) = lock().get(&key) {
            return Arc::clone(rows);
        }
        let rows = Arc::new(self.search(query));
        let mut found = lock();
        if found.len() >= REMEMBERED {
            found.clear();
        }
        found.insert(key, Arc::clone(&rows));
        rows
    }

    fn search(&self, query: &Query) -> Vec<Row> {
        let given = self.given.items.iter().enumerate().filter(|(_, item)| query.takes_given(item));
        let mut rows: Vec<Row> = given.map(|(nth, _)| Row::Given(nth)).collect();
        match &query.ids {
            Some(ids) => {
                let scenes = ids.iter().filter_map(|id| self.archive.scene(id));
                let wanted = scenes.filter(|scene| query.wants(scene.sensor) && query.takes_drawn(scene));
                rows.extend(wanted.map(|scene| Row::Drawn(Box::new(scene))));
            }
            None => self.visit_archive(query, &mut rows),
        }
        let by_id = ("id".to_string(), false);
        let newest = [("datetime".to_string(), true), by_id.clone()];
        let keys: Vec<_> = match query.sort.as_slice() {
            [] => newest.to_vec(),
            keys => keys.iter().cloned().chain(newest).collect(),
        };
        // Each row's keys are looked up once.
        let mut keyed: Vec<_> = rows
            .into_iter()
            .map(|row| (keys.iter().map(|(name, _)| self.property(&row, name)).collect::<Vec<_>>(), row))
            .collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let pairs = a.iter().zip(b).zip(&keys);
            pairs
                .map(|((a, b), (_, down))| arrange(a.as_ref(), b.as_ref(), *down))
                .find(|o| o.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn visit_archive(&self, query: &Query, rows: &mut Vec<Row>) {
        let bbox = query.shape.as_ref().and_then(bbox_of).unwrap_or([-180.0, -90.0, 180.0, 90.0]);
        let newest_first = query.sort.first().is_none_or(|(name, down)| name != "datetime" || *down);
        for sensor in SENSORS.iter().filter(|sensor| query.wants(sensor)) {
            let mut found = 0;
            self.archive.visit(
                sensor,
                bbox,
                query.time.unwrap_or((i64::MIN, i64::MAX - 1)),
                newest_first,
                |scene| {
                    if query.takes_drawn(&scene) {
                        rows.push(Row::Drawn(Box::new(scene)));
                        found += 1;
                    }
                    if found < MOST_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                },
            );
        }
    }

    /// A row's property by its STAC name.
    fn property(&self, row: &Row, name: &str) -> Option<Value> {
        match row {
            Row::Drawn(scene) => scene.property(name),
            Row::Given(nth) => self.given.items[*nth].property(name),
        }
    }

    /// A scene by its id.
    pub(in crate::simulator) fn row(&self, id: &str) -> Option<Row> {
        let given = self.given.items.iter().position(|item| item.id == id).map(Row::Given);
        given.or_else(|| self.archive.scene(id).map(|scene| Row::Drawn(Box::new(scene))))
    }
}

/// What is missing comes last, whichever way the rows are sorted.
fn arrange(a: Option<&Value>, b: Option<&Value>, down: bool) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = order(a, b).unwrap_or(std::cmp::Ordering::Equal);
            if down { order.reverse() } else { order }
        }
        _ => a.is_none().cmp(&b.is_none()),
    }
}

impl Query {
    /// The parts that STAC and the classic searches have in common.
    pub(super) fn from_body(body: &Value) -> Result<Self, String> {
        let mut query = Self { ids: strings(&body["ids"], "ids")?, ..Self::default() };
        query.collections = strings(&body["collections"], "collections")?;
        if let Some(datetime) = present(&body["datetime"]) {
            query.time = Some(interval(datetime.as_str().ok_or("datetime must be a text")?)?);
        }
        match (present(&body["bbox"]), present(&body["intersects"])) {
            (Some(_), Some(_)) => return Err("bbox and intersects exclude each other".into()),
            (Some(bbox), None) => {
                let numbers: Option<Vec<f64>> =
                    bbox.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
                let bbox = numbers.and_then(|numbers| parse_bbox(&numbers)).ok_or("bbox is invalid")?;
                query.shape = Some(rectangle(bbox));
            }
            (None, Some(shape)) => {
                query.shape = Some(super::shape::parse(shape).ok_or("intersects is no GeoJSON geometry")?);
            }
            (None, None) => {}
        }
        if let Some(sort) = present(&body["sortby"]) {
            for key in sort.as_array().ok_or("sortby must be a list")? {
                let field = key["field"].as_str().ok_or("sortby: `field` is missing")?;
                let field = field.strip_prefix("properties.").unwrap_or(field).to_string();
                query.sort.push((field, key["direction"].as_str() == Some("desc")));
            }
        }
        Ok(query)
    }

    /// The same search for the bounding box of its area only.
    pub(super) fn loosened(mut self) -> Self {
        self.shape = self.shape.as_ref().and_then(bbox_of).map(rectangle);
        self
    }

    fn wants(&self, sensor: &Sensor) -> bool {
        self.names(sensor.collection)
    }

    fn names(&self, collection: &str) -> bool {
        let named = |names: &Vec<String>| names.iter().any(|name| name.eq_ignore_ascii_case(collection));
        self.collections.as_ref().is_none_or(named)
    }

    fn takes_drawn(&self, scene: &Scene) -> bool {
        self.time.is_none_or(|(from, to)| (from..=to).contains(&scene.at))
            && self.filters.iter().all(|filter| filter.holds(&|name| scene.property(name)))
            && self.touches(Some(scene.bbox()), || Some(scene.shape()))
    }

    fn takes_given(&self, item: &GivenItem) -> bool {
        self.names(&item.collection)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&item.id))
            && self
                .time
                .is_none_or(|(from, to)| item.time.is_some_and(|(start, end)| start <= to && from <= end))
            && self.filters.iter().all(|filter| filter.holds(&|name| item.property(name)))
            && self.touches(item.bbox, || item.shape.clone())
    }

    fn touches(&self, bbox: Option<Bbox>, shape: impl FnOnce() -> Option<Geometry>) -> bool {
        let Some(area) = &self.shape else { return true };
        let near = bbox.zip(bbox_of(area)).is_some_and(|(a, b)| overlap(a, b));
        near && shape().is_some_and(|shape| shape.intersects(area))
    }
}

fn present(value: &Value) -> Option<&Value> {
    Some(value).filter(|value| !value.is_null())
}

fn strings(value: &Value, name: &str) -> Result<Option<Vec<String>>, String> {
    let Some(value) = present(value) else { return Ok(None) };
    let list = value.as_array().ok_or(format!("{name} must be a list"))?;
    let texts: Option<Vec<String>> = list.iter().map(|text| text.as_str().map(String::from)).collect();
    let texts = texts.ok_or(format!("{name} must be a list of texts"))?;
    // An empty list asks for nothing in particular.
    Ok(Some(texts).filter(|texts| !texts.is_empty()))
}

/// An instant, or an interval whose ends may be open.
pub(in crate::simulator) fn interval(text: &str) -> Result<(i64, i64), String> {
    let wrong = || format!("datetime `{text}` is no time or interval");
    let end_of = |text: &str| Some(instant(text)? + if text.len() == 10 { 86_399_999 } else { 0 });
    let Some((from, to)) = text.split_once('/') else {
        return Ok((instant(text).ok_or_else(wrong)?, end_of(text).ok_or_else(wrong)?));
    };
    let open = |end: &str| end.is_empty() || end == "..";
    let from = if open(from) { i64::MIN } else { instant(from).ok_or_else(wrong)? };
    let to = if open(to) { i64::MAX - 1 } else { end_of(to).ok_or_else(wrong)? };
    if from > to { Err(wrong()) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn dakar(collection: &str) -> Query {
        let body = json!({
            "collections": [collection],
            "bbox": [-17.55, 14.63, -17.30, 14.82],
            "datetime": "2018-01-01/2020-12-31",
        });
        Query::from_body(&body).unwrap()
    }

    #[test]
    fn three_years_over_a_city_give_some_tens_of_scenes() {
        let rows = Catalog::new(42, Given::default()).find(&dakar("phr"));
        assert!((15..200).contains(&rows.len()), "{}", rows.len());
    }

    #[test]
    fn the_same_search_finds_the_same_rows_in_the_same_order() {
        let ids = |seed| -> Vec<String> {
            let catalog = Catalog::new(seed, Given::default());
            let rows = catalog.find(&dakar("spot"));
            rows.iter().filter_map(|row| catalog.property(row, "id")?.as_str().map(String::from)).collect()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn every_scene_is_found_again_by_its_id() {
        let catalog = Catalog::new(42, Given::default());
        for sensor in &SENSORS {
            for row in catalog.find(&dakar(sensor.collection)).iter() {
                let Row::Drawn(scene) = row else { panic!("nothing was given") };
                let again = catalog.archive.scene(&scene.id).unwrap_or_else(|| panic!("{}", scene.id));
                assert_eq!((again.at, again.corners), (scene.at, scene.corners));
            }
        }
    }

    #[test]
    fn open_ends_are_open() {
        assert_eq!(interval("../2020-01-01T00:00:00Z").unwrap(), (i64::MIN, 1_577_836_800_000));
        assert_eq!(interval("2020-01-01/..").unwrap(), (1_577_836_800_000, i64::MAX - 1));
        assert!(interval("yesterday").is_err() && interval("2020-02-01/2020-01-01").is_err());
    }
}
