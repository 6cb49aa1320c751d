use serde_json::Value;

use super::query::{GeometryOperation, JobQuery, texts};
use up42_core::error::{Error, Result};
use up42_core::time::DateBound;
use up42_view::Aoi;

/// Parameters of many jobs from geometries and dates.
///
/// | given | jobs |
/// |---|---|
/// | geometries and dates | one per geometry and interval, grouped by geometry |
/// | geometries and scene ids | one per geometry and scene, grouped by geometry |
/// | scene ids | one per scene |
/// | asset ids, or order ids | one per id |
#[derive(Clone, Debug)]
pub struct ParallelParameters {
    /// Geometries, one feature each.
    pub geometries: Vec<Aoi>,
    /// First and last day or instant of each interval, UTC, inclusive.
    pub interval_dates: Vec<(String, String)>,
    /// Ids of scenes of the catalog.
    pub scene_ids: Vec<String>,
    /// Largest number of images per job. Default 1.
    pub limit_per_job: u32,
    /// Relation between geometry and images. Default [`GeometryOperation::Intersects`].
    pub geometry_operation: GeometryOperation,
    /// Ids of assets in the storage.
    pub asset_ids: Vec<String>,
    /// Ids of finished orders.
    pub order_ids: Vec<String>,
    /// Further parameters of every job, as for [`JobQuery::set`].
    pub parameters: Vec<(String, Value)>,
}

