//! Catalogs: which scenes exist, how they look, and how they cover an area, before anything is
//! bought.
//!
//! - [`Catalog`]: UP42's catalog or any STAC API, with its [`Collections`] and [`Queryables`].
//! - [`Search`]: area, dates, cloud cover and [`Filter`]s; [`Scenes`]: its result, as a table, a
//!   DataFrame, a GeoParquet file.
//! - [`Quicklooks`]: previews, as a map and as a [`Gallery`].
//! - [`Coverage`], [`Timeline`], [`AoiClouds`], [`Mosaic`]: how scenes cover the area, when they
//!   were taken, how cloudy they are over the area itself, and which of them to buy.

// Layout: `search` (queries), `provider` (the STAC client and the classic search), `scenes`
// (records, frames, files), `quicklooks` (download, cache, gallery), and one module for each
// analysis: `coverage`, `timeline`, `clouds`, `mosaic`.

mod clouds;
mod coverage;
mod ground;
mod link;
mod mosaic;
mod provider;
mod quicklooks;
mod scenes;
mod search;
mod timeline;

use std::fmt;
use std::sync::Arc;

pub use clouds::{AoiCloud, AoiClouds};
pub use coverage::{Coverage, CoveragePart};
pub use mosaic::{Mosaic, MosaicCost, MosaicOptions, MosaicPart};
#[cfg(any(test, fuzzing))]
pub(crate) use provider::fuzzing;
pub use provider::{Collection, Collections, Queryable, Queryables};
pub(crate) use quicklooks::picture;
pub use quicklooks::{Gallery, Quicklook, QuicklookOutcome, Quicklooks};
pub use scenes::{Scene, Scenes, scan_geoparquet, scan_geoparquet_within};
pub use search::{Filter, Op, Search, SortBy};
pub use timeline::{Timeline, TimelinePeriod};

use crate::client::Client;
use provider::{Provider, Stac};
use quicklooks::Cache;
use up42_core::error::{Context, Error, Result};
use up42_core::redact;

/// A catalog of scenes, whoever keeps it.
///
/// | catalog | by | needs |
/// |---|---|---|
/// | UP42's STAC API | [`Client::catalog`] | an account |
/// | UP42's classic search | [`Client::catalog`] | a project's login |
/// | UP42's hosts, deprecated | [`hosts`](Self::hosts), [`host`](Self::host) | an account |
/// | any STAC API | [`Catalog::stac`] | nothing |
#[derive(Clone)]
pub struct Catalog {
    client: Client,
    provider: Provider,
    cache: Option<Cache>,
}

impl Client {
    /// The catalog to search: today's STAC API for an account, the classic search for a
    /// project's login.
    #[doc(alias = "initialize_catalog")]
    pub fn catalog(&self) -> Catalog {
        Catalog::new(self.clone(), Provider::of(self))
    }
}

impl Catalog {
    fn new(client: Client, provider: Provider) -> Self {
        let cache = Cache::of_api(&client.url(""));
        Self { client, provider, cache }
    }

