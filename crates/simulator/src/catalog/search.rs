//! Search in all scenes, generated ones and those supplied by the user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::archive::Archive;
use super::filter::order;
use super::given::Given;
use super::query::Query;
use super::scene::Scene;
use super::sensor::SENSORS;

/// Largest number of rows per collection that a search finds, whatever its area.
const MOST_ROWS: usize = 12_000;
/// Largest number of cached searches, so that the pages of a search need its work only once.
const CACHED_SEARCHES: usize = 16;

/// Generated scene, or the index of one supplied by the user.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    Drawn(Box<Scene>),
    Given(usize),
}

/// All scenes that a search can find.
#[derive(Debug)]
pub(crate) struct Catalog {
    pub archive: Archive,
    pub given: Given,
    found: Mutex<HashMap<String, Arc<Vec<Row>>>>,
}

impl Catalog {
    pub(crate) fn new(seed: u64, given: Given) -> Self {
        Self { archive: Archive::new(seed), given, found: Mutex::default() }
    }

    /// Returns the rows of a search, in its order.
    pub(crate) fn find(&self, query: &Query) -> Arc<Vec<Row>> {
        let key = format!("{query:?}");
        let lock = || self.found.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(rows) = lock().get(&key) {
            return Arc::clone(rows);
        }
        let rows = Arc::new(self.search(query));
        let mut found = lock();
        if found.len() >= CACHED_SEARCHES {
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
        // The sort keys of each row are looked up once.
        let mut keyed: Vec<_> = rows
            .into_iter()
            .map(|row| (keys.iter().map(|(name, _)| self.property(&row, name)).collect::<Vec<_>>(), row))
            .collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let pairs = a.iter().zip(b).zip(&keys);
            pairs
                .map(|((a, b), (_, down))| compare_missing_last(a.as_ref(), b.as_ref(), *down))
                .find(|o| o.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn visit_archive(&self, query: &Query, rows: &mut Vec<Row>) {
        let boxes = query.area.as_ref().map_or(vec![[-180.0, -90.0, 180.0, 90.0]], |area| area.boxes.clone());
        let newest_first = query.sort.first().is_none_or(|(name, down)| name != "datetime" || *down);
        let time = query.time.unwrap_or((i64::MIN, i64::MAX - 1));
        for sensor in SENSORS.iter().filter(|sensor| query.wants(sensor)) {
            let scenes = self
                .archive
                .find(sensor, &boxes, time, newest_first, MOST_ROWS, |scene| query.takes_drawn(scene));
            rows.extend(scenes.into_iter().map(|scene| Row::Drawn(Box::new(scene))));
        }
    }

    /// Returns a property of a row by its STAC name.
    fn property(&self, row: &Row, name: &str) -> Option<Value> {
        match row {
            Row::Drawn(scene) => scene.property(name),
            Row::Given(nth) => self.given.items[*nth].property(name),
        }
    }

    /// Returns a scene by its id.
    pub(crate) fn row(&self, id: &str) -> Option<Row> {
        self.row_where(id, |_| true)
    }

    /// Returns a scene by its collection and id.
    pub(super) fn row_of(&self, collection: &str, id: &str) -> Option<Row> {
        self.row_where(id, |known| known == collection)
    }

    fn row_where(&self, id: &str, fits: impl Fn(&str) -> bool) -> Option<Row> {
        let given = self.given.items.iter().position(|item| item.id == id && fits(&item.collection));
        let drawn = || self.archive.scene(id).filter(|scene| fits(scene.sensor.collection));
        given.map(Row::Given).or_else(|| drawn().map(|scene| Row::Drawn(Box::new(scene))))
    }
}

/// Compares two values; a missing one is last in either direction.
pub(crate) fn compare_missing_last(a: Option<&Value>, b: Option<&Value>, down: bool) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = order(a, b).unwrap_or(std::cmp::Ordering::Equal);
            if down { order.reverse() } else { order }
        }
        _ => a.is_none().cmp(&b.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::Filter;
    use super::*;
    use serde_json::json;

    fn dakar(collection: &str) -> Query {
        dakar_in(collection, "2018-01-01/2020-12-31")
    }

    fn dakar_in(collection: &str, dates: &str) -> Query {
        let body = json!({
            "collections": [collection],
            "bbox": [-17.55, 14.63, -17.30, 14.82],
            "datetime": dates,
        });
        Query::from_body(&body).unwrap()
    }

    #[test]
    fn three_years_over_a_city_give_some_tens_of_scenes() {
        let rows = Catalog::new(42, Given::default()).find(&dakar("phr"));
        assert!((15..200).contains(&rows.len()), "{}", rows.len());
    }

    #[test]
    fn the_same_search_has_the_same_result() {
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
            // One of the satellites is in orbit since 2021.
            let found = catalog.find(&dakar_in(sensor.collection, "2018-01-01/2022-12-31"));
            assert!(!found.is_empty(), "{}", sensor.collection);
            for row in found.iter() {
                let Row::Drawn(scene) = row else { panic!("nothing was given") };
                let again = catalog.archive.scene(&scene.id).unwrap_or_else(|| panic!("{}", scene.id));
                assert_eq!((again.at, again.corners), (scene.at, scene.corners));
            }
        }
    }

    #[test]
    fn a_filter_in_a_large_area_misses_no_scene() {
        let catalog = Catalog::new(42, Given::default());
        let ids = |bbox: Value| -> Vec<String> {
            let body = json!({
                "collections": ["sentinel-2"],
                "bbox": bbox,
                "datetime": "2020-06-01/2020-06-10",
            });
            let mut query = Query::from_body(&body).unwrap();
            query.filters.push(Filter::from_query(&json!({"eo:cloud_cover": {"lte": 0}})).unwrap());
            let rows = catalog.find(&query);
            rows.iter().filter_map(|row| catalog.property(row, "id")?.as_str().map(String::from)).collect()
        };
        let (all, some) = (ids(json!([-120, -35, 60, 55])), ids(json!([0, 40, 10, 50])));
        assert!(!some.is_empty() && all.len() < MOST_ROWS, "{} of {}", some.len(), all.len());
        assert!(some.iter().all(|id| all.contains(id)));
    }

    #[test]
    fn contains_selects_fewer_scenes_than_intersects() {
        let catalog = Catalog::new(42, Given::default());
        let found = |contains| catalog.find(&Query { contains, ..dakar("spot") }).len();
        let held = catalog.find(&Query { contains: true, ..dakar("spot") });
        assert!(0 < found(true) && found(true) < found(false), "{} of {}", found(true), found(false));
        for row in held.iter() {
            let Row::Drawn(scene) = row else { panic!("nothing was given") };
            assert!(scene.covers(-17.55, 14.63) && scene.covers(-17.30, 14.82), "{}", scene.id);
        }
    }

    #[test]
    fn both_sides_of_the_antimeridian_are_searched() {
        let catalog = Catalog::new(42, Given::default());
        let body = json!({"collections": ["sentinel-2"], "bbox": [177, -19, -178, -15], "datetime": "2020-01-01/2020-01-31"});
        let rows = catalog.find(&Query::from_body(&body).unwrap());
        let west = |row: &Row| matches!(row, Row::Drawn(scene) if scene.bbox()[0] < 0.0);
        assert!(rows.iter().any(west) && !rows.iter().all(west), "{} rows", rows.len());
        assert!(rows.len() < 500, "{} rows", rows.len());
    }
}
