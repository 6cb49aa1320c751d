//! Orders of imagery: prices, buying, and status (`docs/up42-api.md`, 10).
//!
//! - [`OrderPlan`]: scenes or areas and a data product; [`OrderPlan::estimate`] returns the price,
//!   [`OrderPlan::place`] and [`OrderPlan::batch`] buy.
//! - [`Orders`], [`Order`], [`OrderStatus`]: orders of the account.

// Layout: `from_scenes`, `plan`, `item`, `estimate`, `coverage` (before buying); `batch`,
// `backend`, `reservations`, `spent` (buying: orders are the jobs of a batch, and a reservation
// says which batch buys an order that several plans contain); `order`, `status`, `list`,
// `filter` (orders of the account); `placed`, `delivered` (after buying); `view` (output).

mod backend;
mod batch;
mod coverage;
mod delivered;
mod estimate;
mod filter;
mod from_scenes;
mod item;
mod list;
mod order;
mod placed;
mod plan;
mod reservations;
mod spent;
mod status;
mod view;

pub use coverage::{OrderCoverage, OrderPart};
pub use estimate::{EstimatedOrder, OrderEstimate};
pub use filter::OrderFilter;
pub use item::OrderItem;
pub use list::Orders;
pub use order::Order;
pub use placed::{OrderPlacement, PlacedOrder, PlacedOrders};
pub use plan::OrderPlan;
pub use status::OrderStatus;

pub(crate) use backend::OrderBackend;
#[cfg(test)]
pub(crate) use backend::status;
use spent::spent;
