mod cql2;
mod criteria;
mod description;
mod filter;
mod sort;

pub use cql2::Cql2;
pub use filter::{Filter, Op};
pub use sort::SortBy;
pub(super) use sort::{contradicts, order};

use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use up42_core::error::{Context, Result};
use up42_core::time::DateBound;
use up42_view::Aoi;

/// Criteria of a search for scenes. A criterion that is not set matches everything.
///
/// Each filter is sent to the server if the server supports it, and checked again here, so that the
/// result is the same on every catalog. A scene without the value that a filter needs, such as the
/// cloud cover of radar, is left out; one without a date or a footprint is kept, since the server
/// selected it. A whole filter in CQL2 is applied by the server only: see [`cql2`](Self::cql2).
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
#[doc(alias = "ItemSearch")]
#[doc(alias = "item_search")]
pub struct Search {
    /// Area that the footprint must touch.
    pub aoi: Aoi,
    /// First and last day or instant of the acquisition, UTC; `..` is open. A scene with a period
    /// (`start_datetime` to `end_datetime`) matches with any part of it.
    pub dates: Option<(String, String)>,
    /// Names of the collections (STAC `collections`) or, on the classic catalog, of
    /// the data blocks.
    pub collections: Vec<String>,
    /// Parts of the names of data blocks, such as `pleiades` or `spot`; on the classic catalog
    /// only.
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
    /// Allowed uses of the scene, `DATA` or `ANALYTICS`; on the classic catalog and its hosts only.
    pub usage_types: Vec<String>,
    /// Delivery times, `MINUTES`, `HOURS` or `DAYS`; on the classic catalog and its hosts only.
    pub delivery_times: Vec<String>,
    /// Conditions on other properties, all of which must hold.
    pub filters: Vec<Filter>,
    /// Whole filters in CQL2, all of which must hold as well.
    pub cql2: Vec<Cql2>,
    /// Properties to request of each scene beside those that a scene is read from, so that pages
    /// are smaller, if the server supports it (STAC `fields`). Empty requests all.
    pub fields: Vec<String>,
    /// Sort keys, the first key first; empty is [`SortBy::Newest`].
    pub sort_by: Vec<SortBy>,
    /// Largest number of scenes (default 100).
    pub limit: usize,
}

impl Search {
    /// Makes a search for scenes that touch the area.
    #[doc(alias = "intersects")]
    #[doc(alias = "bbox")]
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
            cql2: Vec::new(),
            fields: Vec::new(),
            sort_by: Vec::new(),
            limit: 100,
        }
    }

    /// Makes a search without an area, for a catalog with few scenes, such as a storage, or with
    /// other criteria.
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

    /// Returns whether the area is the whole Earth, which need not be sent.
    pub(in crate::catalog) fn is_anywhere(&self) -> bool {
        self.aoi.bbox().to_array() == [-180.0, -90.0, 180.0, 90.0] && self.aoi.features().len() == 1
    }

    /// Selects scenes acquired between two days or instants (UTC), both included. `2020-12` and
    /// `2020` are the whole month and year; `..` is open.
    #[doc(alias = "datetime")]
    pub fn between(mut self, start: impl Into<DateBound>, end: impl Into<DateBound>) -> Self {
        self.dates = Some((start.into().into(), end.into().into()));
        self
    }

    /// Selects scenes of these collections.
    pub fn collections(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.collections = texts(names);
        self
    }

    /// Selects scenes of these sensors, on the classic catalog.
    pub fn sensors(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sensors = texts(names);
        self
    }

    /// Selects scenes with these ids.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ids = texts(ids);
        self
    }

    /// Selects scenes with at most this cloud cover, in %.
    pub fn max_cloud_cover(mut self, percent: f64) -> Self {
        self.max_cloud_cover = Some(percent);
        self
    }

    /// Selects scenes of a resolution in metres: `..=1.0`, `0.5..=2.0`.
    pub fn resolution(mut self, metres: impl RangeBounds<f64>) -> Self {
        self.resolution = (metres.start_bound().cloned(), metres.end_bound().cloned());
        self
    }

    /// Selects scenes with at most this incidence angle at the ground, in degrees.
    pub fn max_incidence_angle(mut self, degrees: f64) -> Self {
        self.max_incidence_angle = Some(degrees);
        self
    }

    /// Selects scenes with at most this off-nadir angle of the satellite, in degrees.
    pub fn max_off_nadir(mut self, degrees: f64) -> Self {
        self.max_off_nadir = Some(degrees);
        self
    }

    /// Requests only these properties of each scene beside those that it is read from, if the
    /// server supports it.
    pub fn fields(mut self, properties: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = texts(properties);
        self
    }

    /// Selects scenes for one of these uses, on the classic catalog and its hosts.
    pub fn usage_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.usage_types = texts(types);
        self
    }

    /// Selects scenes with one of these delivery times, on the classic catalog and its hosts.
    pub fn delivery_times(mut self, times: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.delivery_times = texts(times);
        self
    }

    /// Adds a condition on a property, which must hold as well:
    /// `.filter("platform", Op::Eq, "landsat-8")`. For alternatives and other operators:
    /// [`cql2`](Self::cql2).
    #[doc(alias = "query")]
    pub fn filter(mut self, property: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        self.filters.push(Filter::new(property, op, value));
        self
    }

    /// Adds a whole filter in CQL2 (OGC 21-065), as text or as JSON, which must hold as well.
    ///
    /// Texts are in single quotes. Names with other characters than letters, digits, `_`, `:` and
    /// `.` are in double quotes, such as `"up42-order:id"`. Times are `DATE('2020-12-31')` and
    /// `TIMESTAMP('2020-12-31T12:00:00Z')`.
    ///
    /// Only the server applies the filter, so it must support CQL2. Text is sent as JSON to a server
    /// that supports JSON.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # use up42::serde_json::json;
    /// # let client = Client::simulator()?;
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi)
    ///     .between("2019-01-01", "2019-12-31")
    ///     .cql2("gsd < 1 OR (platform IN ('S2A', 'S2B') AND eo:cloud_cover BETWEEN 0 AND 10)")?
    ///     .cql2(json!({"op": "<", "args": [{"property": "view:incidence_angle"}, 20]}))?;
    /// let scenes = client.catalog().search(search)?;
    /// assert!(!scenes.is_empty());
    /// assert!(scenes.iter().all(|one| one.resolution < Some(1.0) || one.cloud_cover <= Some(10.0)));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the filter is invalid: see
    /// [`Cql2::new`]. The same kind in [`Catalog::search`](crate::catalog::Catalog::search) if the
    /// catalog does not support CQL2, or if the filter is JSON and the server takes text only.
    #[doc(alias = "filter")]
    #[doc(alias = "filter_lang")]
    pub fn cql2(mut self, filter: impl Into<Value>) -> Result<Self> {
        self.cql2.push(Cql2::new(filter).context("search")?);
        Ok(self)
    }

    /// Sets the order of the scenes.
    pub fn sort_by(mut self, order: SortBy) -> Self {
        self.sort_by = vec![order];
        self
    }

    /// Adds a sort key for scenes that are equal by the keys before it.
    pub fn then_by(mut self, order: SortBy) -> Self {
        self.sort_by.push(order);
        self
    }

    /// Sets the largest number of scenes; as many pages are read as needed.
    #[doc(alias = "max_items")]
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
