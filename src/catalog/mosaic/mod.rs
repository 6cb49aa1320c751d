//! The smallest, clearest, cheapest set of scenes that covers an area.

mod options;
mod pool;
mod problem;
mod search;
mod view;

use std::fmt;

use geo::{BooleanOps, MultiPolygon};
use polars::prelude::DataFrame;

pub use options::MosaicOptions;

use self::pool::{Pool, Task};
use self::problem::{Candidate, span};
use super::coverage::rest;
use super::{Scene, Scenes};
use crate::error::{Context, Error, Result};
use crate::frame::Frame;
use crate::geo::{Aoi, area_km2};

/// What a scene without a figure is taken to have, in %.
const UNKNOWN_CLOUD: f64 = 50.0;

/// Scenes that cover an area together, each with the part that is taken from it.
///
/// What is best is stated: first, the most of the area is covered (all that the scenes can
/// cover, or [`MosaicOptions::min_coverage`], give or take [`MosaicOptions::tolerance`]).
/// Among the choices that do, it is the one with the smallest cost, which is the sum of
///
/// - 1 for each scene ([`MosaicOptions::scene_cost`]),
/// - 0.1 for each % of the area under cloud ([`MosaicOptions::cloud_cost`]): every place is
///   taken from the clearest scene over it, and counts as cloudy as that scene is on the
///   whole. A scene without a figure counts as half cloudy,
/// - 0.01 for each day between the first and the last scene ([`MosaicOptions::day_cost`]),
/// - 1 for each scene of the average price, when prices are given
///   ([`MosaicOptions::price_cost`]).
///
/// All choices are weighed, so that the result is [proven](Self::is_proven) where that is
/// not too much work; otherwise it is a good choice, which covers as much.
#[derive(Clone)]
pub struct Mosaic {
    aoi: Aoi,
    parts: Vec<MosaicPart>,
    uncovered: Option<Aoi>,
    cost: MosaicCost,
    is_proven: bool,
    considered: usize,
}

/// A scene of a mosaic and the part of the area that is taken from it.
#[derive(Clone)]
#[non_exhaustive]
pub struct MosaicPart {
    /// The scene.
    pub scene: Scene,
    /// The part of the area: where the scene lies, and none that is clearer.
    pub geometry: MultiPolygon,
    /// Size of the part, in km².
    pub km2: f64,
    /// Size of the part, in % of the area.
    pub percent: f64,
    /// The cloud cover that was counted, in %.
    pub cloud_cover: f64,
    /// The price that was given, in credits.
    pub price: Option<f64>,
}

/// What a mosaic costs, in scenes: see [`Mosaic`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MosaicCost {
    /// For the number of scenes.
    pub scenes: f64,
    /// For the share of the area under cloud.
    pub clouds: f64,
    /// For the days between the first and the last scene.
    pub days: f64,
    /// For the prices.
    pub prices: f64,
}

impl MosaicCost {
    /// The sum, which is as small as it can be.
    pub fn total(&self) -> f64 {
        self.scenes + self.clouds + self.days + self.prices
    }
}

impl Scenes {
    /// The smallest, clearest set of these scenes that covers the area: see [`Mosaic`].
    ///
    /// ```
    /// # use up42::{Aoi, Client, Search};
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when none of the scenes
    /// lies over the area.
    pub fn mosaic(&self, aoi: &Aoi) -> Result<Mosaic> {
        self.mosaic_with(aoi, MosaicOptions::default())
    }

