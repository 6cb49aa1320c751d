use std::fmt;

use geo::MultiPolygon;
use polars::prelude::DataFrame;

use crate::catalog::{Scene, Scenes};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_view::Aoi;

/// Scenes that cover an area together, each with its part of the area.
///
/// The best choice is defined as follows. First, as much of the area is covered as possible: all
/// that the scenes can cover, or [`min_coverage`](crate::catalog::MosaicOptions::min_coverage),
/// within [`tolerance`](crate::catalog::MosaicOptions::tolerance). Among the choices that do so, it
/// is the one with the smallest optimization cost, which is the sum of
///
/// - 1 for each scene ([`scene_cost`](crate::catalog::MosaicOptions::scene_cost)),
/// - 0.1 for each % of the area under cloud
///   ([`cloud_cost`](crate::catalog::MosaicOptions::cloud_cost)): every place is taken from the
///   clearest scene over it, and counts as cloudy as that scene as a whole. A scene without a value
///   counts as half cloudy,
/// - 0.01 for each day between the first and the last scene
///   ([`day_cost`](crate::catalog::MosaicOptions::day_cost)),
/// - 1 for each scene of the average price, if prices are set
///   ([`price_cost`](crate::catalog::MosaicOptions::price_cost)).
///
/// The result is [proven](Self::is_proven) to be the best of all choices, unless that is too much
/// work; then it is a good choice, which covers as much. The same scenes give the same mosaic.
#[derive(Clone)]
pub struct Mosaic {
    pub(super) aoi: Aoi,
    pub(super) parts: Vec<MosaicPart>,
    pub(super) uncovered: Option<Aoi>,
    pub(super) cost: MosaicCost,
    pub(super) is_proven: bool,
    pub(super) considered: usize,
    /// Catalog and search that the scenes come from.
    pub(super) origin: Vec<(String, String)>,
}

/// Scene of a mosaic, and the part of the area that is taken from it.
#[derive(Clone)]
#[non_exhaustive]
pub struct MosaicPart {
    /// Scene that the part is taken from.
    pub scene: Scene,
    /// Part of the area that this scene covers, and no clearer one of the mosaic.
    pub geometry: MultiPolygon,
    /// Size of the part, in km².
    pub km2: f64,
    /// Size of the part, in % of the area.
    pub percent: f64,
    /// Cloud cover that was used, in %.
    pub cloud_cover: f64,
    /// Price from [`MosaicOptions::prices`](crate::catalog::MosaicOptions::prices), in credits.
    pub price: Option<f64>,
}

/// Optimization cost of a mosaic, not in credits; see [`Mosaic`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MosaicCost {
    /// Cost of the number of scenes.
    pub scenes: f64,
    /// Cost of the share of the area under cloud.
    pub clouds: f64,
    /// Cost of the days between the first and the last scene.
    pub days: f64,
    /// Cost of the prices.
    pub prices: f64,
}

impl MosaicCost {
    /// Returns the sum, which the mosaic minimizes.
    pub fn total(&self) -> f64 {
        self.scenes + self.clouds + self.days + self.prices
    }
}

impl Mosaic {
    /// Returns the scenes, the clearest first, which is on top.
    pub fn scenes(&self) -> Scenes {
        let scenes = self.parts.iter().map(|part| part.scene.clone()).collect();
        Scenes::new(scenes, false).with_origin(self.origin.clone())
    }

    /// Returns the scenes with their parts of the area, the clearest first, which is on top.
    pub fn parts(&self) -> &[MosaicPart] {
        &self.parts
    }

    /// Returns the covered share of the area, in %.
    pub fn percent(&self) -> f64 {
        self.parts.iter().map(|part| part.percent).sum::<f64>().min(100.0)
    }

    /// Returns the share of the covered area under cloud, in %, by the values of the scenes.
    pub fn cloud_cover(&self) -> f64 {
        let cloudy: f64 = self.parts.iter().map(|part| part.percent * part.cloud_cover).sum();
        cloudy / self.parts.iter().map(|part| part.percent).sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// Returns the part of the area that no scene of the mosaic covers, to search again with;
    /// `None` if all is covered except slivers of less than a millionth of the area each.
    pub fn uncovered(&self) -> Option<&Aoi> {
        self.uncovered.as_ref()
    }

    /// Returns the optimization cost.
    pub fn cost(&self) -> MosaicCost {
        self.cost
    }

    /// Returns the sum of the prices that were set, in credits; `None` if the price of a scene is
    /// unknown.
    pub fn price(&self) -> Option<f64> {
        self.parts.iter().map(|part| part.price).sum()
    }

    /// Returns whether no other choice of scenes is better. Always `false` if there are more than
    /// 128 scenes, more than 64 that no other scene can replace, or more than 20,000 cells of
    /// ground with different scenes: then only the most promising scenes are compared.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Returns the scenes as a Polars DataFrame, one row each; [`Scenes::select`] returns the
    /// scenes of its ids.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `id` | String | | never null |
    /// | `collection` | String | | missing |
    /// | `datetime` | Datetime(ms) | UTC | unknown |
    /// | `cloud_cover` | Float64 | % that was used | never null |
    /// | `km2` | Float64 | km² of the area that are taken from the scene | never null |
    /// | `percent` | Float64 | % of the area | never null |
    /// | `price` | Float64 | credits | not set |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
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
