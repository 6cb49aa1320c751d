//! Mosaic: the best set of scenes to cover an area, by number, cloud cover, days and prices.

mod candidates;
mod greedy;
mod options;
mod problem;
mod result;
mod search;
mod view;

use geo::{BooleanOps, MultiPolygon};

pub use options::MosaicOptions;
pub use result::{Mosaic, MosaicCost, MosaicPart};

use self::candidates::{Candidates, Task};
use self::problem::{Candidate, span};
use super::coverage::rest;
use super::{Scene, Scenes};
use up42_core::error::{Context, Error, Result};
use up42_core::geo::area_km2;
use up42_view::Aoi;

/// Cloud cover that is assumed for a scene without a value, in %.
const UNKNOWN_CLOUD: f64 = 50.0;

impl Scenes {
    /// Selects the smallest, clearest set of these scenes that covers the area; see [`Mosaic`].
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let scenes = client.catalog().search(search)?;
    /// let mosaic = scenes.mosaic(&aoi)?;
    /// assert!(mosaic.scenes().len() < scenes.len());
    /// assert!((mosaic.percent() - scenes.coverage(&aoi).percent()).abs() < 0.02);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if none of the scenes lies over
    /// the area.
    pub fn mosaic(&self, aoi: &Aoi) -> Result<Mosaic> {
        self.mosaic_with(aoi, MosaicOptions::default())
    }

    /// Selects a mosaic as [`mosaic`](Self::mosaic) does, with other limits, costs or prices.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::{MosaicOptions, Search};
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// # let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let scenes = client.catalog().search(search)?;
    /// let two = scenes.mosaic_with(&aoi, MosaicOptions::new().max_scenes(2))?;
    /// assert!(two.scenes().len() <= 2);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if none of the allowed scenes
    /// lies over the area, or if an option is out of its range.
    pub fn mosaic_with(&self, aoi: &Aoi, options: impl Into<MosaicOptions>) -> Result<Mosaic> {
        let options = options.into();
        options.check().context("mosaic")?;
        let allowed = |scene: &&Scene| match (options.max_cloud_cover, options.cloud(scene)) {
            (Some(most), percent) => percent.is_some_and(|percent| percent <= most),
            (None, _) => true,
        };
        let placed =
            self.iter().filter(allowed).filter_map(|scene| Some((scene, scene.footprint_polygons()?)));
        let (scenes, grounds): (Vec<&Scene>, Vec<MultiPolygon>) = placed.unzip();
        let candidates = options.candidates(&scenes);
        let area = aoi.area_km2();
        let task = Task {
            area,
            least: options.min_coverage / 100.0 * area,
            tolerance: options.tolerance / 100.0 * area,
            most: options.max_scenes.unwrap_or(usize::MAX),
            cloud_cost: options.cloud_cost * 100.0 / area,
            day_cost: options.day_cost,
        };
        let selection = Candidates::new(task, aoi.geometry(), &grounds, &candidates).ok_or_else(|| {
            let (clear, remedy) = match options.max_cloud_cover {
                Some(_) => (" and is clear enough", "search a longer time, or allow more cloud"),
                None => ("", "search with this area"),
            };
            Error::invalid(format!("none of {} scenes lies over the area{clear}: {remedy}", self.len()))
                .context("mosaic")
        })?;
        let choice = search::best(&selection.problem);
        let mut chosen: Vec<usize> = selection
            .index
            .iter()
            .zip(&choice.chosen)
            .filter(|(_, chosen)| **chosen)
            .map(|(nth, _)| *nth)
            .collect();
        chosen.sort_by(|a, b| candidates[*a].cloud.total_cmp(&candidates[*b].cloud).then(a.cmp(b)));
        let mut taken = MultiPolygon::new(Vec::new());
        let mut part = |nth: usize| {
            let here = grounds[nth].intersection(aoi.geometry());
            let geometry = here.difference(&taken);
            taken = taken.union(&here);
            let km2 = area_km2(&geometry);
            let scene = scenes[nth].clone();
            let price = options.prices.get(&scene.id).copied();
            let cloud_cover = candidates[nth].cloud * 100.0;
            MosaicPart { scene, geometry, km2, percent: 100.0 * km2 / area, cloud_cover, price }
        };
        let parts: Vec<MosaicPart> = chosen.iter().map(|&nth| part(nth)).collect();
        let footprints: Vec<MultiPolygon> = chosen.iter().map(|&nth| grounds[nth].clone()).collect();
        let count = chosen.len() as f64;
        let cost = MosaicCost {
            scenes: options.scene_cost * count,
            clouds: parts
                .iter()
                .map(|part| options.cloud_cost * part.percent * part.cloud_cover / 100.0)
                .sum(),
            days: options.day_cost * span(chosen.iter().filter_map(|nth| candidates[*nth].day)),
            prices: chosen.iter().map(|nth| candidates[*nth].cost - options.scene_cost).sum(),
        };
        Ok(Mosaic {
            aoi: aoi.clone(),
            parts,
            uncovered: rest(aoi, &footprints),
            cost,
            is_proven: choice.is_proven && !selection.is_thinned,
            considered: scenes.len(),
            origin: self.origin().to_vec(),
        })
    }
}

impl MosaicOptions {
    /// Returns the cloud cover to use, in %.
    fn cloud(&self, scene: &Scene) -> Option<f64> {
        let better = self.clouds.get(&scene.id).copied();
        // A value below 0, such as Landsat's -1, means unknown.
        better.or(scene.cloud_cover.filter(|percent| *percent >= 0.0).map(|percent| percent.min(100.0)))
    }

    fn candidates(&self, scenes: &[&Scene]) -> Vec<Candidate> {
        let known: Vec<f64> = scenes.iter().filter_map(|scene| self.prices.get(&scene.id).copied()).collect();
        let average = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let price = |scene: &Scene| match average > 0.0 {
            true => self.price_cost * self.prices.get(&scene.id).copied().unwrap_or(average) / average,
            false => 0.0,
        };
        let candidate = |scene: &&Scene| Candidate {
            cost: self.scene_cost + price(scene),
            cloud: self.cloud(scene).unwrap_or(UNKNOWN_CLOUD) / 100.0,
            day: scene.datetime.map(|at| at.as_millisecond() as f64 / 86_400_000.0),
        };
        scenes.iter().map(candidate).collect()
    }
}
