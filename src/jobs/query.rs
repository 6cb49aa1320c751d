use serde_json::{Map, Value, json};

use super::problem::Problem;
use up42_core::time::{DateBound, DateRange};
use up42_view::Aoi;

/// Query of one job: selection of images by the data block, and parameters of all tasks.
///
/// | given | images |
/// |---|---|
/// | a geometry, with or without dates | the newest images of the area |
/// | scene ids, with or without a geometry | these scenes, whatever their dates |
/// | asset ids, or order ids | assets of the storage; no other selection is allowed |
///
/// Parameters that are not given have the blocks' defaults.
#[derive(Clone, Debug, Default)]
pub struct JobQuery {
    /// Geometry; several features are combined into one.
    pub geometry: Option<Aoi>,
    /// Relation between geometry and images. Default [`GeometryOperation::Intersects`].
    pub geometry_operation: GeometryOperation,
    /// First and last day or instant, UTC, inclusive.
    pub dates: Option<(String, String)>,
    /// Ids of scenes of the catalog.
    pub scene_ids: Vec<String>,
    /// Largest number of images.
    pub limit: Option<u32>,
    /// Ids of assets in the storage.
    pub asset_ids: Vec<String>,
    /// Ids of finished orders.
    pub order_ids: Vec<String>,
    /// Further parameters by name, as for [`set`](Self::set).
    pub parameters: Vec<(String, Value)>,
}

/// Relation between a job's geometry and the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeometryOperation {
    /// Images that intersect the bounding box of the geometry.
    Bbox,
    /// Images that intersect the geometry.
    #[default]
    Intersects,
    /// Images that contain the whole geometry.
    Contains,
}

impl GeometryOperation {
    /// Returns the name of the data block's parameter.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Bbox => "bbox",
            Self::Intersects => "intersects",
            Self::Contains => "contains",
        }
    }
}

impl JobQuery {
    /// Creates an empty query.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the geometry; several features are combined into one.
    pub fn geometry(mut self, place: impl Into<Aoi>) -> Self {
        self.geometry = Some(place.into());
        self
    }

    /// Sets the relation between geometry and images.
    pub fn geometry_operation(mut self, operation: GeometryOperation) -> Self {
        self.geometry_operation = operation;
        self
    }

    /// Sets the first and last day or instant, UTC, inclusive.
    pub fn between(mut self, start: impl Into<DateBound>, end: impl Into<DateBound>) -> Self {
        self.dates = Some((start.into().into(), end.into().into()));
        self
    }

