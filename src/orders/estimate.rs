use std::fmt;

use polars::prelude::DataFrame;
use serde_json::Value;

use super::item::answers;
use super::{OrderItem, OrderPlan};
use crate::client::{Client, credits};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::parallel::in_parallel;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;

/// Number of concurrent requests, and of orders in one request.
const CONCURRENT_REQUESTS: usize = 16;
const ORDERS_PER_REQUEST: usize = 50;

/// Prices of the orders of a plan. An estimate costs nothing.
#[derive(Clone)]
pub struct OrderEstimate {
    pub(super) title: String,
    pub(super) orders: Vec<EstimatedOrder>,
}

/// Price of one order.
#[derive(Clone)]
#[non_exhaustive]
pub struct EstimatedOrder {
    /// Label that distinguishes the order: scene and place.
    pub label: String,
    /// The scene's id in the catalog.
    pub scene_id: Option<String>,
    /// Size of its area, in km².
    pub area_km2: f64,
    /// Price in credits (1 credit is 0.01 EUR), or the error of the platform.
    pub credits: Result<i64>,
    /// Quantity that is billed, in `unit`.
    pub size: Option<f64>,
    /// Unit of `size`: `SQ_KM` or `SCENE`.
    pub unit: Option<String>,
}

/// Price of one order as the platform returns it.
pub(super) struct Offer {
    pub(super) credits: i64,
    size: Option<f64>,
    unit: Option<String>,
}

impl OrderPlan {
    /// Returns the price of each order and of all, without spending credits.
    ///
    /// An order that the platform would refuse is included with the error
    /// ([`OrderEstimate::failed`]).
    ///
    /// # Errors
    ///
    /// The errors of [`items`](Self::items), and the error of the first order if no order has a
    /// price.
    #[doc(alias = "estimate_order")]
    pub fn estimate(&self) -> Result<OrderEstimate> {
        let list = self.items()?;
        let context = || format!("estimate order `{}`", sanitize(&self.title(), 200));
        let offers = offers(self.product.client(), &list, &self.title());
        let orders = list.iter().zip(offers).map(|(item, offer)| {
            let (size, unit) = offer.as_ref().map_or((None, None), |offer| (offer.size, offer.unit.clone()));
            EstimatedOrder {
                label: item.label.clone(),
                scene_id: item.scene_id.clone(),
                area_km2: item.area_km2(),
                credits: offer.map(|offer| offer.credits),
                size,
                unit,
            }
        });
        let estimate = OrderEstimate { title: self.title(), orders: orders.collect() };
        if let (Some((label, error)), None) = (estimate.failed().first(), estimate.priced().next()) {
            return Err(error.clone().context(format!("`{}`", sanitize(label, 200)))).with_context(context);
        }
        Ok(estimate)
    }
}

/// Returns the prices of some items, in their order. Consecutive items that differ only in their
/// areas are sent in one request.
pub(super) fn offers(client: &Client, list: &[OrderItem], name: &str) -> Vec<Result<Offer>> {
    let groups = list.chunk_by(|one, next| one.fits(next)).flat_map(|alike| alike.chunks(ORDERS_PER_REQUEST));
    let request = |group: &&[OrderItem]| -> Result<Vec<Result<Offer>>> {
        let body = OrderItem::body(&group.iter().collect::<Vec<_>>(), name);
        let answer = client.json(Request::post(client.url("/v2/orders/estimate"), body))?;
        answers(answer, group.len(), |one| {
            let unit = one.get("unit").and_then(Value::as_str).map(str::to_owned);
            let size = one.get("size").and_then(Value::as_f64);
            Ok(Offer { credits: credits(one, "credits")?, size, unit })
        })
    };
    let offers = in_parallel(&groups.collect::<Vec<_>>(), CONCURRENT_REQUESTS, |group| {
        request(group).unwrap_or_else(|error| group.iter().map(|_| Err(error.clone())).collect())
    });
    offers.into_iter().flatten().collect()
}

impl_list!(OrderEstimate(orders: EstimatedOrder), "Returns an iterator over the orders with their prices, in the order of the plan.");

impl OrderEstimate {
    /// Returns the sum of the known prices, in credits; see [`failed`](Self::failed).
    pub fn total(&self) -> i64 {
        self.priced().fold(0, i64::saturating_add)
    }

    /// Returns the label and the error of each order without a price. In the list itself, orders
    /// are at their positions in the plan, with [`credits`](EstimatedOrder::credits) or the error.
    pub fn failed(&self) -> Vec<(&str, Error)> {
        let failed = |order: &EstimatedOrder| order.credits.as_ref().err().cloned();
        self.iter().filter_map(|order| Some((order.label.as_str(), failed(order)?))).collect()
    }

    fn priced(&self) -> impl Iterator<Item = i64> {
        self.orders.iter().filter_map(|order| order.credits.as_ref().ok().copied())
    }

    /// Returns the prices as a Polars DataFrame, one row per order.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `label` | String | | never null | |
    /// | `scene` | String | | no scene | `params.id` |
    /// | `area` | Float64 | km² | never null | |
    /// | `credits` | Int64 | credits | there is no price | `credits` |
    /// | `size` | Float64 | see `unit` | not reported | `size` |
    /// | `unit` | String | | not reported | `unit`: `SQ_KM`, `SCENE` |
    /// | `error` | String | | there is a price | `message` |
    ///
    /// # Errors
    ///
    /// Only if Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let errors = self.orders.iter().map(|order| Some(order.credits.as_ref().err()?.to_string()));
        Frame::of(&self.orders)
            .text("label", |order| Some(&order.label))
            .text("scene", |order| order.scene_id.as_deref())
            .number("area", |order| Some(order.area_km2))
            .integer("credits", |order| order.credits.as_ref().ok().copied())
            .number("size", |order| order.size)
            .text("unit", |order| order.unit.as_deref())
            .strings("error", errors.collect())
            .finish()
            .context("estimate to a DataFrame")
    }
}

impl fmt::Debug for OrderEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = sanitize(&self.title, 200);
        write!(f, "{title}: {}, {} credits", counted(self.len(), "order"), self.total())?;
        match self.failed().len() {
            0 => Ok(()),
            many => write!(f, ", {many} without a price"),
        }
    }
}

impl fmt::Debug for EstimatedOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.credits {
            Ok(credits) => write!(f, "{}: {credits} credits", sanitize(&self.label, 200)),
            Err(error) => write!(f, "{}: no price: {error}", sanitize(&self.label, 200)),
        }
    }
}
