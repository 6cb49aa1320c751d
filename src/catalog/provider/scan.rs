//! Looking through a catalog: pages, until there are enough scenes that match.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::paging::{Follow, read_page};
use crate::catalog::search::order;
use crate::catalog::{Scene, Search};
use crate::client::Client;
use crate::error::{Context, Result};
use crate::geo::{Aoi, covered_percent, touches};
use crate::parallel::in_parallel;
use crate::transport::{Page, Request, collect_pages};

/// Where a catalog cannot filter or sort by itself, so many scenes are looked at beyond the
/// limit of the search, and no more: some catalogs have millions.
pub(super) const LOOKED_AT: usize = 5_000;
/// Chains of pages that are followed at a time.
const AT_ONCE: usize = 8;

/// How a catalog is asked for the scenes of a search.
#[derive(Debug)]
pub(super) struct Plan {
    /// The first request of each chain of pages.
    pub(super) first: Vec<Request>,
    pub(super) follow: Follow,
    /// Whether the server leaves out everything that is not asked for.
    pub(super) filters: bool,
    /// Whether the server sorts as the search wants it.
    pub(super) sorts: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Found {
    /// In the order of the search, at most its limit.
    pub(in crate::catalog) scenes: Vec<Scene>,
    /// The catalog has more of them.
    pub(in crate::catalog) more: bool,
    /// So many scenes were looked at and there are others: where the server does not
    /// filter or sort, they might have been better.
    pub(in crate::catalog) stopped_after: Option<usize>,
}

impl Plan {
    /// Follows the pages of every chain, and brings their scenes together.
    ///
    /// The server that sorts gives the first scenes first, and the limit ends the search.
    /// Of the one that does not, everything is looked at up to [`LOOKED_AT`], and the best
    /// are kept.
    pub(super) fn run(&self, client: &Client, search: &Search) -> Result<Found> {
        let looked_at = AtomicUsize::new(0);
        let chains = in_parallel(&self.first, AT_ONCE, |first| self.chain(client, search, first, &looked_at));
        let mut found = Found::default();
        for chain in chains {
            let (scenes, more, stopped) = chain?;
            found.scenes.extend(scenes);
            found.more |= more;
            if stopped {
                found.stopped_after = Some(looked_at.load(Ordering::Relaxed));
            }
        }
        let mut seen = HashSet::new();
        found.scenes.retain(|scene| seen.insert((scene.collection.clone(), scene.id.clone())));
        found.scenes.sort_by(|a, b| order(a, b, search.order()));
        found.more |= found.scenes.len() > search.limit;
        found.scenes.truncate(search.limit);
        Ok(found)
    }

    /// The matching scenes of one chain of pages, whether it has more, and whether it was
    /// left for having looked at enough.
    fn chain(
        &self,
        client: &Client,
        search: &Search,
        first: &Request,
        all: &AtomicUsize,
    ) -> Result<(Vec<Scene>, bool, bool)> {
        let wanted = match (self.sorts, self.filters) {
            (true, true) => search.limit,
            // One more tells whether there are more that match.
            (true, false) => search.limit.saturating_add(1),
            (false, _) => usize::MAX,
        };
        let conditions = search.conditions();
        let (mut looked_at, mut stopped) = (0, false);
        // Pages that shift while they are read show a scene twice: it counts once.
        let mut seen = HashSet::new();
        let (scenes, more) = collect_pages(first.clone(), wanted, |request| {
            let answer = client.json(request.clone())?;
            let Page { items, mut next } =
                read_page(answer, "features", &request, self.follow).context("read the page of scenes")?;
            looked_at += items.len();
            all.fetch_add(items.len(), Ordering::Relaxed);
            if next.is_some() && looked_at >= search.limit.saturating_add(LOOKED_AT) {
                (next, stopped) = (None, true);
            }
            let scenes = items.iter().filter_map(|item| {
                let scene = Scene::read(item, &request.url);
                let is_wanted = search.takes(&scene, &conditions)
                    && seen.insert((scene.collection.clone(), scene.id.clone()));
                match (is_wanted, search.is_anywhere()) {
                    (true, true) => Some(scene),
                    (true, false) => measure(scene, &search.aoi),
                    (false, _) => None,
                }
            });
            Ok(Page { items: scenes.collect(), next })
        })?;
        Ok((scenes, more || stopped, stopped))
    }
}

/// Says how much of the area a scene covers; `None` where it lies outside. A scene
/// without a footprint stays: the server says that it matches.
pub(super) fn measure(mut scene: Scene, aoi: &Aoi) -> Option<Scene> {
    let Some(footprint) = &scene.footprint else { return Some(scene) };
    let touches = touches(aoi.geometry(), footprint);
    scene.aoi_coverage = covered_percent(aoi.geometry(), footprint);
    touches.then_some(scene)
}
