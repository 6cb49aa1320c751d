use std::collections::HashMap;

use up42_core::error::{Error, Result};

/// Requirements of a mosaic, and weights of its optimization costs.
///
/// ```
/// # use up42::catalog::MosaicOptions;
/// let options = MosaicOptions::new().max_cloud_cover(30.0).min_coverage(95.0).prices([("a", 120.0)]);
/// assert_eq!(options.scene_cost, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MosaicOptions {
    /// Largest cloud cover of a scene, in %; a scene without a value is then left out. `None`
    /// allows any cloud cover.
    pub max_cloud_cover: Option<f64>,
    /// Share of the area that has to be covered, in %, as far as the scenes can cover it (default
    /// 100).
    pub min_coverage: f64,
    /// Shortfall that counts as covered, in % of the area, so that no scene is bought for a sliver
    /// (default 0.01).
    pub tolerance: f64,
    /// Largest number of scenes; `None` for no limit.
    pub max_scenes: Option<usize>,
    /// Optimization cost of each scene, the unit of the other ones; not credits (default 1).
    pub scene_cost: f64,
    /// Optimization cost of 1 % of the area under cloud (default 0.1): a scene is added if it
    /// removes the clouds of a tenth of the area.
    pub cloud_cost: f64,
    /// Optimization cost of a day between the first and the last scene (default 0.01): a scene is
    /// added if the others are then a hundred days closer together.
    pub day_cost: f64,
    /// Additional optimization cost of a scene of the average price (default 1), if
    /// [`prices`](Self::prices) are set.
    pub price_cost: f64,
    /// Prices of scenes by id, in credits. The average price is assumed for other scenes.
    pub prices: HashMap<String, f64>,
    /// Cloud cover of scenes by id, in %, instead of the catalog's value, such as over the area
    /// only.
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
    /// Makes options with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the largest cloud cover of a scene, in %.
    pub fn max_cloud_cover(mut self, percent: f64) -> Self {
        self.max_cloud_cover = Some(percent);
        self
    }

    /// Sets the share of the area that has to be covered, in %.
    pub fn min_coverage(mut self, percent: f64) -> Self {
        self.min_coverage = percent;
        self
    }

    /// Sets the shortfall that counts as covered, in % of the area.
    pub fn tolerance(mut self, percent: f64) -> Self {
        self.tolerance = percent;
        self
    }

    /// Sets the largest number of scenes; they cover as much as that many can.
    pub fn max_scenes(mut self, scenes: usize) -> Self {
        self.max_scenes = Some(scenes);
        self
    }

    /// Sets the optimization costs of a scene, of 1 % of cloud, of a day and of an average price.
    pub fn costs(mut self, scene: f64, cloud: f64, day: f64, price: f64) -> Self {
        (self.scene_cost, self.cloud_cost, self.day_cost, self.price_cost) = (scene, cloud, day, price);
        self
    }

    /// Sets the prices of scenes by id, in credits.
    pub fn prices(mut self, prices: impl IntoIterator<Item = (impl Into<String>, f64)>) -> Self {
        self.prices = prices.into_iter().map(|(id, credits)| (id.into(), credits)).collect();
        self
    }

    /// Sets the cloud cover of scenes by id, in %, instead of the catalog's value.
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

/// Returns the first wrong entry by id, so that the same options give the same error.
fn least(map: &HashMap<String, f64>, is_wrong: impl Fn(f64) -> bool) -> Option<(&String, &f64)> {
    map.iter().filter(|(_, value)| is_wrong(**value)).min_by_key(|(id, _)| *id)
}
