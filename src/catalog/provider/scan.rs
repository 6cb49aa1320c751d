//! Scan of a catalog: reads pages until enough scenes match.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::paging::{Follow, read_page};
use crate::catalog::search::{contradicts, order};
use crate::catalog::{Scene, Search};
use crate::client::Client;
use crate::transport::{Page, Request, collect_pages};
use up42_core::error::{Context, Result};
use up42_core::geo::{covered_percent, touches};
use up42_core::parallel::in_parallel;
use up42_view::Aoi;

/// Largest number of scenes beyond the limit of the search that are read if a catalog cannot filter
/// or sort by itself: some catalogs have millions.
pub(super) const MAX_EXTRA_SCENES: usize = 5_000;
/// Number of chains of pages that are read in parallel.
const CONCURRENT_REQUESTS: usize = 8;

/// Requests for the scenes of a search, and what the server does of it.
#[derive(Debug)]
pub(super) struct Plan {
    /// First request of each chain of pages.
    pub(super) first: Vec<Request>,
    pub(super) follow: Follow,
    /// Whether the server applies all criteria.
    pub(super) filters: bool,
    pub(super) sorting: Sorting,
}

/// Sorting of the scenes by the server or the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sorting {
    /// The server sorts as the search requests.
    Server,
    /// The client sorts, and reads all pages.
    Client,
    /// The client sorts, provided that one page holds all scenes.
    Unneeded,
}

/// Result of a search.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Found {
    /// Scenes in the order of the search, at most its limit.
    pub(in crate::catalog) scenes: Vec<Scene>,
    /// Whether the catalog has more matching scenes, or may have.
    pub(in crate::catalog) more: bool,
    /// Note for the user, such as that other scenes may match better.
    pub(in crate::catalog) note: Option<String>,
    /// Whether these may not be the first scenes in the order of the search: the server did not
    /// sort as requested, or no order was requested and there is more than one page.
    pub(super) is_unsorted: bool,
}

/// Matching scenes of one chain of pages.
struct Chain {
    scenes: Vec<Scene>,
    more: bool,
    end_reason: Option<EndReason>,
}

/// Reason why a chain was ended while the server had a next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndReason {
    /// Enough scenes were read.
    Enough,
    /// A page had no new scene.
    Repeated,
    /// See [`Found::is_unsorted`].
    Unsorted,
}

impl Plan {
    /// Reads the pages of every chain, and merges their scenes.
    ///
    /// If the server sorts, reading ends at the limit of the search. If not, all scenes up to
    /// [`MAX_EXTRA_SCENES`] beyond the limit are read, and the first ones in the order of the search are
    /// kept.
    pub(super) fn run(&self, client: &Client, search: &Search) -> Result<Found> {
        let looked_at = AtomicUsize::new(0);
        let chains = in_parallel(&self.first, CONCURRENT_REQUESTS, |first| {
            self.chain(client, search, first, &looked_at)
        });
        let mut found = Found::default();
        let mut end_reasons = Vec::new();
        for chain in chains {
            let chain = chain?;
            found.scenes.extend(chain.scenes);
            found.more |= chain.more;
            end_reasons.extend(chain.end_reason);
        }
        let count = looked_at.load(Ordering::Relaxed);
        found.note = end_reasons.iter().find_map(|reason| reason.note(count));
        found.is_unsorted = end_reasons.contains(&EndReason::Unsorted);
        let mut seen = HashSet::new();
        found.scenes.retain(|scene| seen.insert((scene.collection.clone(), scene.id.clone())));
        found.scenes.sort_by(|a, b| order(a, b, search.order()));
        found.more |= found.scenes.len() > search.limit;
        found.scenes.truncate(search.limit);
        Ok(found)
    }

