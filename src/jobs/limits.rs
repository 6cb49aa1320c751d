use serde_json::{Map, Value};

use super::problem::Problem;
use super::{ProjectSettings, Setting};
use up42_core::error::{Error, Result};
use up42_view::Aoi;

/// Limits of a job in the project's settings (`docs/up42-api.md`, 2).
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    /// Largest area, in km².
    area: Option<Limit>,
    /// Largest number of images.
    images: Option<Limit>,
}

/// Value of a setting, and the largest value that the platform allows.
#[derive(Clone, Copy, Debug)]
struct Limit {
    value: u32,
    most: Option<i64>,
}

/// Parameters that select images by a geometry.
const SHAPES: [&str; 3] = ["bbox", "intersects", "contains"];
/// Parameters that select assets of the storage, without a geometry.
pub(super) const STORAGE_SELECTORS: [&str; 2] = ["asset_ids", "order_ids"];

impl Limits {
    pub(super) fn of(settings: &ProjectSettings) -> Self {
        let limit = |setting: &Setting| {
            Some(Limit { value: setting.number()?, most: setting.range.map(|(_, most)| most) })
        };
        Self { area: settings.area().and_then(limit), images: settings.images().and_then(limit) }
    }

    /// Returns the problems of a data block's parameters.
    pub(super) fn problems(&self, data: &Map<String, Value>) -> Vec<Problem> {
        let given = |name: &&str| data.get(*name).is_some_and(|value| !value.is_null());
        let shapes: Vec<&str> = SHAPES.into_iter().filter(given).collect();
        let is_picked = ["ids"].iter().chain(&STORAGE_SELECTORS).any(given);
        let mut found = Vec::new();
        match shapes.as_slice() {
            [] if is_picked => {}
            [] => found.push(Problem::new("geometry", "no images are specified: give a place or scene ids")),
            [name] => found.extend(self.area(&data[*name]).err().map(|message| Problem::new(*name, message))),
            [first, name, ..] => {
                found.push(Problem::new(*name, format!("give one place, not `{first}` and `{name}`")));
            }
        }
        let images = data.get("limit").and_then(Value::as_f64);
        found.extend(
            images.and_then(|images| self.images(images)).map(|message| Problem::new("limit", message)),
        );
        let ids = data.get("ids").and_then(Value::as_array).map(|ids| ids.len() as f64);
        let ids = ids.filter(|count| Some(*count) != images);
        found.extend(ids.and_then(|count| self.images(count)).map(|message| Problem::new("ids", message)));
        found
    }

    fn area(&self, shape: &Value) -> Result<(), String> {
        let km2 = place(shape).map_err(|error| error.to_string())?.area_km2();
        let Some(limit) = self.area.filter(|limit| km2 > f64::from(limit.value)) else { return Ok(()) };
        let raise = limit.raise(km2, "max_aoi_size");
        Err(format!(
            "{km2:.1} km² are more than the {} km² of the project: cut it by `Aoi::split`{raise}",
            limit.value
        ))
    }

    fn images(&self, count: f64) -> Option<String> {
        if count < 1.0 || count.fract() != 0.0 {
            return Some(format!("{count} is not a number of images: give a whole number from 1 up"));
        }
        let limit = self.images.filter(|limit| count > f64::from(limit.value))?;
        let raise = limit.raise(count, "max_images");
        Some(format!("{count} images are more than the {} of the project: ask for fewer{raise}", limit.value))
    }
}

impl Limit {
    /// Returns a hint how to raise the limit; empty if the platform does not allow the wanted
    /// value.
    fn raise(self, wanted: f64, setting: &str) -> String {
        let wanted = wanted.ceil();
        match self.most {
            Some(most) if wanted > most as f64 => String::new(),
            _ => format!(", or raise the limit by `update_settings(Settings::new().{setting}({wanted}))`"),
        }
    }
}

/// Reads the area of a `bbox` or of a GeoJSON geometry.
fn place(shape: &Value) -> Result<Aoi> {
    match shape.as_array() {
        Some(sides) => bbox(sides.iter().map(Value::as_f64)),
        None => Aoi::from_geojson(&shape.to_string()),
    }
}

