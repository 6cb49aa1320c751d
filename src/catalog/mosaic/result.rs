use std::fmt;

use geo::MultiPolygon;
use polars::prelude::DataFrame;

use crate::catalog::{Scene, Scenes};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_view::Aoi;

/// Scenes that cover an area together, each with the part that is taken from it.
///
/// What is best is stated. First, the most of the area is covered: all that the scenes can
/// cover, or [`min_coverage`](crate::catalog::MosaicOptions::min_coverage), give or take
/// [`tolerance`](crate::catalog::MosaicOptions::tolerance). Of the choices that do, it is the one with
/// the smallest cost, which is the sum of
///
/// - 1 for each scene ([`scene_cost`](crate::catalog::MosaicOptions::scene_cost)),
/// - 0.1 for each % of the area under cloud
///   ([`cloud_cost`](crate::catalog::MosaicOptions::cloud_cost)): every place is taken from the
///   clearest scene over it, and counts as cloudy as that scene is on the whole. A scene
///   without a figure counts as half cloudy,
/// - 0.01 for each day between the first and the last scene
///   ([`day_cost`](crate::catalog::MosaicOptions::day_cost)),
/// - 1 for each scene of the average price, when prices are given
///   ([`price_cost`](crate::catalog::MosaicOptions::price_cost)).
///
/// All choices are weighed, so that the result is [proven](Self::is_proven) where that is
/// not too much work; otherwise it is a good choice, which covers as much. The same scenes
/// give the same mosaic.
#[derive(Clone)]
pub struct Mosaic {
    pub(super) aoi: Aoi,
    pub(super) parts: Vec<MosaicPart>,
    pub(super) uncovered: Option<Aoi>,
    pub(super) cost: MosaicCost,
    pub(super) is_proven: bool,
    pub(super) considered: usize,
    /// Where the scenes come from.
    pub(super) origin: Vec<(String, String)>,
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

impl Mosaic {
    /// The scenes, the clearest first: it lies on top.
    pub fn scenes(&self) -> Scenes {
        let scenes = self.parts.iter().map(|part| part.scene.clone()).collect();
        Scenes::new(scenes, false).with_origin(self.origin.clone())
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
    /// `None` when all is covered but for slivers of less than a millionth of the area each.
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
