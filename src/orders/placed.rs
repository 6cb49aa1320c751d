use std::fmt;
use std::time::Duration;

use polars::prelude::DataFrame;

use super::list::tagged;
use super::{Order, Orders};
use crate::client::Client;
use crate::frame::Frame;
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;

/// Results of placing a plan, one for each order.
#[derive(Clone)]
pub struct PlacedOrders {
    pub(super) title: String,
    pub(super) client: Client,
    pub(super) orders: Vec<PlacedOrder>,
}

/// Result for one order of a plan.
#[derive(Clone)]
#[non_exhaustive]
pub struct PlacedOrder {
    /// Label that distinguishes the order: scene and place.
    pub label: String,
    /// Tag that identifies the order.
    pub tag: String,
    /// Result of placing the order.
    pub outcome: OrderPlacement,
}

/// Result of placing an order.
#[derive(Clone)]
#[non_exhaustive]
pub enum OrderPlacement {
    /// The order was placed now.
    Placed(Order),
    /// The order existed before; nothing was bought.
    Existing(Order),
    /// The order was refused, and costs nothing.
    Refused(Error),
    /// The response was lost, and the order was not found before the timeout, or its absence
    /// cannot be proven: it may exist. [`PlacedOrders::refresh`] searches for it again, and so does
    /// placing the plan once more.
    Lost(Error),
}

impl PlacedOrder {
    /// Returns the order, if there is one.
    pub fn order(&self) -> Option<&Order> {
        match &self.outcome {
            OrderPlacement::Placed(order) | OrderPlacement::Existing(order) => Some(order),
            OrderPlacement::Refused(_) | OrderPlacement::Lost(_) => None,
        }
    }

    /// Returns why there is no order.
    pub fn error(&self) -> Option<&Error> {
        match &self.outcome {
            OrderPlacement::Placed(_) | OrderPlacement::Existing(_) => None,
            OrderPlacement::Refused(error) | OrderPlacement::Lost(error) => Some(error),
        }
    }
}

impl_list!(PlacedOrders(orders: PlacedOrder), "Returns an iterator over the results, in the order of the plan.");

impl PlacedOrders {
    /// Returns the orders that exist.
    pub fn orders(&self) -> Orders {
        Orders::of(self.iter().filter_map(PlacedOrder::order).cloned().collect())
    }

    /// Returns the label and the error of each order that was refused or lost.
    pub fn failed(&self) -> Vec<(&str, Error)> {
        self.iter().filter_map(|order| Some((order.label.as_str(), order.error()?.clone()))).collect()
    }

    /// Reads the current status of the orders, up to 50 in one request, and searches for lost
    /// orders again.
    ///
    /// # Errors
    ///
    /// The errors of these requests, such as [`ErrorKind::Network`](crate::ErrorKind::Network).
    #[doc(alias = "track")]
    pub fn refresh(&self) -> Result<Self> {
        self.with(&self.orders().refresh()?)
    }

    /// Polls the orders until no status can change without the user
    /// ([`OrderStatus::is_at_rest`](crate::orders::OrderStatus::is_at_rest)), or until `timeout`
    /// has passed. An order may take days: check the statuses of the result.
    ///
    /// # Errors
    ///
    /// The errors of these requests, such as [`ErrorKind::Network`](crate::ErrorKind::Network).
    pub fn wait(&self, timeout: Duration) -> Result<Self> {
        self.with(&self.orders().wait(timeout)?)
    }

    fn with(&self, now: &Orders) -> Result<Self> {
        let mut placed = self.clone();
        let is_lost = |order: &&PlacedOrder| matches!(order.outcome, OrderPlacement::Lost(_));
        let lost: Vec<String> = self.orders.iter().filter(is_lost).map(|order| order.tag.clone()).collect();
        let mut found = tagged(&self.client, &lost)?;
        for order in &mut placed.orders {
            match &mut order.outcome {
                OrderPlacement::Placed(known) | OrderPlacement::Existing(known) => {
                    if let Some(current) = now.get(&known.id) {
                        *known = current.clone();
                    }
                }
                OrderPlacement::Lost(_) => {
                    if let Some(found) = found.remove(&order.tag) {
                        order.outcome = OrderPlacement::Placed(found);
                    }
                }
                OrderPlacement::Refused(_) => {}
            }
        }
        Ok(placed)
    }

    /// Returns the results as a Polars DataFrame, one row per order.
    ///
    /// | column | dtype | null means |
    /// |---|---|---|
    /// | `label` | String | never null |
    /// | `placement` | String | never null: `placed`, `existing`, `refused`, `lost` |
    /// | `id` | String | there is no order |
    /// | `status` | String | there is no order |
    /// | `error` | String | there is an order |
    ///
    /// # Errors
    ///
    /// Only if Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let status = |one: &PlacedOrder| Some(one.order()?.status.to_string());
        let error = |one: &PlacedOrder| Some(one.error()?.to_string());
        Frame::of(&self.orders)
            .text("label", |one| Some(&one.label))
            .text("placement", |one| Some(one.outcome.word()))
            .text("id", |one| Some(&one.order()?.id))
            .strings("status", self.iter().map(status).collect())
            .strings("error", self.iter().map(error).collect())
            .finish()
            .context("placed orders to a DataFrame")
    }
}

impl OrderPlacement {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Placed(_) => "placed",
            Self::Existing(_) => "existing",
            Self::Refused(_) => "refused",
            Self::Lost(_) => "lost",
        }
    }
}

impl fmt::Debug for PlacedOrders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {}",
            sanitize(&self.title, 200),
            self.orders().len(),
            counted(self.len(), "order")
        )?;
        for word in ["existing", "refused", "lost"] {
            let count = self.iter().filter(|one| one.outcome.word() == word).count();
            if count > 0 {
                write!(f, ", {count} {word}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PlacedOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", sanitize(&self.label, 200), self.outcome)
    }
}

impl fmt::Debug for OrderPlacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed(order) | Self::Existing(order) => write!(f, "{}, {order:?}", self.word()),
            Self::Refused(error) | Self::Lost(error) => write!(f, "{}: {error}", self.word()),
        }
    }
}
