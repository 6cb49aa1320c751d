//! Catalogs: finding scenes, previewing them and measuring how they cover an area, before anything
//! is bought.
//!
//! - [`Catalog`]: UP42's catalog or any STAC API, with its [`Collections`] and [`Queryables`].
//! - [`Search`]: area, dates, cloud cover, [`Filter`]s and whole filters in [`Cql2`]; [`Scenes`]:
//!   its result, as a table, a DataFrame, a GeoParquet file.
//! - [`Quicklooks`]: previews, as a map and as a [`Gallery`].
//! - [`Coverage`], [`Timeline`], [`AoiClouds`], [`Mosaic`]: coverage of an area, acquisition times,
//!   cloud cover over the area itself, and the best scenes to buy.

// Layout: `search` (queries), `provider` (the STAC client and the classic search), `scenes`
// (records, frames, files), `quicklooks` (download, cache, gallery), and one module for each
// analysis: `coverage`, `timeline`, `clouds`, `mosaic`.

mod clouds;
mod coverage;
mod footprint_polygons;
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
pub use search::{Cql2, Filter, Op, Search, SortBy};
pub use timeline::{Timeline, TimelinePeriod};

use crate::client::Client;
use provider::{Provider, Stac};
use quicklooks::Cache;
use up42_core::error::{Context, Error, Result};
use up42_core::redact;

/// Catalog of scenes, of UP42 or of another provider.
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
    /// Returns the catalog to search: the current STAC API for an account, the classic search for a
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

    /// Opens a public STAC API by the URL of its landing page.
    ///
    /// The conformance classes of the server decide the form of a search: POST or GET, filters as
    /// CQL2 or as `query`, sorted or not. If the server rejects it, a simpler form is sent. The
    /// client does what the server cannot: see [`search`](Self::search).
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
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if there is no STAC API with item search
    /// at the URL, [`ErrorKind::Network`](crate::ErrorKind::Network) if there is no response.
    #[doc(alias = "stac_client")]
    #[doc(alias = "open")]
    pub fn stac(url: impl AsRef<str>) -> Result<Self> {
        let url = url.as_ref().trim();
        let open = || {
            let client = Client::open(&url.into())?;
            let stac = Stac::open(&client, url)?;
            Ok::<_, Error>(Self::new(client, Provider::Stac(Arc::new(stac))))
        };
        open().with_context(|| match url.contains(['?', '#', '@']) {
            // The user, query or fragment may contain a key: the message does not quote them.
            true => "STAC API".to_owned(),
            false => format!("STAC API `{url}`"),
        })
    }

    /// Opens the STAC API at a path of the client's own platform, with its login.
    pub(crate) fn at(client: &Client, path: &str) -> Result<Self> {
        let stac = Stac::open(client, &client.url(path))?;
        Ok(Self::new(client.clone(), Provider::Stac(Arc::new(stac))))
    }

    /// Returns the older searches of UP42's hosts, which still work: one request for each host of
    /// the requested collections, or for all hosts if no collections are requested. The hosts are
    /// looked up in [`collections`](Self::collections).
    pub fn hosts(&self) -> Self {
        Self { provider: Provider::Hosts(None), ..self.clone() }
    }

    /// Returns the older search of one of UP42's hosts, such as `oneatlas`.
    pub fn host(&self, name: impl Into<String>) -> Self {
        Self { provider: Provider::Hosts(Some(name.into())), ..self.clone() }
    }

    /// Searches the catalog, and reads pages up to the search's limit.
    ///
    /// A scene that touches only the bounding box of the area is left out. The same search gives
    /// the same scenes in the same order.
    ///
    /// If the server cannot filter, scenes are filtered here, and more pages are read until enough
    /// scenes match. If it cannot sort, all scenes are read and sorted here, so that the first ten
    /// are the first ten of all. At most 5,000 scenes beyond the limit are read (of each host, and
    /// for each part of an area that is requested separately). If there are more,
    /// [`Scenes::has_more`] is true, and the display of the scenes says so. Scenes that were not
    /// read may match better: narrow the search, or sort by a key that the server supports.
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the server, or a check before
    /// the request, rejects a filter, or if a collection does not exist;
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if a page is invalid.
    #[doc(alias = "item_search")]
    pub fn search(&self, search: impl Into<Search>) -> Result<Scenes> {
        let search = search.into();
        search.check()?;
        let found = self.provider.find(&self.client, &search).context("search the catalog")?;
        let origin = std::iter::once(("Catalog".to_owned(), self.describe())).chain(search.describe());
        let scenes = Scenes::new(found.scenes, found.more).with_origin(origin.collect());
        Ok(match found.note {
            Some(note) => scenes.with_note(note),
            None => scenes,
        })
    }

    /// Lists the collections of the catalog.
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
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) if there is no response;
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if the body is not a list of
    /// collections.
    pub fn collections(&self) -> Result<Collections> {
        let collections = match &self.provider {
            Provider::Stac(stac) => Collections::of_stac(&self.client, stac),
            _ => Collections::of_up42(&self.client),
        };
        collections.context("list the collections")
    }

    /// Lists the properties that a STAC API filters and sorts by.
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
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the server does not list them,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the catalog is not a STAC
    /// API.
    pub fn queryables(&self) -> Result<Queryables> {
        let stac = self.provider.stac(&self.client);
        stac.and_then(|stac| Queryables::of(&self.client, &stac)).context("list the queryables")
    }
}

impl Catalog {
    /// Returns the name of the catalog; for a STAC API its host, without secrets of its URL.
    fn describe(&self) -> String {
        let url = self.client.url("");
        let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
        let host = host.and_then(|host| host.rsplit('@').next()).unwrap_or_default();
        // The port of a server on this machine changes with each start.
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
