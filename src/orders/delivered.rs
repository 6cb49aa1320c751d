//! Items that orders have delivered, and the orders of items.

use super::{Order, Orders, PlacedOrders};
use crate::storage::{StorageItem, StorageItems};
use up42_core::error::{Context, Error, Result};

/// Property of an item with the id of the order that delivered it.
const ORDER: &str = "up42-order:id";

impl Order {
    /// Returns the items that the order has delivered so far; none before it is fulfilled.
    ///
    /// # Errors
    ///
    /// The errors of [`Storage::search`](crate::storage::Storage::search).
    #[doc(alias = "get_assets")]
    pub fn items(&self) -> Result<StorageItems> {
        self.client()
            .storage()
            .with(ORDER, &[&self.id])
            .with_context(|| format!("items of order `{}`", self.id))
    }
}

impl Orders {
    /// Returns the items that the orders have delivered so far: up to 50,000 items for every 50
    /// orders, with [`StorageItems::has_more`] if there are more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there is no order, and the
    /// errors of [`Storage::search`](crate::storage::Storage::search).
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
    /// Returns the items that the orders have delivered so far.
    ///
    /// # Errors
    ///
    /// The errors of [`Orders::items`].
    #[doc(alias = "get_assets")]
    pub fn items(&self) -> Result<StorageItems> {
        self.orders().items()
    }
}

impl StorageItem {
    /// Returns the order that delivered the item.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if no order delivered it, and
    /// the errors of [`Client::order`](crate::Client::order).
    pub fn order(&self) -> Result<Order> {
        let id = self.order_id.as_deref();
        let id = id.ok_or_else(|| {
            Error::invalid(format!(
                "item `{}` was delivered by no order: `job_id` has its job, if there is one",
                self.id()
            ))
        })?;
        self.client.order(id)
    }
}