    /// Any STAC API that is open to all, by the URL of its landing page.
    ///
    /// What the server can do, by its conformance classes, decides how it is asked: by POST
    /// or GET, with filters as CQL2 or as `query`, sorted or not. Where it refuses all the
    /// same, it is asked in a simpler way. What it cannot is done here: see
    /// [`search`](Self::search).
    ///
    /// ```
    /// # use up42::{Aoi, simulator::Simulator};
    /// # use up42::catalog::{Catalog, Search};
    /// # let simulator = Simulator::start()?;
    /// # let url = simulator.stac_url();
    /// let catalog = Catalog::stac(url)?; // such as "https://planetarycomputer.microsoft.com/api/stac/v1"
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).collections(["sentinel-2"]).max_cloud_cover(10.0).limit(3);
    /// assert_eq!(catalog.search(search)?.len(), 3);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) when there is no STAC API with
    /// item search at the URL, and the errors of the network.
    pub fn stac(url: impl AsRef<str>) -> Result<Self> {
        let url = url.as_ref().trim();
        let open = || {
            let client = Client::open(&url.into())?;
            let stac = Stac::open(&client, url)?;
            Ok::<_, Error>(Self::new(client, Provider::Stac(Arc::new(stac))))
        };
        open().with_context(|| match url.contains(['?', '#', '@']) {
            // What stands beside the address may be a key: it is not told.
            true => "STAC API".to_owned(),
            false => format!("STAC API `{url}`"),
        })
    }

    /// The STAC API at a path of the client's own platform, with its login.
    pub(crate) fn at(client: &Client, path: &str) -> Result<Self> {
        let stac = Stac::open(client, &client.url(path))?;
        Ok(Self::new(client.clone(), Provider::Stac(Arc::new(stac))))
    }

    /// The older searches of UP42's hosts, which still answer: one call for each host whose
    /// collections are asked for, all of them without collections. The hosts are looked up
    /// in [`collections`](Self::collections).
    pub fn hosts(&self) -> Self {
        Self { provider: Provider::Hosts(None), ..self.clone() }
    }

    /// The older search of one of UP42's hosts, such as `oneatlas`.
    pub fn host(&self, name: impl Into<String>) -> Self {
        Self { provider: Provider::Hosts(Some(name.into())), ..self.clone() }
    }

    /// Searches the catalog, following pages to the search's limit.
    ///
    /// A scene that touches only the box around the area is left out. The same
    /// search gives the same scenes in the same order.
    ///
    /// What the server cannot filter is filtered here, and more pages are read until there
    /// are enough scenes that match. What it cannot sort is read whole, and sorted here, so
    /// that the first ten are the first ten of all. Neither goes on for ever: at most 5,000
    /// scenes beyond the limit are looked at (of each host, and for each part of an area
    /// that it is asked for), and when that was not all, [`Scenes::has_more`] is true and
    /// the scenes say so where they are shown. Those that were not looked at may then be
    /// better: narrow the search, or sort by what the server can.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]).limit(5);
    /// let scenes = client.catalog().search(&search)?;
    /// assert!(scenes.len() <= 5);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the server, or a
    /// check before it is asked, refuses a filter, and for a collection that is not there;
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) when a page is not one.
    pub fn search(&self, search: impl Into<Search>) -> Result<Scenes> {
        let search = search.into();
        search.check()?;
        let found = self.provider.find(&self.client, &search).context("search the catalog")?;
        let origin = std::iter::once(("Catalog".to_owned(), self.in_words())).chain(search.in_words());
        let scenes = Scenes::new(found.scenes, found.more).with_origin(origin.collect());
        Ok(match found.note {
            Some(note) => scenes.noted(note),
            None => scenes,
        })
    }

    /// The collections of the catalog.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let collections = client.catalog().collections()?;
    /// assert_eq!(collections.get("phr").unwrap().resolution_min, Some(0.5));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    pub fn collections(&self) -> Result<Collections> {
        let collections = match &self.provider {
            Provider::Stac(stac) => Collections::of_stac(&self.client, stac),
            _ => Collections::of_up42(&self.client),
        };
        collections.context("list the collections")
    }

    /// The properties that a STAC API filters and sorts by.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let queryables = client.catalog().queryables()?;
    /// assert_eq!(queryables.get("eo:cloud_cover").unwrap().maximum, Some(100.0));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the server does not tell,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a catalog that is no
    /// STAC API.
    pub fn queryables(&self) -> Result<Queryables> {
        let stac = self.provider.stac(&self.client);
        stac.and_then(|stac| Queryables::of(&self.client, &stac)).context("list the queryables")
    }
}

impl Catalog {
    /// Whose it is; the host of a STAC API, without what may be secret in its address.
    fn in_words(&self) -> String {
        let url = self.client.url("");
        let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
        let host = host.and_then(|host| host.rsplit('@').next()).unwrap_or_default();
        // The port of a server on this machine is another one each time.
        let is_here = ["127.", "localhost", "[::1]"].iter().any(|here| host.starts_with(here));
        match &self.provider {
            Provider::Stac(_) if !is_here => format!("STAC API at {host}"),
            provider => provider.to_string(),
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.client.url("");
        let url = redact::text(&url);
        match &self.provider {
            Provider::Stac(stac) => write!(f, "Catalog(STAC API at {url}: {})", stac.offers),
            provider => write!(f, "Catalog({provider} at {url})"),
        }
    }
}