    /// Selects these scenes of the catalog, and no others.
    pub fn scene_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scene_ids = texts(ids);
        self
    }

    /// Sets the largest number of images.
    pub fn limit(mut self, images: u32) -> Self {
        self.limit = Some(images);
        self
    }

    /// Selects assets of the storage.
    #[doc(alias = "assets")]
    pub fn asset_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.asset_ids = texts(ids);
        self
    }

    /// Selects finished orders.
    pub fn order_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.order_ids = texts(ids);
        self
    }

    /// Sets another parameter: of the data block by its name (`max_cloud_cover`), of any task as
    /// `task.parameter` (`tiling:1.tile_width`, or `tiling.tile_width` if only one task has that
    /// block).
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Returns whether the job uses assets of the storage.
    pub(super) fn is_stored(&self) -> bool {
        !self.asset_ids.is_empty() || !self.order_ids.is_empty()
    }

    /// Returns the label of the job for people.
    pub(super) fn label(&self) -> String {
        let ids = |ids: &[String], what: &str| match ids {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("{} {what}", many.len())),
        };
        let dates = self.dates.as_ref().filter(|_| self.scene_ids.is_empty());
        let parts = [
            self.geometry.as_ref().and_then(|place| place.name().map(str::to_owned)),
            dates.map(|(start, end)| format!("{start} to {end}")),
            ids(&self.scene_ids, "scenes"),
            ids(&self.asset_ids, "assets"),
            ids(&self.order_ids, "orders"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "job".to_owned() } else { parts.join(", ") }
    }

    /// Parameters of the data block (`docs/up42-api.md`, 4).
    pub(super) fn data(&self) -> Result<Map<String, Value>, Problem> {
        let mut data = Map::new();
        if self.is_stored() {
            let is_alone = self.asset_ids.is_empty() || self.order_ids.is_empty();
            let has_more = self.dates.is_some() || self.limit.is_some() || !self.scene_ids.is_empty();
            let (name, ids) = match self.asset_ids.is_empty() {
                true => ("order_ids", &self.order_ids),
                false => ("asset_ids", &self.asset_ids),
            };
            if !is_alone || has_more || self.geometry.is_some() {
                let message =
                    "scenes from storage are used whole: leave out the area, dates, limit and other ids";
                return Err(Problem::new(name, message));
            }
            data.insert(name.into(), json!(ids));
            return Ok(data);
        }
        if let Some(limit) = self.limit {
            data.insert("limit".into(), limit.into());
        }
        match (&self.dates, self.scene_ids.as_slice()) {
            (Some((start, end)), []) => {
                let time =
                    DateRange::parse(start, end).map_err(|error| Problem::new("time", error.to_string()))?;
                data.insert("time".into(), time.to_interval_of_seconds().into());
            }
            (_, []) => {}
            (_, ids) => {
                data.insert("ids".into(), json!(ids));
                data.insert("limit".into(), ids.len().into());
            }
        }
        if let Some(place) = &self.geometry {
            let name = self.geometry_operation.parameter();
            let shape = match self.geometry_operation {
                // The platform requires west < east.
                GeometryOperation::Bbox if place.bbox().is_across() => {
                    let message = "it lies across the antimeridian, where it has no bbox: use `Intersects`";
                    return Err(Problem::new(name, message));
                }
                GeometryOperation::Bbox => json!(place.bbox().to_array()),
                GeometryOperation::Intersects | GeometryOperation::Contains => place.to_geojson(),
            };
            data.insert(name.into(), shape);
        }
        Ok(data)
    }
}

impl From<&JobQuery> for JobQuery {
    fn from(query: &JobQuery) -> Self {
        query.clone()
    }
}

pub(super) fn texts(list: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    list.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_of(query: &JobQuery) -> Value {
        Value::Object(query.data().unwrap())
    }

    #[test]
    fn scene_ids_replace_the_dates() {
        let place = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap().named("a");
        let query = JobQuery::new().geometry(place).geometry_operation(GeometryOperation::Bbox);
        let query = query.between("2019-01-01", "2019-12-31").limit(5);
        let dated = json!({"limit": 5, "time": "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z", "bbox": [0.0, 0.0, 1.0, 1.0]});
        assert_eq!((data_of(&query), query.label()), (dated, "a, 2019-01-01 to 2019-12-31".to_owned()));
        let query = query.scene_ids(["s1", "s2"]);
        let scenes = json!({"limit": 2, "ids": ["s1", "s2"], "bbox": [0.0, 0.0, 1.0, 1.0]});
        assert_eq!((data_of(&query), query.label()), (scenes, "a, 2 scenes".to_owned()));
    }

    #[test]
    fn assets_and_orders_cannot_be_combined() {
        assert_eq!(data_of(&JobQuery::new().asset_ids(["x"])), json!({"asset_ids": ["x"]}));
        assert_eq!(data_of(&JobQuery::new().order_ids(["x", "y"])), json!({"order_ids": ["x", "y"]}));
        for query in
            [JobQuery::new().asset_ids(["x"]).limit(1), JobQuery::new().asset_ids(["x"]).order_ids(["y"])]
        {
            assert!(query.data().unwrap_err().message.starts_with("scenes from storage are used whole"));
        }
    }
}
