//! From orders to what they delivered, and back.

use super::{Order, Orders, PlacedOrders};
use crate::storage::{StorageItem, StorageItems};
use up42_core::error::{Context, Error, Result};

/// Where an item says which order delivered it.
const ORDER: &str = "up42-order:id";

impl Order {
    /// What the order delivered so far: nothing before it is fulfilled.
    ///
    /// # Errors
    ///
    /// Those of [`Storage::search`](crate::storage::Storage::search).
    #[doc(alias = "get_assets")]
    pub fn items(&self) -> Result<StorageItems> {
        self.client()
            .storage()
            .with(ORDER, &[&self.id])
            .with_context(|| format!("items of order `{}`", self.id))
    }
}

impl Orders {
    /// What the orders delivered so far, all together: up to 50,000 items for every 50 orders,
    /// and [`StorageItems::has_more`] beyond.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there is no order, and
    /// those of [`Storage::search`](crate::storage::Storage::search).
    pub fn items(&self) -> Result<StorageItems> {
        let first = self
            .iter()
            .next()
            .ok_or_else(|| Error::invalid("the list of orders is empty, so nothing was delivered"))?;
        let ids: Vec<&str> = self.iter().map(|order| order.id.as_str()).collect();
        first.client().storage().with(ORDER, &ids).context("items of the orders")
    }
}

impl PlacedOrders {
    /// What the orders delivered so far, all together.
    ///
    /// # Errors
    ///
    /// Those of [`Orders::items`].
    #[doc(alias = "get_assets")]
    pub fn items(&self) -> Result<StorageItems> {
        self.orders().items()
    }
}

impl StorageItem {
    /// The order that delivered it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when no order did.
    pub fn order(&self) -> Result<Order> {
        let id = self.order_id.as_deref();
        let id = id.ok_or_else(|| {
            Error::invalid(format!(
                "item `{}` was delivered by no order: its `job_id` may tell a job",
                self.id()
            ))
        })?;
        self.client.order(id)
    }
}