    fn chain(&self, client: &Client, search: &Search, first: &Request, all: &AtomicUsize) -> Result<Chain> {
        let wanted = match (self.sorting, self.filters) {
            (Sorting::Server, true) => search.limit,
            // One more shows whether there are more that match.
            (Sorting::Server, false) => search.limit.saturating_add(1),
            (Sorting::Client | Sorting::Unneeded, _) => usize::MAX,
        };
        let conditions = search.conditions();
        let (mut looked_at, mut end_reason) = (0, None);
        // Pages that shift while they are read contain a scene twice: it counts once.
        let mut seen = HashSet::new();
        let mut last: Option<Scene> = None;
        let (scenes, more) = collect_pages(first.clone(), wanted, |request| {
            let (Page { items, mut next }, matched) = self.page(client, search, &request, looked_at == 0)?;
            looked_at += items.len();
            let scenes = items.iter().map(|item| Scene::read(item, &request.url));
            let is_new = |scene: &Scene| seen.insert((scene.collection.clone(), scene.id.clone()));
            let scenes: Vec<Scene> = scenes.filter(is_new).collect();
            all.fetch_add(scenes.len(), Ordering::Relaxed);
            let in_a_row: Vec<&Scene> = last.iter().chain(&scenes).collect();
            let is_unsorted = match self.sorting {
                Sorting::Server => in_a_row.windows(2).any(|two| contradicts(two[0], two[1], search.order())),
                Sorting::Unneeded => {
                    next.is_some() && matched.is_none_or(|count| count > search.limit as u64)
                }
                Sorting::Client => false,
            };
            end_reason = if is_unsorted {
                Some(EndReason::Unsorted)
            } else if scenes.is_empty() && next.as_ref().is_some_and(|next| *next != request) {
                // A request that leads to itself is a loop, which is reported as an error.
                Some(EndReason::Repeated)
            } else if next.is_some() && looked_at >= search.limit.saturating_add(MAX_EXTRA_SCENES) {
                Some(EndReason::Enough)
            } else {
                None
            };
            next = next.filter(|_| end_reason.is_none());
            last = scenes.last().cloned().or(last.take());
            let scenes = scenes.into_iter().filter(|scene| search.takes(scene, &conditions));
            let scenes = scenes.filter_map(|scene| match search.is_anywhere() {
                true => Some(scene),
                false => measure(scene, &search.aoi),
            });
            Ok(Page { items: scenes.collect(), next })
        })?;
        Ok(Chain { scenes, more: more || end_reason.is_some(), end_reason })
    }
}

impl Plan {
    /// Reads a page, and the number of matching items if the server states it.
    ///
    /// A first page that is full and has no next page may be complete, or come from a server
    /// without pages. Then a larger page is requested, unless all requested ids were found.
    fn page(
        &self,
        client: &Client,
        search: &Search,
        request: &Request,
        is_first: bool,
    ) -> Result<(Page<Value, Request>, Option<u64>)> {
        let request_page = |request: &Request| -> Result<_> {
            let answer = client.json(request.clone())?;
            let matched = matched(&answer);
            let page =
                read_page(answer, "features", request, self.follow).context("read the page of scenes")?;
            Ok((page, matched))
        };
        let (mut page, matched) = request_page(request)?;
        let count = page.items.len();
        let may_lack = is_first && page.next.is_none() && matched.is_none();
        let may_lack = may_lack && (search.ids.is_empty() || count < search.ids.len());
        if let Some(limit) = request.limit().filter(|limit| may_lack && count == *limit) {
            let larger = request.clone().with_limit(MAX_EXTRA_SCENES.max(10 * limit));
            // The server may not send as many at once: then the first page is used.
            let larger = Request { no_retry_statuses: &[500, 502, 503, 504], ..larger };
            page = request_page(&larger)
                .ok()
                .map(|(larger, _)| larger)
                .filter(|one| one.items.len() > count)
                .unwrap_or(page);
        }
        Ok((page, matched))
    }
}

impl EndReason {
    /// Returns the note for the user; `count` scenes were read.
    fn note(self, count: usize) -> Option<String> {
        match self {
            Self::Enough => Some(format!(
                "The catalog cannot do all of this search itself: {count} of its scenes were looked at, \
                 and there are others. Narrow the search to be sure."
            )),
            Self::Repeated => Some(format!(
                "After {count} scenes the catalog sent a page of the same ones again, and says that there are \
                 more: there may be others. Narrow the search to be sure."
            )),
            Self::Unsorted => None,
        }
    }
}

/// Returns the number of matching items if the server states it, as in OGC API - Features or as in
/// earlier versions of STAC API.
fn matched(page: &Value) -> Option<u64> {
    page.get("numberMatched").or_else(|| page.pointer("/context/matched"))?.as_u64()
}

/// Sets the share of the area that a scene covers; `None` if the scene lies outside. A scene
/// without a footprint is kept, since the server selected it.
pub(super) fn measure(mut scene: Scene, aoi: &Aoi) -> Option<Scene> {
    let Some(footprint) = &scene.footprint else { return Some(scene) };
    let touches = touches(aoi.geometry(), footprint);
    scene.aoi_coverage = covered_percent(aoi.geometry(), footprint);
    touches.then_some(scene)
}