    /// [`mosaic`](Self::mosaic) with other limits, costs or prices.
    ///
    /// ```
    /// # use up42::{Aoi, Client, MosaicOptions, Search};
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when none of the scenes
    /// that are allowed lies over the area, or when an option is out of its range.
    pub fn mosaic_with(&self, aoi: &Aoi, options: impl Into<MosaicOptions>) -> Result<Mosaic> {
        let options = options.into();
        options.check().context("mosaic")?;
        let allowed = |scene: &&Scene| match (options.max_cloud_cover, options.cloud(scene)) {
            (Some(most), percent) => percent.is_some_and(|percent| percent <= most),
            (None, _) => true,
        };
        let placed = self.iter().filter(allowed).filter_map(|scene| Some((scene, scene.ground()?)));
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
        let pool = Pool::new(task, aoi.geometry(), &grounds, &candidates).ok_or_else(|| {
            let told = format!(
                "none of {} scenes lies over the area and is clear enough: search a longer time, or allow more cloud",
                self.len()
            );
            Error::invalid(told).context("mosaic")
        })?;
        let choice = search::best(&pool.problem);
        let mut chosen: Vec<usize> = pool
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
            is_proven: choice.is_proven && !pool.is_thinned,
            considered: scenes.len(),
        })
    }
}

impl MosaicOptions {
    /// The cloud cover to go by, in %.
    fn cloud(&self, scene: &Scene) -> Option<f64> {
        let better = self.clouds.get(&scene.id).copied();
        better.or(scene.cloud_cover.map(|percent| percent.clamp(0.0, 100.0)))
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

impl Mosaic {
    /// The scenes, the clearest first: it lies on top.
    pub fn scenes(&self) -> Scenes {
        Scenes::new(self.parts.iter().map(|part| part.scene.clone()).collect(), false)
    }

    /// The scenes with their parts of the area, the clearest first: it lies on top.
    pub fn parts(&self) -> &[MosaicPart] {
        &self.parts
    }

    /// How much of the area is covered, in %.
    pub fn percent(&self) -> f64 {
        self.parts.iter().map(|part| part.percent).sum::<f64>().min(100.0)
    }

    /// How much of what is covered is under cloud, in %, as the scenes' figures say.
    pub fn cloud_cover(&self) -> f64 {
        let cloudy: f64 = self.parts.iter().map(|part| part.percent * part.cloud_cover).sum();
        cloudy / self.parts.iter().map(|part| part.percent).sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// The part of the area that no scene of the mosaic covers, to search again with;
    /// `None` when all is covered but for slivers of less than a millionth of the area.
    pub fn uncovered(&self) -> Option<&Aoi> {
        self.uncovered.as_ref()
    }

    /// What it costs.
    pub fn cost(&self) -> MosaicCost {
        self.cost
    }

    /// The sum of the prices that were given, in credits; `None` when that of a scene is
    /// not known.
    pub fn price(&self) -> Option<f64> {
        self.parts.iter().map(|part| part.price).sum()
    }

    /// Whether no other choice of scenes is better. Of more than 64 scenes of which none can
    /// stand in for another, the most promising are weighed, and this is `false`.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// The scenes as a Polars DataFrame, a row each; the ids lead back through
    /// [`Scenes::select`].
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `id` | String | | never null |
    /// | `collection` | String | | not said |
    /// | `datetime` | Datetime(ms) | UTC | not known |
    /// | `cloud_cover` | Float64 | % that were counted | never null |
    /// | `km2` | Float64 | km² of the area that are taken from the scene | never null |
    /// | `percent` | Float64 | % of the area | never null |
    /// | `price` | Float64 | credits | not given |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.parts)
            .text("id", |part| Some(&part.scene.id))
            .text("collection", |part| part.scene.collection.as_deref())
            .instant("datetime", |part| part.scene.datetime)?
            .number("cloud_cover", |part| Some(part.cloud_cover))
            .number("km2", |part| Some(part.km2))
            .number("percent", |part| Some(part.percent))
            .number("price", |part| part.price)
            .finish()
            .context("mosaic to a DataFrame")
    }
}

impl fmt::Debug for Mosaic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proven = if self.is_proven { "the best choice" } else { "not proven to be the best" };
        write!(
            f,
            "{} of {} scenes cover {:.1} %, {:.1} % of it under cloud: {proven}",
            self.parts.len(),
            self.considered,
            self.percent(),
            self.cloud_cover()
        )
    }
}

impl fmt::Debug for MosaicPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:.1} km², {:.1} %", self.scene, self.km2, self.percent)
    }
}
