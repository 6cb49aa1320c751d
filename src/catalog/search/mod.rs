mod criteria;
mod filter;
mod sort;
mod words;

pub use filter::{Filter, Op};
pub use sort::SortBy;
pub(super) use sort::{contradicts, order};

use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use up42_view::Aoi;

/// Which scenes to look for. A filter left unset matches everything.
///
/// Each filter is sent to the server where the server can, and checked again here, so
/// that the answer is the same on every catalog. A scene that does not say what a filter
/// asks for, such as the cloud cover of radar, is left out; one without a date or a
/// footprint stays, since the server says that it matches.
///
/// ```
/// # use up42::Aoi;
/// # use up42::catalog::{Op, Search, SortBy};
/// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
/// let search = Search::new(&aoi)
///     .between("2018-01-01", "2020-12-31")
///     .collections(["phr"])
///     .max_cloud_cover(20.0)
///     .resolution(..=1.0)
///     .filter("platform", Op::In, ["PHR1A", "PHR1B"])
///     .sort_by(SortBy::CloudCover)
///     .then_by(SortBy::Newest)
///     .limit(10);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    /// Area that the footprint must touch.
    pub aoi: Aoi,
    /// First and last day or instant of the acquisition, UTC; `..` is open. A scene that
    /// lasted (`start_datetime` to `end_datetime`) matches with any part of it.
    pub dates: Option<(String, String)>,
    /// Names of the collections (STAC `collections`) or, on the classic catalog, of
    /// the data blocks.
    pub collections: Vec<String>,
    /// Only on the classic catalog: what the names of its data blocks hold, such as
    /// `pleiades` or `spot`.
    pub sensors: Vec<String>,
    /// Ids of the scenes.
    pub ids: Vec<String>,
    /// Largest cloud cover, in % of the whole scene (0 to 100).
    pub max_cloud_cover: Option<f64>,
    /// Finest and coarsest resolution, the size of a pixel on the ground in metres (`gsd`).
    pub resolution: (Bound<f64>, Bound<f64>),
    /// Largest incidence angle at the ground, in degrees (`view:incidence_angle`).
    pub max_incidence_angle: Option<f64>,
    /// Largest off-nadir angle of the satellite, in degrees (`view:off_nadir`).
    pub max_off_nadir: Option<f64>,
    /// Only on the classic catalog and its hosts: what the scene may be used for, `DATA`
    /// or `ANALYTICS`.
    pub usage_types: Vec<String>,
    /// Only on the classic catalog and its hosts: how soon it comes, `MINUTES`, `HOURS` or
    /// `DAYS`.
    pub delivery_times: Vec<String>,
    /// Conditions on other properties, all of which must hold.
    pub filters: Vec<Filter>,
    /// The properties to have of each scene beside those that a scene is made of, so that
    /// pages are small, where the server can leave out the others (STAC `fields`). None is
    /// all.
    pub fields: Vec<String>,
    /// The order of the scenes, the first key first; none is [`SortBy::Newest`].
    pub sort_by: Vec<SortBy>,
    /// The largest number of scenes. Default 100.
    pub limit: usize,
}

impl Search {
    /// Looks for scenes that touch the area.
    pub fn new(aoi: impl Into<Aoi>) -> Self {
        Self {
            aoi: aoi.into(),
            dates: None,
            collections: Vec::new(),
            sensors: Vec::new(),
            ids: Vec::new(),
            max_cloud_cover: None,
            resolution: (Bound::Unbounded, Bound::Unbounded),
            max_incidence_angle: None,
            max_off_nadir: None,
            usage_types: Vec::new(),
            delivery_times: Vec::new(),
            filters: Vec::new(),
            fields: Vec::new(),
            sort_by: Vec::new(),
            limit: 100,
        }
    }

    /// Looks everywhere, as far as the other conditions allow: for what has few scenes, such as
    /// a storage.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::catalog::{Op, Search};
    /// # let client = Client::simulator()?;
    /// let search = Search::anywhere().filter("up42-user:title", Op::Eq, "Dakar");
    /// assert!(client.storage().search(search)?.is_empty());
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn anywhere() -> Self {
        Self::new(Aoi::earth())
    }

    /// Whether the area is all of the Earth: it need not be sent.
    pub(in crate::catalog) fn is_anywhere(&self) -> bool {
        self.aoi.bbox().to_array() == [-180.0, -90.0, 180.0, 90.0] && self.aoi.features().len() == 1
    }

    /// Only scenes acquired between two days or instants (UTC), both included. `2020-12` and
    /// `2020` are the whole month and year; `..` is open.
    pub fn between(mut self, start: impl Into<String>, end: impl Into<String>) -> Self {
        self.dates = Some((start.into(), end.into()));
        self
    }

    /// Only scenes of these collections.
    pub fn collections(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.collections = texts(names);
        self
    }

    /// Only scenes of these sensors, on the classic catalog.
    pub fn sensors(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sensors = texts(names);
        self
    }

    /// Only these scenes, as far as they match the rest.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ids = texts(ids);
        self
    }

    /// Only scenes with at most this cloud cover, in %.
    pub fn max_cloud_cover(mut self, percent: f64) -> Self {
        self.max_cloud_cover = Some(percent);
        self
    }

    /// Only scenes of a resolution in metres: `..=1.0`, `0.5..=2.0`.
    pub fn resolution(mut self, metres: impl RangeBounds<f64>) -> Self {
        self.resolution = (metres.start_bound().cloned(), metres.end_bound().cloned());
        self
    }

    /// Only scenes with at most this incidence angle at the ground, in degrees.
    pub fn max_incidence_angle(mut self, degrees: f64) -> Self {
        self.max_incidence_angle = Some(degrees);
        self
    }

    /// Only scenes with at most this off-nadir angle of the satellite, in degrees.
    pub fn max_off_nadir(mut self, degrees: f64) -> Self {
        self.max_off_nadir = Some(degrees);
        self
    }

    /// Only these properties of each scene, beside those that it is made of, where the
    /// server can leave out the others.
    pub fn fields(mut self, properties: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = texts(properties);
        self
    }

    /// Only scenes for one of these uses, on the classic catalog and its hosts.
    pub fn usage_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.usage_types = texts(types);
        self
    }

    /// Only scenes that come this soon, on the classic catalog and its hosts.
    pub fn delivery_times(mut self, times: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.delivery_times = texts(times);
        self
    }

    /// Only scenes of which this holds too:
    /// `.filter("platform", Op::Eq, "landsat-8")`.
    pub fn filter(mut self, property: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        self.filters.push(Filter::new(property, op, value));
        self
    }

    /// The order of the scenes.
    pub fn sort_by(mut self, order: SortBy) -> Self {
        self.sort_by = vec![order];
        self
    }

    /// The order of scenes that are equal by the keys before.
    pub fn then_by(mut self, order: SortBy) -> Self {
        self.sort_by.push(order);
        self
    }

    /// The largest number of scenes; as many pages are read as it takes.
    pub fn limit(mut self, scenes: usize) -> Self {
        self.limit = scenes;
        self
    }
}

fn texts(list: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    list.into_iter().map(Into::into).collect()
}

impl From<&Search> for Search {
    fn from(search: &Search) -> Self {
        search.clone()
    }
}