/// Creates the area of a bounding box with these sides; fails if a side is not a number.
pub(super) fn bbox(sides: impl Iterator<Item = Option<f64>>) -> Result<Aoi> {
    let sides = sides.collect::<Option<Vec<_>>>().and_then(|sides| sides.try_into().ok());
    Aoi::from_bbox(sides.ok_or_else(|| Error::invalid("a bbox is four numbers: west, south, east, north"))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(data: Value) -> Vec<String> {
        let limits = Limits {
            area: Some(Limit { value: 100, most: Some(1000) }),
            images: Some(Limit { value: 10, most: Some(20) }),
        };
        let found = limits.problems(data.as_object().unwrap());
        found.into_iter().map(|problem| format!("{}: {}", problem.field, problem.message)).collect()
    }

    #[test]
    fn problems_beyond_the_limits_name_a_remedy() {
        assert_eq!(problems(json!({"bbox": [0.0, 0.0, 0.08, 0.1], "limit": 10})), [""; 0]);
        insta::assert_snapshot!(problems(json!({"bbox": [0.0, 0.0, 0.1, 0.1], "limit": 11})).join("\n"), @r"
        bbox: 123.1 km² are more than the 100 km² of the project: cut it by `Aoi::split`, or raise the limit by `update_settings(Settings::new().max_aoi_size(124))`
        limit: 11 images are more than the 10 of the project: ask for fewer, or raise the limit by `update_settings(Settings::new().max_images(11))`
        ");
        let ids: Vec<_> = (0..25).map(|id| id.to_string()).collect();
        insta::assert_snapshot!(problems(json!({"bbox": [0, 0, 1, 1], "ids": ids, "limit": 1})).join("\n"), @r"
        bbox: 12308.5 km² are more than the 100 km² of the project: cut it by `Aoi::split`
        ids: 25 images are more than the 10 of the project: ask for fewer
        ");
    }

    #[test]
    fn limits_are_read_from_the_settings() {
        let settings = json!({"data": [
            {"name": "MAX_AOI_SIZE", "value": "5"},
            {"name": "JOB_QUERY_MAX_AOI_SIZE", "value": " 100 ", "range": {"min": 0, "max": 1000}},
            {"name": "JOB_QUERY_LIMIT_PARAMETER_MAX_VALUE", "value": 10},
        ]});
        let settings = ProjectSettings::read(settings).unwrap();
        let Limits { area: Some(area), images: Some(images) } = Limits::of(&settings) else { panic!() };
        assert_eq!((Some(area.value), area.most), (settings.max_aoi_size(), Some(1000)));
        assert_eq!((Some(images.value), images.most), (settings.max_images(), None));
        assert_eq!((area.value, images.value), (100, 10));
    }

    #[test]
    fn a_job_needs_exactly_one_place_or_ids() {
        assert_eq!(problems(json!({"ids": ["a"], "bbox": null})), [""; 0]);
        assert_eq!(problems(json!({"order_ids": ["a"]})), [""; 0]);
        insta::assert_snapshot!(problems(json!({"limit": 0})).join("\n"), @r"
        geometry: no images are specified: give a place or scene ids
        limit: 0 is not a number of images: give a whole number from 1 up
        ");
        let both = json!({"bbox": [0, 0, 1, 1], "contains": {"type": "Point", "coordinates": [0, 0]}});
        insta::assert_snapshot!(problems(both).join("\n"), @"contains: give one place, not `bbox` and `contains`");
        insta::assert_snapshot!(problems(json!({"bbox": [0, 0, 1]})).join("\n"), @"bbox: a bbox is four numbers: west, south, east, north");
        let gap = json!({"bbox": [null, -17.5, 14.68, -17.46, 14.72]});
        insta::assert_snapshot!(problems(gap).join("\n"), @"bbox: a bbox is four numbers: west, south, east, north");
        insta::assert_snapshot!(problems(json!({"intersects": {"type": "Point", "coordinates": [0, 0]}})).join("\n"), @"intersects: there is no polygon: an AOI needs a Polygon or a MultiPolygon");
    }
}
