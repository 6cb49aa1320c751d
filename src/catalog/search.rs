use crate::error::{Context, Error, Result};
use crate::geo::Aoi;
use crate::time::DateRange;

/// Which scenes to look for. A filter left unset matches everything.
///
/// ```
/// # use up42::{Aoi, Search, SortBy};
/// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
/// let search = Search::new(&aoi)
///     .between("2018-01-01", "2020-12-31")
///     .collections(["phr"])
///     .max_cloud_cover(20.0)
///     .sort_by(SortBy::CloudCover)
///     .limit(10);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    /// Area that the footprint must touch.
    pub aoi: Aoi,
    /// First and last day or instant of the acquisition, UTC; `..` is open.
    pub dates: Option<(String, String)>,
    /// Names of the collections (STAC `collections`) or, on the classic catalog, of
    /// the data blocks.
    pub collections: Vec<String>,
    /// Largest cloud cover, in % of the whole scene (0 to 100). Scenes without a
    /// figure, such as radar, are left out when it is set.
    pub max_cloud_cover: Option<f64>,
    /// The order of the scenes. Default [`SortBy::Newest`].
    pub sort_by: SortBy,
    /// The largest number of scenes. Default 100.
    pub limit: usize,
}

/// The order of the scenes of a search. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortBy {
    /// The clearest first.
    CloudCover,
    /// The latest acquisition first.
    #[default]
    Newest,
    /// The earliest acquisition first.
    Oldest,
}

impl Search {
    /// Looks for scenes that touch the area.
    pub fn new(aoi: impl Into<Aoi>) -> Self {
        Self {
            aoi: aoi.into(),
            dates: None,
            collections: Vec::new(),
            max_cloud_cover: None,
            sort_by: SortBy::default(),
            limit: 100,
        }
    }

    /// Only scenes acquired between two days or instants (UTC), both included.
    pub fn between(mut self, start: impl Into<String>, end: impl Into<String>) -> Self {
        self.dates = Some((start.into(), end.into()));
        self
    }

    /// Only scenes of these collections.
    pub fn collections(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.collections = names.into_iter().map(Into::into).collect();
        self
    }

    /// Only scenes with at most this cloud cover, in %.
    pub fn max_cloud_cover(mut self, percent: f64) -> Self {
        self.max_cloud_cover = Some(percent);
        self
    }

    /// The order of the scenes.
    pub fn sort_by(mut self, order: SortBy) -> Self {
        self.sort_by = order;
        self
    }

    /// The largest number of scenes; as many pages are read as it takes.
    pub fn limit(mut self, scenes: usize) -> Self {
        self.limit = scenes;
        self
    }

    /// The acquisition interval as the APIs want it.
    pub(super) fn interval(&self) -> Result<Option<String>> {
        let Some((start, end)) = &self.dates else { return Ok(None) };
        DateRange::parse(start, end).map(|range| Some(range.to_interval())).context("search")
    }

    pub(super) fn check(&self) -> Result<()> {
        self.interval()?;
        if self.limit == 0 {
            return Err(Error::invalid("search: limit 0 finds nothing: ask for at least 1 scene"));
        }
        match self.max_cloud_cover {
            Some(percent) if !(0.0..=100.0).contains(&percent) => {
                Err(Error::invalid(format!("search: cloud cover {percent} is not between 0 and 100 %")))
            }
            _ => Ok(()),
        }
    }
}

impl From<&Search> for Search {
    fn from(search: &Search) -> Self {
        search.clone()
    }
}
