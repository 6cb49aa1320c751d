use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use geo_types::MultiPolygon;
use serde_json::{Map, Value};

use super::OrderItem;
use super::item::{DISPLAY_NAME, NAME};
use crate::batch::is_own_tag;
use crate::catalog::Scene;
use crate::products::DataProduct;
use up42_core::error::{Context, Error, Result};
use up42_core::geo::touches;
use up42_core::sanitize::sanitize;
use up42_view::Aoi;
use up42_view::elements::counted;

/// Largest number of tags that a user may set: the platform allows 30, of which this library needs
/// one (`docs/up42-api.md`, 10.2 a).
const TAGS: usize = 29;

/// Plan of orders: scenes or a task for a satellite, areas, and a data product. A plan sends no
/// order: [`estimate`](Self::estimate) returns its price, and [`place`](Self::place) buys.
///
/// There is one order for each pair of a scene and a feature of the area that overlap.
#[derive(Clone)]
#[doc(alias = "BatchOrderTemplate")]
#[doc(alias = "OrderTemplate")]
pub struct OrderPlan {
    pub(super) product: DataProduct,
    scenes: Vec<Scene>,
    /// Part of the area for each scene of a mosaic.
    parts: Option<Vec<MultiPolygon>>,
    aoi: Option<Aoi>,
    name: Option<String>,
    tags: Vec<String>,
    pub(super) budget_id: Option<String>,
    params: Map<String, Value>,
    pub(super) at_most: Option<i64>,
    pub(super) lost_job_timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
}

impl OrderPlan {
    pub(super) fn new(product: &DataProduct, scenes: Vec<Scene>) -> Self {
        Self {
            product: product.clone(),
            scenes,
            parts: None,
            aoi: None,
            name: None,
            tags: Vec::new(),
            budget_id: None,
            params: Map::new(),
            at_most: None,
            lost_job_timeout: None,
            deadline: None,
        }
    }

    /// Sets a separate part of the area for each scene.
    pub(super) fn of_parts(mut self, parts: Vec<MultiPolygon>) -> Self {
        self.parts = Some(parts);
        self
    }

    /// Sets the area to buy: one order for each of its features that a scene overlaps.
    pub fn aoi(mut self, aoi: impl Into<Aoi>) -> Self {
        self.aoi = Some(aoi.into());
        self
    }

    /// Sets the name of the orders; by default the data product's name. Another name makes other
    /// orders: see [`place`](Self::place).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the tags of the orders and of the items that they deliver.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the budget of the account that pays for the orders, by its id.
    pub fn budget_id(mut self, id: impl Into<String>) -> Self {
        self.budget_id = Some(id.into());
        self
    }

    /// Sets a parameter of the data product; [`DataProduct::parameters`] lists them.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Sets the spending limit, in credits: nothing is placed if the orders may cost more together,
    /// or if one has no price.
    pub fn max_credits(mut self, credits: i64) -> Self {
        self.at_most = Some(credits);
        self
    }

    /// Sets the time until a lost order (without a response, and in no list of the platform) counts
    /// as never created and is sent again: see [`Batch::lost_job_timeout`](crate::batch::Batch::lost_job_timeout).
    pub fn lost_job_timeout(mut self, time: Duration) -> Self {
        self.lost_job_timeout = Some(time);
        self
    }

