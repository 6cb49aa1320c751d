use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::geo::Aoi;
use crate::time::DateRange;

/// Many jobs from places and dates.
///
/// | given | jobs |
/// |---|---|
/// | geometries and dates | one for each place and interval, place by place |
/// | geometries and scene ids | one for each place and scene, place by place |
/// | scene ids | one for each scene |
#[derive(Clone, Debug)]
pub struct ParallelParameters {
    /// The places, a feature each.
    pub geometries: Vec<Aoi>,
    /// First and last day or instant of each interval, UTC.
    pub interval_dates: Vec<(String, String)>,
    /// Scenes of the catalog.
    pub scene_ids: Vec<String>,
    /// Images of a job at most. Default 1.
    pub limit_per_job: u32,
    /// How the place picks images. Default [`GeometryOperation::Intersects`].
    pub geometry_operation: GeometryOperation,
}

/// How a place picks images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeometryOperation {
    /// Images that touch the box around the place.
    Bbox,
    /// Images that touch the place.
    #[default]
    Intersects,
    /// Images that contain the whole place.
    Contains,
}

impl Default for ParallelParameters {
    fn default() -> Self {
        Self {
            geometries: Vec::new(),
            interval_dates: Vec::new(),
            scene_ids: Vec::new(),
            limit_per_job: 1,
            geometry_operation: GeometryOperation::default(),
        }
    }
}

impl ParallelParameters {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The places: each feature of the area is one.
    pub fn geometries(mut self, places: &Aoi) -> Self {
        self.geometries = places.iter().collect();
        self
    }

    /// The intervals, each with its first and last day or instant (UTC).
    pub fn interval_dates<A: Into<String>, B: Into<String>>(
        mut self,
        intervals: impl IntoIterator<Item = (A, B)>,
    ) -> Self {
        self.interval_dates = intervals.into_iter().map(|(start, end)| (start.into(), end.into())).collect();
        self
    }

    /// Scenes of the catalog.
    pub fn scene_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scene_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Images of a job at most.
    pub fn limit_per_job(mut self, images: u32) -> Self {
        self.limit_per_job = images;
        self
    }

    /// How a place picks images.
    pub fn geometry_operation(mut self, operation: GeometryOperation) -> Self {
        self.geometry_operation = operation;
        self
    }

    /// What each job asks of the data block, with its label.
    pub(super) fn queries(&self) -> Result<Vec<(String, Map<String, Value>)>> {
        let place = |index: usize, aoi: &Aoi| {
            let label = aoi.name().map_or_else(|| format!("place {}", index + 1), str::to_owned);
            let (key, shape) = match self.geometry_operation {
                // The platform takes west < east only.
                GeometryOperation::Bbox if aoi.bbox().is_across() => {
                    return Err(Error::invalid(format!(
                        "`{label}` lies across the antimeridian, where it has no bbox: use `Intersects`"
                    )));
                }
                GeometryOperation::Bbox => ("bbox", json!(aoi.bbox().to_array())),
                GeometryOperation::Intersects => ("intersects", aoi.to_geojson()),
                GeometryOperation::Contains => ("contains", aoi.to_geojson()),
            };
            Ok((label, key, shape))
        };
        let mut queries = Vec::new();
        let mut add = |label: String, query: Value| {
            if let Value::Object(query) = query {
                queries.push((label, query));
            }
        };
        match (self.geometries.is_empty(), self.interval_dates.is_empty(), self.scene_ids.is_empty()) {
            (false, _, false) => {
                for (index, aoi) in self.geometries.iter().enumerate() {
                    let (label, key, shape) = place(index, aoi)?;
                    for id in &self.scene_ids {
                        add(format!("{label}, {id}"), json!({"ids": [id], "limit": 1, key: shape}));
                    }
                }
            }
            (false, false, true) => {
                for (index, aoi) in self.geometries.iter().enumerate() {
                    let (label, key, shape) = place(index, aoi)?;
                    for (start, end) in &self.interval_dates {
                        let time = DateRange::parse(start, end)?.to_interval();
                        let label = format!("{label}, {start} to {end}");
                        add(label, json!({"time": time, "limit": self.limit_per_job, key: shape}));
                    }
                }
            }
            (true, _, false) => {
                for id in &self.scene_ids {
                    add(id.clone(), json!({"ids": [id], "limit": 1}));
                }
            }
            (_, _, true) => {
                return Err(Error::invalid(
                    "give geometries with interval dates, geometries with scene ids, or scene ids",
                ));
            }
        }
        Ok(queries)
    }
}

impl From<&ParallelParameters> for ParallelParameters {
    fn from(parameters: &ParallelParameters) -> Self {
        parameters.clone()
    }
}

#[cfg(test)]
mod tests {
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
    fn places_and_dates_make_a_job_each_place_by_place() {
        let parallel = ParallelParameters::new()
            .geometries(&two_places())
            .interval_dates([("2018-01-01", "2018-12-31"), ("2019-01-01", "2019-12-31")])
            .geometry_operation(GeometryOperation::Bbox);
        let queries = parallel.queries().unwrap();
        let labels: Vec<_> = queries.iter().map(|(label, _)| label.as_str()).collect();
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
            Value::Object(queries[3].1.clone()),
            json!({"time": "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z", "limit": 1, "bbox": [5.0, 0.0, 6.0, 1.0]})
        );
    }

    #[test]
    fn scenes_make_a_job_each_and_drop_the_dates() {
        let parallel =
            ParallelParameters::new().scene_ids(["s1", "s2"]).interval_dates([("2018-01-01", "2018-12-31")]);
        let queries = parallel.clone().queries().unwrap();
        assert_eq!(queries.len(), 2);
        assert_eq!(Value::Object(queries[0].1.clone()), json!({"ids": ["s1"], "limit": 1}));
        let with_places = parallel.geometries(&two_places()).queries().unwrap();
        assert_eq!(with_places.len(), 4);
        assert!(!with_places[0].1.contains_key("time"));
    }

    #[test]
    fn a_box_across_the_antimeridian_is_refused() {
        let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap().named("Fiji");
        let mut parallel = ParallelParameters::new().interval_dates([("2018-01-01", "2018-12-31")]);
        parallel.geometries = vec![fiji];
        assert!(parallel.queries().is_ok());
        let error = parallel.geometry_operation(GeometryOperation::Bbox).queries().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Fiji` lies across the antimeridian, where it has no bbox: use `Intersects`"
        );
    }

    #[test]
    fn anything_else_is_refused() {
        let error = ParallelParameters::new().geometries(&two_places()).queries().unwrap_err();
        assert!(error.to_string().starts_with("give geometries with interval dates"));
    }
}
