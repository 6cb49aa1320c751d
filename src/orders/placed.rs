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
use up42_view::display::counted;

/// What came of placing a plan, order by order.
#[derive(Clone)]
pub struct PlacedOrders {
    pub(super) title: String,
    pub(super) client: Client,
    pub(super) orders: Vec<PlacedOrder>,
}

/// What came of one order of a plan.
#[derive(Clone)]
#[non_exhaustive]
pub struct PlacedOrder {
    /// The scene and the place.
    pub label: String,
    /// The tag that the order is found by.
    pub tag: String,
    /// What came of it.
    pub outcome: OrderPlacement,
}

/// What came of placing an order.
#[derive(Clone)]
#[non_exhaustive]
pub enum OrderPlacement {
    /// It was placed now.
    Placed(Order),
    /// It had been placed before: nothing was bought.
    Existing(Order),
    /// It was refused, and costs nothing.
    Refused(Error),
    /// The answer was lost, and the order was not found before the deadline, or its absence
    /// cannot be proven: it may exist. [`PlacedOrders::track`] looks for it again, and so does
    /// placing the plan once more.
    Lost(Error),
}

impl PlacedOrder {
    /// The order, where there is one.
    pub fn order(&self) -> Option<&Order> {
        match &self.outcome {
            OrderPlacement::Placed(order) | OrderPlacement::Existing(order) => Some(order),
            OrderPlacement::Refused(_) | OrderPlacement::Lost(_) => None,
        }
    }

    /// Why there is none.
    pub fn error(&self) -> Option<&Error> {
        match &self.outcome {
            OrderPlacement::Placed(_) | OrderPlacement::Existing(_) => None,
            OrderPlacement::Refused(error) | OrderPlacement::Lost(error) => Some(error),
        }
    }
}

impl_list!(PlacedOrders(orders: PlacedOrder), "What came of each order, in the order of the plan.");

impl PlacedOrders {
    /// The orders that exist.
    pub fn orders(&self) -> Orders {
        Orders::of(self.iter().filter_map(PlacedOrder::order).cloned().collect())
    }

    /// The orders that were refused or lost, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &Error)> {
        self.iter().filter_map(|order| Some((order.label.as_str(), order.error()?)))
    }

    /// How they stand now: one request for all. A lost order is looked for again.
    ///
    /// # Errors
    ///
    /// The errors of the network.
    #[doc(alias = "refresh")]
    pub fn track(&self) -> Result<Self> {
        self.with(&self.orders().refresh()?)
    }

    /// Looks at them again and again until nothing comes by waiting, or until so much time has
    /// passed. How they stand then is told by their statuses: an order may take days.
    ///
    /// # Errors
    ///
    /// The errors of the network.
    pub fn wait(&self, at_most: Duration) -> Result<Self> {
        self.with(&self.orders().wait(at_most)?)
    }

    fn with(&self, now: &Orders) -> Result<Self> {
        let mut placed = self.clone();
        let is_lost = |order: &&PlacedOrder| matches!(order.outcome, OrderPlacement::Lost(_));
        let lost: Vec<String> = self.orders.iter().filter(is_lost).map(|order| order.tag.clone()).collect();
        let mut found = tagged(&self.client, &lost)?;
        for order in &mut placed.orders {
            match &mut order.outcome {
                OrderPlacement::Placed(known) | OrderPlacement::Existing(known) => {
                    if let Some(told) = now.get(&known.id) {
                        *known = told.clone();
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

    /// What came of them as a Polars DataFrame, a row each.
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
    /// Only when Polars refuses the columns.
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