    /// Sets the longest time that [`place`](Self::place) waits. Lost orders are then
    /// [`OrderPlacement::Lost`](crate::orders::OrderPlacement::Lost); placing the plan again
    /// resumes it.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    pub(crate) fn product(&self) -> &DataProduct {
        &self.product
    }

    /// Returns the text that the name of each order contains.
    pub(crate) fn title(&self) -> String {
        let whole = || format!("{}/{}", self.product.collection, self.product.name);
        self.name.clone().unwrap_or_else(whole)
    }

    /// Returns the orders as they would be placed. The parameters are checked against the data
    /// product's schema.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for input that the platform
    /// would refuse, which the error names: a parameter, a scene of another collection, or a scene
    /// that overlaps no part of the area.
    pub fn items(&self) -> Result<Vec<OrderItem>> {
        self.each().with_context(|| format!("order `{}`", sanitize(&self.title(), 200)))
    }

    fn each(&self) -> Result<Vec<OrderItem>> {
        if self.tags.len() > TAGS {
            return Err(Error::invalid(format!(
                "{} tags are too many: {TAGS} are the most",
                self.tags.len()
            )));
        }
        if let Some(own) = self.tags.iter().find(|tag| is_own_tag(tag)) {
            return Err(Error::invalid(format!(
                "tag `{}` is reserved: this library finds orders by it: leave it out",
                sanitize(own, 80)
            )));
        }
        if self.title().trim().is_empty() {
            return Err(Error::invalid("the name is empty: leave it out, or give one by `.name(…)`"));
        }
        let product = self.product.with_schema()?;
        let places = self.places(&product)?;
        let mut params = self.params.clone();
        if product.takes_name() {
            let name: String = self.title().chars().take(NAME).collect();
            params.entry(DISPLAY_NAME).or_insert(name.into());
        }
        let mut seen = HashSet::new();
        let mut list = Vec::with_capacity(places.len());
        for (scene, area, label) in places {
            let mut params = params.clone();
            if let Some(scene) = scene.filter(|_| product.takes_scene()) {
                params.insert("id".into(), scene.id.as_str().into());
            }
            let item = OrderItem {
                product_id: product.id.clone(),
                scene_id: scene.map(|scene| scene.id.clone()),
                area,
                params: product.checked_params(&params)?,
                budget_id: self.budget_id.clone(),
                tags: self.tags.clone(),
                label,
            };
            if !seen.insert(item.key()) {
                return Err(Error::invalid(format!(
                    "`{}` is in it twice: each scene and area is ordered once",
                    sanitize(&item.label, 200)
                )));
            }
            list.push(item);
        }
        Ok(list)
    }

    /// Returns each scene with an area that it overlaps, and a label for the pair.
    fn places(&self, product: &DataProduct) -> Result<Vec<(Option<&Scene>, MultiPolygon, String)>> {
        let no_area = || Error::invalid("it has no area: give one by `.aoi(&aoi)`");
        if product.is_tasking || (self.scenes.is_empty() && !product.takes_scene()) {
            if !self.scenes.is_empty() {
                return Err(Error::invalid(format!(
                    "{product} has no scenes yet: order it by `product.order()`"
                )));
            }
            let aoi = self.aoi.as_ref().ok_or_else(no_area)?;
            return Ok(labelled(aoi)
                .map(|(area, name)| (None, area, name.unwrap_or_else(|| "area".into())))
                .collect());
        }
        if self.scenes.is_empty() {
            return Err(Error::invalid(
                "it has no scenes: search for some, and order them by `scenes.order(&product)`",
            ));
        }
        if let Some(scene) = self.scenes.iter().find(|scene| !is_of(scene, product)) {
            return Err(Error::invalid(format!(
                "scene `{}` is of collection `{}`, which {product} is not of: order the scenes of each collection apart",
                sanitize(&scene.id, 80),
                sanitize(scene.collection.as_deref().unwrap_or_default(), 80),
            )));
        }
        let mut places = Vec::new();
        for (index, scene) in self.scenes.iter().enumerate() {
            let before = places.len();
            let own = self.parts.as_ref().and_then(|parts| parts.get(index));
            let lies_over =
                |area: &MultiPolygon| scene.footprint.as_ref().is_none_or(|shape| touches(area, shape));
            match (own, &self.aoi) {
                // A part of a mosaic belongs to this scene only.
                (Some(part), None) => places.push((Some(scene), part.clone(), scene.id.clone())),
                (Some(_), Some(_)) => {
                    return Err(Error::invalid("a mosaic has the areas already: leave `.aoi(…)` out"));
                }
                (None, Some(aoi)) => {
                    let over = labelled(aoi).filter(|(area, _)| lies_over(area));
                    places.extend(over.map(|(area, name)| {
                        let label =
                            name.map_or_else(|| scene.id.clone(), |name| format!("{}, {name}", scene.id));
                        (Some(scene), area, label)
                    }));
                }
                (None, None) => return Err(no_area()),
            }
            if places.len() == before {
                return Err(Error::invalid(format!(
                    "scene `{}` lies over no part of the area: leave it out by `scenes.select_ids([…])`",
                    sanitize(&scene.id, 80)
                )));
            }
        }
        Ok(places)
    }
}

/// Returns the features of an area, with names if there are several.
fn labelled(aoi: &Aoi) -> impl Iterator<Item = (MultiPolygon, Option<String>)> {
    let is_one = aoi.features().len() == 1;
    aoi.features().iter().enumerate().map(move |(index, feature)| {
        let name = || feature.name.clone().unwrap_or_else(|| format!("feature {}", index + 1));
        (feature.geometry.clone(), (!is_one).then(name))
    })
}

/// Returns whether the scene belongs to the product's collection in the catalog.
fn is_of(scene: &Scene, product: &DataProduct) -> bool {
    scene.collection.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&product.collection))
}

impl fmt::Debug for OrderPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = sanitize(&self.title(), 200);
        write!(f, "OrderPlan({title}: {}, nothing is placed)", counted(self.scenes.len(), "scene"))
    }
}
