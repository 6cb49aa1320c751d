use std::collections::HashMap;

use up42_core::error::{Error, Result};

/// What a mosaic is to be, beyond covering the area.
///
/// ```
/// # use up42::catalog::MosaicOptions;
/// let options = MosaicOptions::new().max_cloud_cover(30.0).min_coverage(95.0).prices([("a", 120.0)]);
/// assert_eq!(options.scene_cost, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MosaicOptions {
    /// Only scenes with at most this cloud cover, in % of the scene; one without a figure
    /// is left out then. Unset, any will do.
    pub max_cloud_cover: Option<f64>,
    /// How much of the area has to be covered, in %; what the scenes cannot cover is not
    /// asked for. Default 100.
    pub min_coverage: f64,
    /// How much less than that is as good, in % of the area: nobody buys a scene for a
    /// sliver. Default 0.01.
    pub tolerance: f64,
    /// At most so many scenes. Unset, as many as it takes.
    pub max_scenes: Option<usize>,
    /// What a scene costs, whichever it is. The other costs are measured by it. Default 1.
    pub scene_cost: f64,
    /// What 1 % of the area under cloud costs. Default 0.1: a scene is added when it takes
    /// away the clouds of a tenth of the area.
    pub cloud_cost: f64,
    /// What a day between the first and the last scene costs. Default 0.01: a scene is
    /// added when the rest is a hundred days closer together.
    pub day_cost: f64,
    /// What a scene of the average price costs on top. Default 1. Counts only with
    /// [`prices`](Self::prices).
    pub price_cost: f64,
    /// The price of scenes by their ids, in credits. A scene that is not named is taken to
    /// have the average price.
    pub prices: HashMap<String, f64>,
    /// The cloud cover of scenes by their ids, in %, where it is better known than from the
    /// catalog: over the area alone, for instance.
    pub clouds: HashMap<String, f64>,
}

impl Default for MosaicOptions {
    fn default() -> Self {
        Self {
            max_cloud_cover: None,
            min_coverage: 100.0,
            tolerance: 0.01,
            max_scenes: None,
            scene_cost: 1.0,
            cloud_cost: 0.1,
            day_cost: 0.01,
            price_cost: 1.0,
            prices: HashMap::new(),
            clouds: HashMap::new(),
        }
    }
}

impl MosaicOptions {
    /// The options with their defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only scenes with at most this cloud cover, in %.
    pub fn max_cloud_cover(mut self, percent: f64) -> Self {
        self.max_cloud_cover = Some(percent);
        self
    }

    /// How much of the area has to be covered, in %.
    pub fn min_coverage(mut self, percent: f64) -> Self {
        self.min_coverage = percent;
        self
    }

    /// How much less than that is as good, in % of the area.
    pub fn tolerance(mut self, percent: f64) -> Self {
        self.tolerance = percent;
        self
    }

    /// At most so many scenes: they cover as much as so many can.
    pub fn max_scenes(mut self, scenes: usize) -> Self {
        self.max_scenes = Some(scenes);
        self
    }

    /// What costs how much: a scene, 1 % of cloud, a day, an average price.
    pub fn costs(mut self, scene: f64, cloud: f64, day: f64, price: f64) -> Self {
        (self.scene_cost, self.cloud_cost, self.day_cost, self.price_cost) = (scene, cloud, day, price);
        self
    }

    /// The price of scenes by their ids, in credits.
    pub fn prices(mut self, prices: impl IntoIterator<Item = (impl Into<String>, f64)>) -> Self {
        self.prices = prices.into_iter().map(|(id, credits)| (id.into(), credits)).collect();
        self
    }

    /// The cloud cover of scenes by their ids, in %, instead of the catalog's.
    pub fn clouds(mut self, clouds: impl IntoIterator<Item = (impl Into<String>, f64)>) -> Self {
        self.clouds = clouds.into_iter().map(|(id, percent)| (id.into(), percent)).collect();
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        let percents = [
            ("max_cloud_cover", self.max_cloud_cover.unwrap_or(0.0)),
            ("min_coverage", self.min_coverage),
            ("tolerance", self.tolerance),
        ];
        for (name, percent) in percents {
            if !(0.0..=100.0).contains(&percent) {
                return Err(Error::invalid(format!("{name} `{percent}` is not between 0 and 100 %")));
            }
        }
        let costs = [
            ("scene_cost", self.scene_cost),
            ("cloud_cost", self.cloud_cost),
            ("day_cost", self.day_cost),
            ("price_cost", self.price_cost),
        ];
        let is_cost = |value: f64| value.is_finite() && value >= 0.0;
        if let Some((name, value)) = costs.into_iter().find(|(_, value)| !is_cost(*value)) {
            return Err(Error::invalid(format!("{name} `{value}` is no cost: give 0 or more")));
        }
        if let Some((id, price)) = least(&self.prices, |price| !is_cost(price)) {
            return Err(Error::invalid(format!("the price `{price}` of `{id}` is none: give 0 or more")));
        }
        if let Some((id, percent)) = least(&self.clouds, |percent| !(0.0..=100.0).contains(&percent)) {
            return Err(Error::invalid(format!("the cloud cover `{percent}` of `{id}` is not 0 to 100 %")));
        }
        match self.max_scenes {
            Some(0) => Err(Error::invalid("max_scenes 0 covers nothing: allow at least 1")),
            _ => Ok(()),
        }
    }
}

impl From<&MosaicOptions> for MosaicOptions {
    fn from(options: &MosaicOptions) -> Self {
        options.clone()
    }
}

/// The first wrong entry by its id, so that the same options give the same error.
fn least(map: &HashMap<String, f64>, is_wrong: impl Fn(f64) -> bool) -> Option<(&String, &f64)> {
    map.iter().filter(|(_, value)| is_wrong(**value)).min_by_key(|(id, _)| *id)
}
