//! Demand of a job's data task, and the delivered scenes.

use serde_json::Value;

use super::catalog::query::{Query, interval, strings};
use super::catalog::scene::Scene;
use super::catalog::search::Row;
use super::catalog::shape::{Area, Bbox};
use super::platform::Platform;

/// Square kilometres that are billed for a scene that is not cut to an area, whatever its size.
const WHOLE_SCENE: f64 = 10.0;
/// Largest number of scenes of a demand, whatever its limit.
const MOST_SCENES: usize = 500;

/// Parsed parameters of a data block.
#[derive(Debug)]
pub(super) struct Demand {
    area: Option<Area>,
    /// Whether a scene must contain the whole area.
    contains: bool,
    ids: Option<Vec<String>>,
    times: Vec<(i64, i64)>,
    max_cloud_cover: Option<f64>,
    /// Largest number of scenes of each interval.
    pub limit: usize,
}

/// Scenes of a demand.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub scenes: Vec<Scene>,
    /// Boxes to which they are cut; whole scenes if there are none.
    pub boxes: Vec<Bbox>,
    square_km: Option<f64>,
}

impl Delivery {
    /// Returns the square kilometres that are billed for each scene.
    pub(super) fn billed_km(&self) -> f64 {
        self.square_km.unwrap_or(WHOLE_SCENE)
    }
}

impl Demand {
    /// Parses the parameters.
    ///
    /// # Errors
    ///
    /// The name of the first parameter that is not valid.
    pub(super) fn of(inputs: &Value) -> Result<Self, String> {
        let set = |name: &str| inputs.get(name).filter(|value| !value.is_null());
        let number = |name: &str| {
            let wrong = || format!("{name} must be a number");
            set(name).map(|value| value.as_f64().ok_or_else(wrong)).transpose()
        };
        let area = match (set("bbox"), set("intersects").or_else(|| set("contains"))) {
            (Some(bbox), _) => Some(Area::of_bbox(bbox)?),
            (None, Some(shape)) => Some(Area::of_geometry(shape)?),
            (None, None) => None,
        };
        let times = match (strings(&inputs["time_series"], "time_series")?, set("time")) {
            (Some(series), _) => series,
            (None, Some(time)) => vec![time.as_str().ok_or("time must be a text")?.to_string()],
            (None, None) => Vec::new(),
        };
        let limit = match set("limit") {
            Some(limit) => limit
                .as_u64()
                .filter(|limit| *limit > 0)
                .ok_or(format!("limit must be a whole number from 1 up, got {limit}"))?,
            None => 1,
        };
        for name in ["asset_ids", "order_ids"] {
            strings(&inputs[name], name)?;
        }
        number("zoom_level")?;
        Ok(Self {
            area,
            contains: set("bbox").is_none() && set("intersects").is_none() && set("contains").is_some(),
            ids: strings(&inputs["ids"], "ids")?,
            times: times.iter().map(|time| interval(time)).collect::<Result<_, _>>()?,
            max_cloud_cover: number("max_cloud_cover")?,
            limit: usize::try_from(limit).unwrap_or(MOST_SCENES).min(MOST_SCENES),
        })
    }

    /// Returns the size of the area in square kilometres, if there is one.
    pub(super) fn square_km(&self) -> Option<f64> {
        self.area.as_ref().map(Area::square_km)
    }

    /// Returns the largest number of scenes.
    pub(super) fn most(&self) -> usize {
        self.ids.as_ref().map_or(self.limit * self.times.len().max(1), Vec::len)
    }
}

impl Platform {
    /// Returns the scenes of a collection for a demand: those that it names, or the newest of each
    /// interval.
    pub(super) fn deliver(&self, demand: &Demand, collection: &str) -> Delivery {
        let scenes = match (&demand.ids, &demand.area) {
            (Some(ids), _) => {
                let known = ids.iter().filter_map(|id| self.catalog.archive.scene(id));
                known.filter(|scene| scene.sensor.collection == collection).collect()
            }
            (None, Some(area)) => self.scenes_of(demand, area, collection),
            (None, None) => Vec::new(),
        };
        let boxes = demand.area.as_ref().map(|area| area.boxes.clone()).unwrap_or_default();
        Delivery { scenes, boxes, square_km: demand.square_km() }
    }

    fn scenes_of(&self, demand: &Demand, area: &Area, collection: &str) -> Vec<Scene> {
        let always = [(i64::MIN, i64::MAX - 1)];
        let times = if demand.times.is_empty() { &always[..] } else { &demand.times };
        let clear = |scene: &Scene| demand.max_cloud_cover.is_none_or(|most| scene.cloud_cover <= most);
        let mut scenes: Vec<Scene> = Vec::new();
        for time in times {
            let query = Query {
                collections: Some(vec![collection.to_string()]),
                area: Some(area.clone()),
                contains: demand.contains,
                time: Some(*time),
                ..Query::default()
            };
            let rows = self.catalog.find(&query);
            let drawn = rows.iter().filter_map(|row| match row {
                Row::Drawn(scene) => Some(scene.as_ref()),
                Row::Given(_) => None,
            });
            for scene in drawn.filter(|scene| clear(scene)).take(demand.limit) {
                // Intervals may overlap.
                if !scenes.iter().any(|known| known.id == scene.id) {
                    scenes.push(scene.clone());
                }
            }
        }
        scenes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_error_of_a_wrong_type_names_the_parameter() {
        for (name, value) in [
            ("bbox", json!("everywhere")),
            ("intersects", json!({"type": "Polygon", "coordinates": []})),
            ("ids", json!([1])),
            ("time", json!(2020)),
            ("time_series", json!("2020-01-01/2020-12-31")),
            ("limit", json!("ten")),
            ("limit", json!(0)),
            ("max_cloud_cover", json!("few")),
        ] {
            assert!(Demand::of(&json!({name: value})).is_err(), "{name}: {value}");
        }
        assert!(Demand::of(&json!({"ids": ["a"], "bbox": null, "limit": 1})).is_ok());
    }

    #[test]
    fn each_interval_has_its_own_limit() {
        let series = ["2019-01-01/2019-12-31", "2020-01-01/2020-12-31"];
        let demand = Demand::of(&json!({"time_series": series, "limit": 3})).unwrap();
        assert_eq!(demand.most(), 6);
    }
}
