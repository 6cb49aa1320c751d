//! Query of a search, from any of the APIs.

use geo::Geometry;
use serde_json::Value;

use super::filter::{Filter, instant};
use super::given::GivenItem;
use super::scene::Scene;
use super::sensor::Sensor;
use super::shape::{Area, Bbox};

/// Conditions of a search, all of which must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub collections: Option<Vec<String>>,
    pub ids: Option<Vec<String>>,
    pub area: Option<Area>,
    /// Whether a scene must contain the whole area rather than intersect it.
    pub contains: bool,
    /// First and last instant in milliseconds.
    pub time: Option<(i64, i64)>,
    pub filters: Vec<Filter>,
    /// Property, and whether the order is descending.
    pub sort: Vec<(String, bool)>,
}

impl Query {
    /// Parses the parts that STAC and the classic searches have in common.
    pub(super) fn from_body(body: &Value) -> Result<Self, String> {
        let mut query = Self { ids: strings(&body["ids"], "ids")?, ..Self::default() };
        query.collections = strings(&body["collections"], "collections")?;
        if let Some(datetime) = present(&body["datetime"]) {
            query.time = Some(interval(datetime.as_str().ok_or("datetime must be a text")?)?);
        }
        match (present(&body["bbox"]), present(&body["intersects"])) {
            (Some(_), Some(_)) => return Err("bbox and intersects exclude each other".into()),
            (Some(bbox), None) => query.area = Some(Area::of_bbox(bbox)?),
            (None, Some(shape)) => query.area = Some(Area::of_geometry(shape)?),
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

    /// Returns the same search with the bounding box of its area.
    pub(super) fn into_bbox(mut self) -> Self {
        self.area = self.area.map(Area::into_bbox);
        self
    }

    pub(super) fn wants(&self, sensor: &Sensor) -> bool {
        self.names(sensor.collection)
    }

    fn names(&self, collection: &str) -> bool {
        let named = |names: &Vec<String>| names.iter().any(|name| name.eq_ignore_ascii_case(collection));
        self.collections.as_ref().is_none_or(named)
    }

    pub(super) fn takes_drawn(&self, scene: &Scene) -> bool {
        self.time.is_none_or(|(from, to)| (from..=to).contains(&scene.at))
            && self.filters.iter().all(|filter| filter.holds(&|name| scene.property(name)))
            && self.lies_right(Some(scene.bbox()), || Some(scene.shape()))
    }

    pub(crate) fn takes_given(&self, item: &GivenItem) -> bool {
        self.names(&item.collection)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&item.id))
            && self
                .time
                .is_none_or(|(from, to)| item.time.is_some_and(|(start, end)| start <= to && from <= end))
            && self.filters.iter().all(|filter| filter.holds(&|name| item.property(name)))
            && self.lies_right(item.bbox, || item.shape.clone())
    }

    fn lies_right(&self, bbox: Option<Bbox>, shape: impl FnOnce() -> Option<Geometry>) -> bool {
        let Some(area) = &self.area else { return true };
        let near = bbox.is_some_and(|bbox| area.is_near(bbox));
        let lies = |shape| if self.contains { area.is_held_by(shape) } else { area.is_touched_by(shape) };
        near && shape().as_ref().is_some_and(lies)
    }
}

fn present(value: &Value) -> Option<&Value> {
    Some(value).filter(|value| !value.is_null())
}

/// Refuses unknown members, so that a misspelt one is detected.
pub(super) fn known(object: &Value, names: &[&str]) -> Result<(), String> {
    let keys = object.as_object().into_iter().flat_map(|object| object.keys());
    match keys.into_iter().find(|key| !names.contains(&key.as_str())) {
        Some(unknown) => Err(format!("Unrecognized field \"{unknown}\", known are {}", names.join(", "))),
        None => Ok(()),
    }
}

/// Returns a list of texts, if there is one.
pub(crate) fn strings(value: &Value, name: &str) -> Result<Option<Vec<String>>, String> {
    let Some(value) = present(value) else { return Ok(None) };
    let list = value.as_array().ok_or(format!("{name} must be a list"))?;
    let texts: Option<Vec<String>> = list.iter().map(|text| text.as_str().map(String::from)).collect();
    let texts = texts.ok_or(format!("{name} must be a list of texts"))?;
    // An empty list is no condition.
    Ok(Some(texts).filter(|texts| !texts.is_empty()))
}

/// Parses an instant, or an interval whose ends may be open.
pub(crate) fn interval(text: &str) -> Result<(i64, i64), String> {
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

    #[test]
    fn open_ends_are_open() {
        assert_eq!(interval("../2020-01-01T00:00:00Z").unwrap(), (i64::MIN, 1_577_836_800_000));
        assert_eq!(interval("2020-01-01/..").unwrap(), (1_577_836_800_000, i64::MAX - 1));
        assert!(interval("yesterday").is_err() && interval("2020-02-01/2020-01-01").is_err());
    }
}
