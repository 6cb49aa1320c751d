//! The catalog: which scenes there are, and what they look like before they are
//! bought.

mod classic;
mod clouds;
mod coverage;
mod ground;
mod mosaic;
mod quicklook;
mod scene;
mod scenes;
mod search;
mod stac;
mod timeline;
mod view;

use std::cmp::Ordering;

use serde_json::Value;

pub use clouds::{AoiCloud, AoiClouds};
pub use coverage::{Coverage, CoveragePart};
pub use mosaic::{Mosaic, MosaicCost, MosaicOptions, MosaicPart};
pub use quicklook::{Quicklook, QuicklookOutcome, Quicklooks};
pub use scene::Scene;
pub use scenes::Scenes;
pub use search::{Search, SortBy};
pub use timeline::{Timeline, TimelinePeriod};

use crate::client::{Client, Who, items};
use crate::error::{Context, Error, Result};
use crate::geo::{Aoi, covered_percent, touches};
use crate::transport::{Page, Request, collect_pages};

/// The catalog of a [`Client`]: today's STAC API for an account, the classic
/// search for a project's login.
#[derive(Clone, Debug)]
pub struct Catalog {
    client: Client,
}

impl Client {
    /// The catalog to search.
    #[doc(alias = "initialize_catalog")]
    pub fn catalog(&self) -> Catalog {
        Catalog { client: self.clone() }
    }
}

impl Catalog {
    /// Searches the catalog, following pages to the search's limit.
    ///
    /// A scene that touches only the box around the area is left out. The same
    /// search gives the same scenes in the same order.
    ///
    /// ```
    /// # use up42::{Aoi, Client, Search};
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
    /// check before it is asked, refuses a filter;
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) when a page is not one.
    pub fn search(&self, search: impl Into<Search>) -> Result<Scenes> {
        let search = search.into();
        search.check()?;
        let found = match self.client.who() {
            Who::Account(_) => self.search_stac(&search),
            Who::Project => self.search_classic(&search),
        };
        let (mut scenes, more) = found.context("search the catalog")?;
        scenes.sort_by(|a, b| order(a, b, search.sort_by));
        Ok(Scenes::new(scenes, more))
    }

    fn search_stac(&self, search: &Search) -> Result<(Vec<Scene>, bool)> {
        let first = stac::Stac::open(&self.client)?.request(search)?;
        collect_pages(first, search.limit, |request| {
            let page = read_page(self.client.json(request.clone())?, |link| stac::follow(link, &request))?;
            Ok(scenes_of(page, &request.url, &search.aoi))
        })
    }

    fn search_classic(&self, search: &Search) -> Result<(Vec<Scene>, bool)> {
        let first = classic::request(&self.client, search)?;
        collect_pages(first, search.limit, |request| {
            let page = read_page(self.client.json(request.clone())?, |link| classic::follow(link, &request))?;
            Ok(scenes_of(page, &request.url, &search.aoi))
        })
    }
}

/// Reads a page: its features, and the request for the next one, as the catalog's `next`
/// link says. An empty page is the last.
fn read_page(mut json: Value, follow: impl Fn(&Value) -> Result<Request>) -> Result<Page<Value, Request>> {
    let mut read = || {
        let features = json.get_mut("features").map(Value::take).unwrap_or_default();
        let features = items(features, "features")?;
        let links = json.get("links").and_then(Value::as_array);
        let next = links.into_iter().flatten().find(|link| link.get("rel").is_some_and(|rel| rel == "next"));
        let next = next.filter(|_| !features.is_empty()).map(&follow).transpose()?;
        Ok::<_, Error>(Page { items: features, next })
    };
    read().context("read the page of scenes")
}

/// The scenes of a page that touch the area.
fn scenes_of(page: Page<Value, Request>, url: &str, aoi: &Aoi) -> Page<Scene, Request> {
    let scenes = page.items.iter().filter_map(|item| measure(Scene::read(item, url)?, aoi));
    Page { items: scenes.collect(), next: page.next }
}

/// Says how much of the area a scene covers; `None` where it lies outside. A scene
/// without a footprint stays: the server says that it matches.
fn measure(mut scene: Scene, aoi: &Aoi) -> Option<Scene> {
    let Some(footprint) = &scene.footprint else { return Some(scene) };
    let touches = touches(aoi.geometry(), footprint);
    scene.aoi_coverage = covered_percent(aoi.geometry(), footprint);
    touches.then_some(scene)
}

/// The order asked for; scenes without the figure last, equal ones by id.
fn order(a: &Scene, b: &Scene, by: SortBy) -> Ordering {
    let time = |scene: &Scene| scene.datetime.map(|at| at.as_millisecond());
    let known_first = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let ordered = match by {
        SortBy::CloudCover => known_first(a.cloud_cover, b.cloud_cover),
        SortBy::Oldest => known_first(time(a).map(|ms| ms as f64), time(b).map(|ms| ms as f64)),
        SortBy::Newest => known_first(time(a).map(|ms| -ms as f64), time(b).map(|ms| -ms as f64)),
    };
    ordered.then_with(|| a.id.cmp(&b.id))
}