impl Default for ParallelParameters {
    fn default() -> Self {
        Self {
            geometries: Vec::new(),
            interval_dates: Vec::new(),
            scene_ids: Vec::new(),
            limit_per_job: 1,
            geometry_operation: GeometryOperation::default(),
            asset_ids: Vec::new(),
            order_ids: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

impl ParallelParameters {
    /// Creates empty parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the geometries: each feature of the area is one.
    pub fn geometries(mut self, places: &Aoi) -> Self {
        self.geometries = places.iter().collect();
        self
    }

    /// Sets the intervals, each with its first and last day or instant (UTC, inclusive).
    pub fn interval_dates<A: Into<DateBound>, B: Into<DateBound>>(
        mut self,
        intervals: impl IntoIterator<Item = (A, B)>,
    ) -> Self {
        self.interval_dates =
            intervals.into_iter().map(|(start, end)| (start.into().into(), end.into().into())).collect();
        self
    }

    /// Selects scenes of the catalog.
    pub fn scene_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scene_ids = texts(ids);
        self
    }

    /// Sets the largest number of images per job.
    pub fn limit_per_job(mut self, images: u32) -> Self {
        self.limit_per_job = images;
        self
    }

    /// Sets the relation between geometry and images.
    pub fn geometry_operation(mut self, operation: GeometryOperation) -> Self {
        self.geometry_operation = operation;
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

    /// Sets another parameter of every job, named as for [`JobQuery::set`].
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Returns the query of each job.
    pub(super) fn queries(&self) -> Result<Vec<JobQuery>> {
        let base = JobQuery {
            geometry_operation: self.geometry_operation,
            parameters: self.parameters.clone(),
            ..JobQuery::default()
        };
        let places = || {
            self.geometries.iter().enumerate().map(|(index, place)| match place.name() {
                Some(_) => base.clone().geometry(place),
                None => base.clone().geometry(place.clone().named(format!("place {}", index + 1))),
            })
        };
        let scenes = |query: JobQuery| self.scene_ids.iter().map(move |id| query.clone().scene_ids([id]));
        let intervals = |query: JobQuery| {
            let query = query.limit(self.limit_per_job);
            self.interval_dates.iter().map(move |(start, end)| query.clone().between(start, end))
        };
        let catalog = [&self.scene_ids, &self.asset_ids, &self.order_ids].map(|ids| !ids.is_empty());
        Ok(match (catalog, self.geometries.is_empty(), self.interval_dates.is_empty()) {
            ([true, false, false], true, _) => scenes(base).collect(),
            ([true, false, false], false, _) => places().flat_map(scenes).collect(),
            ([false, false, false], false, false) => places().flat_map(intervals).collect(),
            ([false, true, false], true, true) => {
                self.asset_ids.iter().map(|id| base.clone().asset_ids([id])).collect()
            }
            ([false, false, true], true, true) => {
                self.order_ids.iter().map(|id| base.clone().order_ids([id])).collect()
            }
            _ => {
                return Err(Error::invalid(
                    "give geometries with interval dates, geometries with scene ids, scene ids, asset ids, or order ids",
                ));
            }
        })
    }
}

impl From<&ParallelParameters> for ParallelParameters {
    fn from(parameters: &ParallelParameters) -> Self {
        parameters.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn two_places() -> Aoi {
        let square = |name: &str, west: f64| {
            let aoi = Aoi::from_bbox([west, 0.0, west + 1.0, 1.0]).unwrap();
            json!({"type": "Feature", "properties": {"name": name}, "geometry": aoi.to_geojson()})
        };
        let json = json!({"type": "FeatureCollection", "features": [square("a", 0.0), square("b", 5.0)]});
        Aoi::from_geojson(&json.to_string()).unwrap()
    }

    #[test]
    fn each_pair_of_place_and_date_is_a_job() {
        let parallel = ParallelParameters::new()
            .geometries(&two_places())
            .interval_dates([("2018-01-01", "2018-12-31"), ("2019-01-01", "2019-12-31")])
            .geometry_operation(GeometryOperation::Bbox);
        let queries = parallel.queries().unwrap();
        let labels: Vec<_> = queries.iter().map(JobQuery::label).collect();
        assert_eq!(
            labels,
            [
                "a, 2018-01-01 to 2018-12-31",
                "a, 2019-01-01 to 2019-12-31",
                "b, 2018-01-01 to 2018-12-31",
                "b, 2019-01-01 to 2019-12-31"
            ]
        );
        assert_eq!(
            Value::Object(queries[3].data().unwrap()),
            json!({"time": "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z", "limit": 1, "bbox": [5.0, 0.0, 6.0, 1.0]})
        );
    }

    #[test]
    fn each_scene_is_a_job_without_dates() {
        let parallel =
            ParallelParameters::new().scene_ids(["s1", "s2"]).interval_dates([("2018-01-01", "2018-12-31")]);
        let queries = parallel.clone().queries().unwrap();
        assert_eq!(queries.len(), 2);
        assert_eq!(Value::Object(queries[0].data().unwrap()), json!({"ids": ["s1"], "limit": 1}));
        let with_places = parallel.geometries(&two_places()).queries().unwrap();
        assert_eq!(with_places.len(), 4);
        assert!(!with_places[0].data().unwrap().contains_key("time"));
    }

    #[test]
    fn a_box_across_the_antimeridian_is_refused() {
        let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap().named("Fiji");
        let mut parallel = ParallelParameters::new().interval_dates([("2018-01-01", "2018-12-31")]);
        parallel.geometries = vec![fiji];
        let problem = |parallel: &ParallelParameters| parallel.queries().unwrap()[0].data().err();
        assert_eq!(problem(&parallel), None);
        let message = problem(&parallel.geometry_operation(GeometryOperation::Bbox)).unwrap().message;
        assert_eq!(message, "it lies across the antimeridian, where it has no bbox: use `Intersects`");
    }

    #[test]
    fn each_asset_or_order_of_the_storage_is_a_job() {
        let parallel = ParallelParameters::new().asset_ids(["x", "y"]).set("tiling.tile_width", 256);
        let queries = parallel.queries().unwrap();
        assert_eq!(Value::Object(queries[1].data().unwrap()), json!({"asset_ids": ["y"]}));
        assert_eq!((queries.len(), queries[1].label().as_str()), (2, "y"));
        assert_eq!(queries[1].parameters, [("tiling.tile_width".to_owned(), json!(256))]);
        assert!(parallel.order_ids(["z"]).queries().is_err());
    }

    #[test]
    fn other_combinations_are_refused() {
        let error = ParallelParameters::new().geometries(&two_places()).queries().unwrap_err();
        assert!(error.to_string().starts_with("give geometries with interval dates"));
    }
}
