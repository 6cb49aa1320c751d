//! What the data task of a job asks for, and what it gets.

use geo::{ChamberlainDuquetteArea, Geometry};
use serde_json::Value;

use super::catalog::scene::Scene;
use super::catalog::search::{Query, Row, interval};
use super::catalog::sensor;
use super::catalog::shape::{Bbox, bbox_of, parse, parse_bbox, rectangle};
use super::platform::Platform;

/// The parameters of a data block, understood.
#[derive(Debug)]
pub(super) struct Demand {
    shape: Option<Geometry>,
    ids: Option<Vec<String>>,
    times: Vec<(i64, i64)>,
    max_cloud_cover: Option<f64>,
    pub limit: usize,
}

/// The scenes that a demand gets.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub scenes: Vec<Scene>,
    /// What they are cut to.
    pub area: Bbox,
    /// Its size in square kilometres.
    pub square_km: f64,
}

impl Demand {
    /// # Errors
    ///
    /// Which parameter cannot be understood, in the words of the task's log.
    pub(super) fn of(inputs: &Value) -> Result<Self, String> {
        let set = |name: &str| inputs.get(name).filter(|value| !value.is_null());
        let shape = match (set("bbox"), set("intersects").or_else(|| set("contains"))) {
            (Some(bbox), _) => {
                let numbers: Option<Vec<f64>> =
                    bbox.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
                let bbox = numbers.and_then(|numbers| parse_bbox(&numbers)).ok_or("bbox is invalid")?;
                Some(rectangle(bbox))
            }
            (None, Some(shape)) => Some(parse(shape).ok_or("the geometry is no GeoJSON")?),
            (None, None) => None,
        };
        let texts = |value: &Value| -> Vec<String> {
            let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|text| text.as_str().map(String::from)).collect()
        };
        let times = match (set("time_series"), set("time")) {
            (Some(series), _) => texts(series),
            (None, Some(time)) => time.as_str().map(String::from).into_iter().collect(),
            (None, None) => Vec::new(),
        };
        Ok(Self {
            shape,
            ids: set("ids").map(texts).filter(|ids| !ids.is_empty()),
            times: times.iter().map(|time| interval(time)).collect::<Result<_, _>>()?,
            max_cloud_cover: set("max_cloud_cover").and_then(Value::as_f64),
            limit: set("limit").and_then(Value::as_u64).unwrap_or(1).clamp(1, 500) as usize,
        })
    }
}

impl Platform {
    /// The scenes of a collection that a demand gets, newest first.
    pub(super) fn deliver(&self, demand: &Demand, collection: &str) -> Delivery {
        let mut scenes = Vec::new();
        match &demand.ids {
            Some(ids) => scenes.extend(ids.iter().filter_map(|id| self.catalog.archive.scene(id))),
            None if demand.shape.is_some() => {
                let whole = [(i64::MIN, i64::MAX - 1)];
                let times = if demand.times.is_empty() { &whole[..] } else { &demand.times };
                for time in times {
                    scenes.extend(
                        self.scenes_between(demand, collection, *time).into_iter().take(demand.limit),
                    );
                }
            }
            None => {}
        }
        scenes.retain(|scene| {
            Some(scene.sensor.collection) == sensor::by_collection(collection).map(|s| s.collection)
        });
        scenes.truncate(demand.limit.max(demand.times.len()));
        let square_km = demand.shape.as_ref().map(|shape| shape.chamberlain_duquette_unsigned_area() / 1e6);
        let area = demand.shape.as_ref().and_then(bbox_of).or_else(|| scenes.first().map(Scene::bbox));
        let whole_scene =
            || scenes.first().map(|scene| scene.shape().chamberlain_duquette_unsigned_area() / 1e6);
        Delivery {
            area: area.unwrap_or_default(),
            square_km: square_km.or_else(whole_scene).unwrap_or_default(),
            scenes,
        }
    }

    fn scenes_between(&self, demand: &Demand, collection: &str, time: (i64, i64)) -> Vec<Scene> {
        let query = Query {
            collections: Some(vec![collection.to_string()]),
            shape: demand.shape.clone(),
            time: Some(time),
            ..Query::default()
        };
        let clear = |scene: &Scene| demand.max_cloud_cover.is_none_or(|most| scene.cloud_cover <= most);
        let rows = self.catalog.find(&query);
        let scenes = rows.iter().filter_map(|row| match row {
            Row::Drawn(scene) => Some(scene.as_ref().clone()),
            Row::Given(_) => None,
        });
        scenes.filter(clear).collect()
    }
}
